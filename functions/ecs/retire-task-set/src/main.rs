//! Retire task set: deletes the task set that is not needed any more.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ecs::TaskSets;
use spillway_aws_elb::Listeners;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ecs::retire_task_set::retire_task_set;
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let roles = Roles::new(&config);
    let (task_sets, listeners) = (TaskSets::new(&roles), Listeners::new(&roles));
    run(async |subject: DeploymentRef, invocation: Invocation| {
        retire_task_set(&table, &task_sets, &listeners, &subject, invocation.now).await
    })
    .await
}
