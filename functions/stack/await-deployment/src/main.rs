//! Await deployment: parks an execution until one of some deployments has ended.

use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::stack::await_deployment::{Waiter, await_deployment};
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let tasks = Tasks::new(&config);
    run(async |waiter: Waiter, invocation: Invocation| await_deployment(&table, &tasks, &waiter, invocation.now).await)
        .await
}
