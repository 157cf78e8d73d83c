//! The default event bus.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::Builder;
use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::Value;
use spillway_aws_core::{SdkConfig, problem};
use spillway_domain::problem::{Problem, ProblemKind};

use crate::{MOST_ATTEMPTS, PATIENCE};

/// Who the events are from. AWS keeps `aws.codedeploy` for itself.
const SOURCE: &str = "spillway";

/// The default event bus of the account and Region.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
}

impl Bus {
    /// The bus, which is written to with the function's own role.
    pub fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config)
            .retry_config(RetryConfig::standard().with_max_attempts(MOST_ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).build());
        Self { client: Client::from_conf(config.build()) }
    }

    /// Puts one event.
    pub async fn put_event(&self, detail_type: &str, detail: &Value, resources: Vec<String>) -> Result<(), Problem> {
        let what = "events:PutEvents to the default bus";
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail.to_string())
            .set_resources(Some(resources));
        let answer = self.client.put_events().entries(entry.build()).send().await;
        let answer = answer.map_err(|error| problem(what, &error))?;
        match answer.entries().iter().find(|entry| entry.error_code().is_some()) {
            None => Ok(()),
            Some(refused) => {
                let (code, message) = (refused.error_code(), refused.error_message());
                let words = format!("{what} failed: {}: {}.", code.unwrap_or_default(), message.unwrap_or_default());
                Err(Problem::new(ProblemKind::Refused, words))
            }
        }
    }
}
