//! Decide: what a deployment does next. The only place where anything is decided.

use spillway_aws_cloudwatch::Alarms;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Aliases, ObserveService};
use spillway_aws_sts::Roles;
use spillway_engine::{Decide, decide};
use spillway_kit::{Failure, Invocation, aws, fresh_deployment_id, now, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let roles = Roles::new(&config);
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let (aliases, alarms) = (Aliases::new(&roles), Alarms::new(&roles));
    let services = ObserveService::new(&config, setting::<String>("OBSERVE_SERVICE_FUNCTION")?);
    run(async |input: Decide, _: Invocation| {
        decide(&table, &aliases, &services, &alarms, &input, fresh_deployment_id(), now).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_what_it_takes() {
        let first: Decide = serde_json::from_str(include_str!("../../../../events/decide.json")).unwrap();
        assert!(first.step.is_none());
        let caught: Decide = serde_json::from_str(include_str!("../../../../events/decide.problem.json")).unwrap();
        assert!(caught.problem.is_some());
    }
}
