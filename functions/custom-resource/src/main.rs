//! Custom resource: takes a request of CloudFormation, and starts the execution that carries it out.

use serde_json::{Value, json};
use spillway_aws_stepfunctions::Requests;
use spillway_domain::{Problem, ProblemKind};
use spillway_engine::Requests as _;
use spillway_kit::{Failure, Invocation, aws, run, setting};
use spillway_wire::stack::asked;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let requests = Requests::new(&config, setting::<String>("STACK_REQUEST_MACHINE_ARN")?);
    run(async |event: Value, _: Invocation| {
        let (name, input) = execution(&event)?;
        requests.start(&name, &input).await
    })
    .await
}

/// The name of the execution, and what it is given: the same whenever the request is delivered again.
fn execution(event: &Value) -> Result<(String, String), Problem> {
    let asked = asked(event).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
    Ok((asked.execution_name(), json!({ "request": event }).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_takes() {
        let event: Value = serde_json::from_str(include_str!("../../../events/custom-resource.json")).unwrap();
        let (name, input) = execution(&event).unwrap();
        assert_eq!(name.len(), 32);
        assert_eq!(serde_json::from_str::<Value>(&input).unwrap()["request"], event);
        assert_eq!(execution(&Value::Null).unwrap_err().kind, ProblemKind::Refused);
    }
}
