//! SNS topics.

use aws_sdk_sns::Client;
use aws_sdk_sns::config::Builder;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use spillway_aws_core::{Clients, Roles, SdkConfig, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::names::TopicArn;
use spillway_domain::problem::Problem;

use crate::{MOST_ATTEMPTS, PATIENCE};

/// The topics that the service roles may publish to.
#[derive(Debug)]
pub struct Topics {
    clients: Clients<Client>,
}

impl Topics {
    /// Topics that are published to as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, client) }
    }

    /// Publishes a message.
    pub async fn publish(
        &self,
        session: &RoleSession,
        topic: &TopicArn,
        subject: &str,
        message: &str,
    ) -> Result<(), Problem> {
        let request = self.clients.of(session).publish().topic_arn(topic.as_str());
        let sent = request.subject(subject).message(message).send().await;
        sent.map(|_| ()).map_err(|error| problem(&format!("sns:Publish to {topic}"), &error))
    }
}

fn client(config: &SdkConfig) -> Client {
    let config = Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(MOST_ATTEMPTS))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).build());
    Client::from_conf(config.build())
}
