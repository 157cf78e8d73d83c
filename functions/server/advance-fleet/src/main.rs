//! Advance fleet: lets further hosts of deployments work, when the stream of the table tells that hosts have ended.

use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::server::advance_fleet::advance_fleet;
use spillway_runtime::{Failure, Invocation, aws, now, run, table};
use spillway_wire::stream::Changes;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let tasks = Tasks::new(&config);
    run(async |changes: Changes, _: Invocation| advance_fleet(&table, &tasks, &changes.deployments(), now).await).await
}
