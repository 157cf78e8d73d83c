//! Control traffic: has the load balancers of a fleet let hosts go and take hosts in.

use jiff::SignedDuration;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ec2::Balancers;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::server::control_traffic::control_traffic;
use spillway_runtime::{Failure, Invocation, SystemClock, aws, run, table};

/// What a look takes at most, calls that are tried again included.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let (balancers, tasks) = (Balancers::new(&Roles::new(&config)), Tasks::new(&config));
    run(async |subject: DeploymentRef, invocation: Invocation| {
        let (id, until) = (&subject.deployment_id, invocation.deadline - LONGEST_LOOK);
        control_traffic(&table, &balancers, &tasks, &SystemClock, id, until).await
    })
    .await
}
