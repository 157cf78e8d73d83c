//! Install task set: makes the replacement task set.

use spillway_aws_dynamodb::Table;
use spillway_aws_ecs::TaskSets;
use spillway_aws_sts::Roles;
use spillway_engine::{DeploymentRef, install_task_set};
use spillway_kit::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let task_sets = TaskSets::new(&Roles::new(&config));
    run(async |subject: DeploymentRef, _: Invocation| install_task_set(&table, &task_sets, &subject).await).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../events/install-task-set.json");
        assert!(serde_json::from_str::<DeploymentRef>(sample).is_ok());
    }
}
