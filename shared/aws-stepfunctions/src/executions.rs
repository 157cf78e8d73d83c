//! Executions of the state machine.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use spillway_aws_core::{SdkConfig, code, problem};
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_engine::ports::executions::ExecutionState;

/// The executions of one state machine.
#[derive(Debug, Clone)]
pub struct Executions {
    client: Client,
    machine: String,
}

impl Executions {
    /// The executions of the state machine with that ARN.
    pub fn new(config: &SdkConfig, machine_arn: impl Into<String>) -> Self {
        Self { client: Client::new(config), machine: machine_arn.into() }
    }

    /// The same for those who have a caller waiting, and who leave to the sweep what fails.
    pub fn hasty(config: &SdkConfig, machine_arn: impl Into<String>) -> Self {
        Self { client: crate::hasty(config), machine: machine_arn.into() }
    }

    fn arn(&self, name: &str) -> String {
        format!("{}:{name}", self.machine.replacen(":stateMachine:", ":execution:", 1))
    }
}

impl spillway_engine::ports::executions::Executions for Executions {
    async fn start(&self, name: &str, id: &DeploymentId) -> Result<(), Problem> {
        let input = serde_json::json!({ "deploymentId": id }).to_string();
        let request = self.client.start_execution().state_machine_arn(&self.machine);
        match request.name(name).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(problem(&format!("states:StartExecution of {name}"), &error)),
        }
    }

    async fn state(&self, name: &str) -> Result<ExecutionState, Problem> {
        match self.client.describe_execution().execution_arn(self.arn(name)).send().await {
            Ok(found) if found.status == ExecutionStatus::Running => Ok(ExecutionState::Running),
            Ok(_) => Ok(ExecutionState::Ended),
            Err(error) if code(&error) == Some("ExecutionDoesNotExist") => Ok(ExecutionState::Missing),
            Err(error) => Err(problem(&format!("states:DescribeExecution of {name}"), &error)),
        }
    }

    async fn stop(&self, name: &str) -> Result<(), Problem> {
        let request = self.client.stop_execution().execution_arn(self.arn(name));
        let cause = "Spillway replaces this execution, which has not been heard of for too long.";
        match request.error("Replaced").cause(cause).send().await {
            Ok(_) => Ok(()),
            Err(error) if matches!(code(&error), Some("ExecutionDoesNotExist" | "ValidationException")) => Ok(()),
            Err(error) => Err(problem(&format!("states:StopExecution of {name}"), &error)),
        }
    }
}
