//! Shift listener: makes the listeners forward as the record says.

use spillway_aws_dynamodb::Table;
use spillway_aws_ecs::TaskSets;
use spillway_aws_elb::Listeners;
use spillway_aws_sts::Roles;
use spillway_engine::{DeploymentRef, shift_listener};
use spillway_kit::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let roles = Roles::new(&config);
    let (listeners, task_sets) = (Listeners::new(&roles), TaskSets::new(&roles));
    run(async |subject: DeploymentRef, invocation: Invocation| {
        shift_listener(&table, (&listeners, &task_sets), &subject, invocation.now).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/shift-listener.json");
        assert!(serde_json::from_str::<DeploymentRef>(sample).is_ok());
    }
}
