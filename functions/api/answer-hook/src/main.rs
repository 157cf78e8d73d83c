//! Answer hook: takes the verdicts of hooks at a URL of its own, which asks for no signature.

use spillway_answer_hook::{Door, answer};
use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_runtime::{Failure, aws, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let tasks = Tasks::new(&config);
    let door = Door::new(&table, &tasks, setting("HOOKS_MAY_READ")?);
    run(async |request, invocation| Ok(answer(&door, &request, &invocation).await)).await
}
