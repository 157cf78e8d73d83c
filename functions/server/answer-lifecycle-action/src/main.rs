//! Answer lifecycle action: tells Auto Scaling how the instance of a deployment is doing.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ec2::AutoScaling;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::server::answer_lifecycle_action::answer_lifecycle_action;
use spillway_runtime::{Failure, Invocation, aws, now, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let auto_scaling = AutoScaling::new(&Roles::new(&config));
    run(async |subject: DeploymentRef, _: Invocation| {
        answer_lifecycle_action(&table, &auto_scaling, &subject.deployment_id, now).await
    })
    .await
}
