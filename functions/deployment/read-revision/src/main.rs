//! Read revision: reads the AppSpec of a deployment whose revision is in S3.

use spillway_appspec::resource;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_s3::Objects;
use spillway_domain::catalog::revision::APPSPEC_BYTES;
use spillway_engine::deployment::read_revision::read_revision;
use spillway_engine::deployment::task::DeploymentRef;
use spillway_runtime::{Failure, Invocation, aws, run, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let objects = Objects::new(&Roles::new(&config));
    run(async |subject: DeploymentRef, invocation: Invocation| {
        read_revision(&table, &objects, resource::read, APPSPEC_BYTES, &subject, invocation.now).await
    })
    .await
}
