//! Await hosts: parks the wait for the hosts of a deployment.

use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::deployment::task::Task;
use spillway_engine::server::await_hosts::await_hosts;
use spillway_runtime::{Failure, Invocation, aws, now, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let tasks = Tasks::new(&config);
    run(async |task: Task, _: Invocation| await_hosts(&table, &tasks, &task, now).await).await
}
