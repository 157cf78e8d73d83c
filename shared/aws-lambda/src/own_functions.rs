//! Spillway's own functions that others ask, with the rights of the function that asks.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use spillway_aws_core::{SdkConfig, problem};
use spillway_domain::ecs::service::ServiceState;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ports::services::{ListenerShifts, Observation, Services};

/// The longest that an answer is waited for: longer than a move may be under way, and short enough to ask again.
const LONGEST_ANSWER: Duration = Duration::from_secs(35);
/// The longest that all attempts may take: a little less than a function of ours may run.
const LONGEST_WAIT: Duration = Duration::from_secs(52);

/// The function that looks at ECS services.
#[derive(Debug)]
pub struct ObserveService(OwnFunction);

/// The function that moves listeners.
#[derive(Debug)]
pub struct ShiftListener(OwnFunction);

impl ObserveService {
    /// The function of this name or ARN.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self(OwnFunction::new(config, name.into()))
    }
}

impl ShiftListener {
    /// The function of this name or ARN.
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self(OwnFunction::new(config, name.into()))
    }
}

impl Services for ObserveService {
    async fn observe(&self, observation: &Observation) -> Result<ServiceState, Problem> {
        self.0.ask(observation).await
    }
}

impl ListenerShifts for ShiftListener {
    async fn shift_listener(&self, subject: &DeploymentRef) -> Result<(), Problem> {
        let IgnoredAny = self.0.ask(subject).await?;
        Ok(())
    }
}

/// A function that may be asked again when it does not answer, since asking twice does no more than asking once.
#[derive(Debug)]
struct OwnFunction {
    client: Client,
    name: String,
}

impl OwnFunction {
    fn new(config: &SdkConfig, name: String) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(LONGEST_ANSWER)
            .operation_timeout(LONGEST_WAIT);
        let config = Builder::from(config)
            .timeout_config(timeouts.build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        Self { client: Client::from_conf(config.build()), name }
    }

    /// What the function returns.
    async fn ask<T: DeserializeOwned>(&self, question: &impl Serialize) -> Result<T, Problem> {
        let question = serde_json::to_vec(question).expect("what functions take is JSON");
        let request = self.client.invoke().function_name(&self.name).invocation_type(InvocationType::RequestResponse);
        let answer = request.payload(Blob::new(question)).send().await;
        // Whatever keeps it from being asked says nothing about what it was to be asked.
        let answer = answer.map_err(|error| {
            let words = problem(&format!("lambda:InvokeFunction of {}", self.name), &error).words;
            Problem::new(ProblemKind::Transient, words)
        })?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if answer.function_error.is_some() {
            return Err(self.thrown(&payload));
        }
        serde_json::from_slice(&payload).map_err(|error| {
            let words = format!("Function {} answered with something else than it should: {error}.", self.name);
            Problem::new(ProblemKind::Transient, words)
        })
    }

    /// The problem that the function ended with. It is its own when it has one, and else that of whatever ended it.
    fn thrown(&self, payload: &[u8]) -> Problem {
        let thrown: Thrown = serde_json::from_slice(payload).unwrap_or_default();
        let kind = ProblemKind::of(&thrown.error_type);
        if kind.name() == thrown.error_type {
            return Problem::new(kind, thrown.error_message);
        }
        let words = format!("Function {} failed: {} {}", self.name, thrown.error_type, thrown.error_message);
        Problem::new(kind, words.trim_end().to_owned())
    }
}

/// What Lambda says of a function that failed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Thrown {
    error_type: String,
    error_message: String,
}

#[cfg(test)]
mod tests {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

    use super::*;
    use crate::testing::lambda_that_answers;

    const SUBJECT: &[u8] = br#"{"deploymentId":"d-AAAAAAAAA"}"#;

    /// What becomes of a shift by a function that answers with this.
    async fn shifted(answer: &'static str) -> Result<(), Problem> {
        let config = lambda_that_answers(SUBJECT, Some(answer)).await.to_builder();
        let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let config = config.http_client(https.build_https()).build();
        let function = ShiftListener::new(&config, "spillway-shift-listener");
        function.shift_listener(&DeploymentRef { deployment_id: "d-AAAAAAAAA".parse().unwrap() }).await
    }

    #[tokio::test]
    async fn a_function_that_returns_has_done_it() {
        assert_eq!(shifted("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull").await, Ok(()));
    }

    #[tokio::test]
    async fn the_problem_of_a_function_is_the_problem_of_whoever_asked_it() {
        let answer = "HTTP/1.1 200 OK\r\nx-amz-function-error: Unhandled\r\ncontent-length: 57\r\n\r\n\
                      {\"errorType\":\"Missing\",\"errorMessage\":\"No such listener\"}";
        assert_eq!(shifted(answer).await, Err(Problem::new(ProblemKind::Missing, "No such listener")));
    }

    #[tokio::test]
    async fn a_function_that_ends_otherwise_may_go_right_the_next_time() {
        let answer = "HTTP/1.1 200 OK\r\nx-amz-function-error: Unhandled\r\ncontent-length: 76\r\n\r\n\
                      {\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"Timed out after 60 seconds\"}";
        let words = "Function spillway-shift-listener failed: Sandbox.Timedout Timed out after 60 seconds";
        assert_eq!(shifted(answer).await, Err(Problem::new(ProblemKind::Transient, words)));
    }

    #[tokio::test]
    async fn a_function_that_cannot_be_asked_says_nothing_about_the_service() {
        for refused in
            ["403 Forbidden\r\nx-amzn-errortype: AccessDenied", "404 Not Found\r\nx-amzn-errortype: ResourceNotFound"]
        {
            let answer = format!("HTTP/1.1 {refused}Exception\r\ncontent-length: 2\r\n\r\n{{}}");
            let problem = shifted(answer.leak()).await.unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
            assert!(problem.words.starts_with("lambda:InvokeFunction of spillway-shift-listener failed"), "{problem}");
        }
    }

    #[tokio::test]
    async fn an_answer_of_another_shape_is_told() {
        let problem = shifted("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{").await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
        assert!(problem.words.contains("spillway-shift-listener answered with something else"), "{problem}");
    }
}
