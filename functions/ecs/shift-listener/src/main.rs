//! Shift listener: makes the listeners forward as the record says.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ecs::TaskSets;
use spillway_aws_elb::Listeners;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ecs::shift_listener::{Balancing, shift_listener};
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let roles = Roles::new(&config);
    let (listeners, task_sets) = (Listeners::new(&roles), TaskSets::new(&roles));
    let balancing = Balancing { listeners: &listeners, task_sets: &task_sets };
    run(async |subject: DeploymentRef, invocation: Invocation| {
        shift_listener(&table, &balancing, &subject, invocation.now).await
    })
    .await
}
