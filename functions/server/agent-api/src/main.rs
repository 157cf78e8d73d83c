//! Agent api: the door for host agents.

use spillway_agent_api::{Door, answer};
use spillway_aws_dynamodb::Table;
use spillway_runtime::{Failure, aws, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let door = Door::new(&table, setting("IDLE_POLL_SECONDS")?);
    run(async |request, invocation| Ok(answer(&door, &request, &invocation).await)).await
}
