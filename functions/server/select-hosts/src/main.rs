//! Select hosts: finds the hosts of a deployment, and writes the work of each.

use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_ec2::{Balancers, Fleets};
use spillway_aws_s3::Objects;
use spillway_domain::catalog::quotas::Quotas;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::server::select_hosts::{Customer, select_hosts};
use spillway_runtime::{Failure, Invocation, aws, now, random_number, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let roles = Roles::new(&config);
    let (fleets, balancers, objects) = (Fleets::new(&config, &roles), Balancers::new(&roles), Objects::new(&roles));
    let quotas: Quotas = setting("QUOTAS")?;
    run(async |subject: DeploymentRef, _: Invocation| {
        let roster = format!("{:016x}", random_number());
        let customer = Customer { fleets: &fleets, balancers: &balancers, objects: &objects };
        select_hosts(&table, customer, &subject.deployment_id, roster, quotas.instances, now).await
    })
    .await
}
