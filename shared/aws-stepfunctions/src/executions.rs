//! Executions of the state machine.

use serde_json::json;
use spillway_aws_core::SdkConfig;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_engine::ports::executions::ExecutionState;

use crate::states::{Answer, States};

/// The executions of one state machine.
#[derive(Debug, Clone)]
pub struct Executions {
    pub(crate) states: States,
    pub(crate) machine: String,
}

impl Executions {
    /// The executions of the state machine with that ARN.
    pub fn new(config: &SdkConfig, machine_arn: impl Into<String>) -> Self {
        Self { states: States::new(config), machine: machine_arn.into() }
    }

    /// The same for those who have a caller waiting, and who leave to the sweep what fails.
    pub fn hasty(config: &SdkConfig, machine_arn: impl Into<String>) -> Self {
        Self { states: States::hasty(config), machine: machine_arn.into() }
    }

    fn arn(&self, name: &str) -> String {
        format!("{}:{name}", self.machine.replacen(":stateMachine:", ":execution:", 1))
    }
}

impl spillway_engine::ports::executions::Executions for Executions {
    async fn start(&self, name: &str, id: &DeploymentId) -> Result<(), Problem> {
        let input = json!({ "deploymentId": id }).to_string();
        crate::start(&self.states, &self.machine, name, &input).await
    }

    async fn state(&self, name: &str) -> Result<ExecutionState, Problem> {
        let (of, body) = (format!(" of {name}"), json!({ "executionArn": self.arn(name) }));
        match self.states.ask("DescribeExecution", &of, &body, &["ExecutionDoesNotExist"]).await? {
            Answer::Done(found) if found["status"] == "RUNNING" => Ok(ExecutionState::Running),
            Answer::Done(_) => Ok(ExecutionState::Ended),
            Answer::Known => Ok(ExecutionState::Missing),
        }
    }

    async fn stop(&self, name: &str) -> Result<(), Problem> {
        let cause = "Spillway replaces this execution, which has not been heard of for too long.";
        let body = json!({ "executionArn": self.arn(name), "error": "Replaced", "cause": cause });
        let known = ["ExecutionDoesNotExist", "ValidationException"];
        self.states.ask("StopExecution", &format!(" of {name}"), &body, &known).await.map(drop)
    }
}
