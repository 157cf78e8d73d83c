//! The function that knows the policies, asked by those that others call.

use std::time::Duration;

use spillway_aws_core::SdkConfig;
use spillway_domain::access::permission::{Authorization, Question};
use spillway_domain::names::FunctionName;
use spillway_domain::problem::Problem;

use crate::function::OwnFunction;

#[cfg(test)]
mod tests;

/// What the parameter for policies says where there are none.
const NONE: &str = "none";
/// The longest for all attempts: less than the function has that asks.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// Asks the function that knows the policies; where there is none, every caller may do everything.
#[derive(Debug)]
pub struct Authorize(Option<OwnFunction>);

impl Authorize {
    /// The function, which is asked unless `policies` says that there are none.
    pub fn new(config: &SdkConfig, function: FunctionName, policies: &str) -> Self {
        Self((policies != NONE).then(|| OwnFunction::new(config, function, LONGEST_ANSWER)))
    }
}

impl spillway_engine::ports::access::Access for Authorize {
    fn has_policies(&self) -> bool {
        self.0.is_some()
    }

    async fn ask(&self, question: &Question) -> Result<Authorization, Problem> {
        let Some(function) = &self.0 else {
            return Ok(Authorization::Allowed);
        };
        function.ask(&serde_json::to_string(question).expect("a question is plain data")).await
    }
}
