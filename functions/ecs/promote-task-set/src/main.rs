//! Promote task set: has the task set stand for the service that the record says.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ecs::TaskSets;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ecs::promote_task_set::promote_task_set;
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let task_sets = TaskSets::new(&Roles::new(&config));
    run(async |subject: DeploymentRef, _: Invocation| promote_task_set(&table, &task_sets, &subject).await).await
}
