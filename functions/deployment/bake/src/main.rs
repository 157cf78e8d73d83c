//! Bake: parks a wait between steps.

use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::{Task, bake};
use spillway_kit::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let tasks = Tasks::new(&config);
    run(async |task: Task, invocation: Invocation| bake(&table, &tasks, &task, invocation.now).await).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../../events/bake.json");
        assert!(serde_json::from_str::<Task>(sample).is_ok());
    }
}
