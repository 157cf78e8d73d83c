//! Decide: what a deployment does next. The only place where anything is decided.

use spillway_aws_cloudwatch::Alarms;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Aliases, ObserveService};
use spillway_engine::deployment::decide::{Decide, decide};
use spillway_runtime::{Failure, Invocation, aws, fresh_deployment_id, now, run, setting, table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let roles = Roles::new(&config);
    let table = table(&config, Table::new)?;
    let (aliases, alarms) = (Aliases::new(&roles), Alarms::new(&roles));
    let services = ObserveService::new(&config, setting::<String>("OBSERVE_SERVICE_FUNCTION")?);
    run(async |input: Decide, _: Invocation| {
        decide(&table, &aliases, &services, &alarms, &input, fresh_deployment_id(), now).await
    })
    .await
}
