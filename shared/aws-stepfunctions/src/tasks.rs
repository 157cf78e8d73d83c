//! Tasks that wait for their token.

use aws_sdk_sfn::Client;
use spillway_aws_core::{SdkConfig, code, problem};
use spillway_domain::problem::Problem;
use spillway_engine::ports::executions::Wakes;

/// The tasks of all executions.
#[derive(Debug, Clone)]
pub struct Tasks {
    client: Client,
}

impl Tasks {
    /// Tasks that are woken with the function's own role.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The same for those who have a caller waiting, and who leave to the sweep what fails.
    pub fn hasty(config: &SdkConfig) -> Self {
        Self { client: crate::hasty(config) }
    }
}

impl Wakes for Tasks {
    async fn wake(&self, token: &str) -> Result<(), Problem> {
        let request = self.client.send_task_success().task_token(token).output("{}");
        match request.send().await {
            Ok(_) => Ok(()),
            // Nobody waits for it any more.
            Err(error) if matches!(code(&error), Some("TaskDoesNotExist" | "TaskTimedOut" | "InvalidToken")) => Ok(()),
            Err(error) => Err(problem("states:SendTaskSuccess", &error)),
        }
    }
}
