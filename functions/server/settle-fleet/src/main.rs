//! Settle fleet: has the deployment group take over the environment that a blue/green deployment has moved the traffic to,
//! and terminates the original hosts.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ec2::{AutoScaling, Fleets};
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::server::settle_fleet::settle_fleet;
use spillway_runtime::{Failure, Invocation, aws, now, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let roles = Roles::new(&config);
    let (fleets, auto_scaling) = (Fleets::new(&config, &roles), AutoScaling::new(&roles));
    run(async |subject: DeploymentRef, _: Invocation| {
        settle_fleet(&table, &fleets, &auto_scaling, &subject.deployment_id, now).await
    })
    .await
}
