//! Executions that carry out what stacks ask for.

use aws_sdk_sfn::Client;
use spillway_aws_core::{SdkConfig, code, problem};
use spillway_domain::problem::Problem;

/// The executions of the state machine for what stacks ask for.
#[derive(Debug, Clone)]
pub struct Requests {
    client: Client,
    machine: String,
}

impl Requests {
    /// The executions of the state machine with that ARN.
    pub fn new(config: &SdkConfig, machine_arn: impl Into<String>) -> Self {
        Self { client: Client::new(config), machine: machine_arn.into() }
    }
}

impl spillway_engine::ports::stacks::Requests for Requests {
    async fn start(&self, name: &str, input: &str) -> Result<(), Problem> {
        let request = self.client.start_execution().state_machine_arn(&self.machine);
        match request.name(name).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(problem(&format!("states:StartExecution of {name}"), &error)),
        }
    }
}
