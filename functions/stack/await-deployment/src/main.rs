//! Await deployment: parks an execution until one of some deployments has ended.

use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Tasks;
use spillway_engine::{Waiter, await_deployment};
use spillway_kit::{Failure, Invocation, aws, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let tasks = Tasks::new(&config);
    run(async |waiter: Waiter, invocation: Invocation| await_deployment(&table, &tasks, &waiter, invocation.now).await)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let sample = include_str!("../../../../events/await-deployment.json");
        assert!(serde_json::from_str::<Waiter>(sample).is_ok());
    }
}
