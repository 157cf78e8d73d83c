//! Custom resource: takes a request of CloudFormation, and starts the execution that carries it out.

use serde_json::Value;
use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::Requests;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::stack::custom_resource::custom_resource;
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::stack::take_up;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let requests = Requests::new(&config, setting::<String>("STACK_REQUEST_MACHINE_ARN")?);
    run(async |event: Value, invocation: Invocation| {
        let taken = take_up(&event).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        custom_resource(&table, &requests, &taken.name, &taken.response_url, &taken.input, invocation.now).await
    })
    .await
}
