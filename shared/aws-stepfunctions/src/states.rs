//! Step Functions itself: four operations, each one signed POST of JSON. Its SDK would make every function that starts or
//! wakes an execution larger than all that the function does with it.

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;
use spillway_aws_core::json::{JSON_1_0, Operation, ask};
use spillway_aws_core::{Failure, SdkConfig, code, problem};
use spillway_domain::problem::{Problem, ProblemKind};

/// The pauses between attempts.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];
/// How long a caller of the API waits for Step Functions.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// The state machines of an account and Region.
#[derive(Debug, Clone)]
pub(crate) struct States {
    pub config: SdkConfig,
    pub pauses: &'static [Duration],
}

/// What Step Functions has answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It did what it was asked for, and says this.
    Done(Value),
    /// It did not, for a reason that the caller knows.
    Known,
}

impl States {
    /// Called with the function's own role. What may pass is tried again.
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone(), pauses: &PAUSES }
    }

    /// The same for those who have a caller waiting, and who leave to the sweep what fails: one attempt, and not for long.
    pub fn hasty(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
        Self { config: config.to_builder().timeout_config(timeouts).build(), pauses: &[] }
    }

    /// Asks for an operation on what is named `of`; `known` are codes of refusals that are an answer.
    pub async fn ask(&self, action: &'static str, of: &str, body: &Value, known: &[&str]) -> Result<Answer, Problem> {
        let operation =
            Operation { service: "SFN", name: "states", target: "AWSStepFunctions", action, content_type: JSON_1_0 };
        let (what, body) = (format!("states:{action}{of}"), body.to_string());
        let mut pauses = self.pauses.iter();
        loop {
            let error: Failure = match ask(&self.config, operation, &body).await {
                Ok(answer) => return Ok(Answer::Done(serde_json::from_str(&answer).unwrap_or_default())),
                Err(error) => error,
            };
            if code(&error).is_some_and(|code| known.contains(&code)) {
                return Ok(Answer::Known);
            }
            let problem = problem(&what, &error);
            match pauses.next() {
                Some(pause) if problem.kind == ProblemKind::Transient => tokio::time::sleep(*pause).await,
                Some(_) | None => return Err(problem),
            }
        }
    }
}
