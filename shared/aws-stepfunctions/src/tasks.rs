//! Tasks that wait for their token.

use serde_json::json;
use spillway_aws_core::SdkConfig;
use spillway_domain::problem::Problem;
use spillway_engine::ports::executions::Wakes;

use crate::states::States;

/// What Step Functions says of a token for which nothing waits any more.
const OVER: [&str; 3] = ["TaskDoesNotExist", "TaskTimedOut", "InvalidToken"];

/// The tasks of all executions.
#[derive(Debug, Clone)]
pub struct Tasks {
    pub(crate) states: States,
}

impl Tasks {
    /// Tasks that are woken with the function's own role.
    pub fn new(config: &SdkConfig) -> Self {
        Self { states: States::new(config) }
    }

    /// The same for those who have a caller waiting, and who leave to the sweep what fails.
    pub fn hasty(config: &SdkConfig) -> Self {
        Self { states: States::hasty(config) }
    }
}

impl Wakes for Tasks {
    async fn wake(&self, token: &str) -> Result<(), Problem> {
        let body = json!({ "taskToken": token, "output": "{}" });
        self.states.ask("SendTaskSuccess", "", &body, &OVER).await.map(drop)
    }
}
