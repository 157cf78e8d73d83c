//! Custom resource: takes a request of CloudFormation, and starts the execution that carries it out.

use serde_json::Value;
use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Requests;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::custom_resource;
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_wire::stack::take_up;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let requests = Requests::new(&config, setting::<String>("STACK_REQUEST_MACHINE_ARN")?);
    run(async |event: Value, invocation: Invocation| {
        let taken = take_up(&event).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        custom_resource(&table, &requests, &taken.name, &taken.response_url, &taken.input, invocation.now).await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let event: Value = serde_json::from_str(include_str!("../../../events/custom-resource.json")).unwrap();
        let taken = take_up(&event).unwrap();
        assert_eq!((taken.name.len(), taken.response_url.as_str()), (32, event["ResponseURL"].as_str().unwrap()));
        assert_eq!(serde_json::from_str::<Value>(&taken.input).unwrap()["request"]["AskedAt"], "2026-11-21T01:02:03Z");
        assert!(take_up(&Value::Null).is_err());
    }
}
