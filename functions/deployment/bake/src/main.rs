//! Bake: parks a wait between steps.

use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::deployment::bake::bake;
use spillway_engine::deployment::task::Task;
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let tasks = Tasks::new(&config);
    run(async |task: Task, invocation: Invocation| bake(&table, &tasks, &task, invocation.now).await).await
}
