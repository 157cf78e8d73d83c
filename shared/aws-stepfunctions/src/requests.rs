//! Executions that carry out what stacks ask for.

use spillway_aws_core::SdkConfig;
use spillway_domain::problem::Problem;

use crate::states::States;

/// The executions of the state machine for what stacks ask for.
#[derive(Debug, Clone)]
pub struct Requests {
    states: States,
    machine: String,
}

impl Requests {
    /// The executions of the state machine with that ARN.
    pub fn new(config: &SdkConfig, machine_arn: impl Into<String>) -> Self {
        Self { states: States::new(config), machine: machine_arn.into() }
    }
}

impl spillway_engine::ports::stacks::Requests for Requests {
    async fn start(&self, name: &str, input: &str) -> Result<(), Problem> {
        crate::start(&self.states, &self.machine, name, input).await
    }
}
