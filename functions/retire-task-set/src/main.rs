//! Retire task set: deletes the task set that is not needed any more.

use spillway_aws_dynamodb::Table;
use spillway_aws_ecs::TaskSets;
use spillway_aws_elb::Listeners;
use spillway_aws_sts::Roles;
use spillway_engine::{DeploymentRef, retire_task_set};
use spillway_kit::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let roles = Roles::new(&config);
    let (task_sets, listeners) = (TaskSets::new(&roles), Listeners::new(&roles));
    run(async |subject: DeploymentRef, invocation: Invocation| {
        retire_task_set(&table, &task_sets, &listeners, &subject, invocation.now).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/retire-task-set.json");
        assert!(serde_json::from_str::<DeploymentRef>(sample).is_ok());
    }
}
