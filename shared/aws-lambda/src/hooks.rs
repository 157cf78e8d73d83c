//! Hook functions: invoked once, and waited for.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use spillway_aws_sts::{Clients, Roles, SdkConfig, problem};
use spillway_domain::{FunctionName, Problem, RoleSession};

/// The longest that a hook is waited for: a little less than a function of ours may run.
const LONGEST_HOOK: Duration = Duration::from_secs(890);
/// The most of an error that is not JSON.
const LONGEST_WORDS: usize = 2_000;

/// The hook functions that the service roles may invoke.
#[derive(Debug)]
pub struct Hooks {
    clients: Clients<Client>,
}

/// What became of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invoked {
    /// The function returned.
    Returned {
        /// What, as JSON.
        payload: Vec<u8>,
        /// The end of its log.
        log_tail: String,
    },
    /// It threw, or timed out.
    Threw {
        /// Whether it timed out.
        timed_out: bool,
        /// Its own words.
        message: String,
        /// The end of its log.
        log_tail: String,
    },
    /// It was asked, and nobody knows what it answered.
    Unanswered,
}

impl Hooks {
    /// Hooks that are invoked as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { clients: Clients::new(roles, client) }
    }

    /// Invokes the function once and waits until it returns. A problem means that it did not run.
    pub async fn invoke(
        &self,
        session: &RoleSession,
        function: &FunctionName,
        payload: Vec<u8>,
    ) -> Result<Invoked, Problem> {
        ask(&self.clients.of(session), function, payload).await
    }
}

async fn ask(client: &Client, function: &FunctionName, payload: Vec<u8>) -> Result<Invoked, Problem> {
    let request = client
        .invoke()
        .function_name(function.as_str())
        .invocation_type(InvocationType::RequestResponse)
        .log_type(LogType::Tail)
        .payload(Blob::new(payload));
    let answer = match request.send().await {
        Err(error) if may_have_run(&error) => return Ok(Invoked::Unanswered),
        Err(error) => return Err(problem(&format!("lambda:InvokeFunction of hook {function}"), &error)),
        Ok(answer) => answer,
    };
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let log = BASE64_STANDARD.decode(answer.log_result.unwrap_or_default()).unwrap_or_default();
    let log_tail = String::from_utf8_lossy(&log).into_owned();
    Ok(match answer.function_error {
        None => Invoked::Returned { payload, log_tail },
        Some(_) => threw(&payload, log_tail),
    })
}

/// Never asks twice by itself, and not over a connection from before the function was last frozen: that one may be
/// dead, and then nobody could tell whether the hook ran.
fn client(config: &SdkConfig) -> Client {
    let https = aws_smithy_http_client::Builder::new()
        .pool_max_idle_per_host(0)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(LONGEST_HOOK)
        .build();
    let config = Builder::from(config)
        .http_client(https)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(config.build())
}

/// Whether the request had left by the time that it failed.
fn may_have_run(error: &SdkError<InvokeError>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => {
            let mut cause = failure.as_connector_error().map(|error| error as &dyn std::error::Error);
            let mut connected = failure.is_io() || failure.is_other();
            while let Some(error) = cause {
                // Trouble with the role's credentials, or on the way to a connection.
                let early = error.is::<Problem>()
                    || error.to_string().contains("(Connect)")
                    || error.to_string().contains("dns error");
                connected &= !early;
                cause = error.source();
            }
            connected
        }
        SdkError::ConstructionFailure(_) | SdkError::ServiceError(_) | _ => false,
    }
}

/// What Lambda says of a function that threw.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Thrown {
    error_type: Option<String>,
    error_message: Option<String>,
}

fn threw(payload: &[u8], log_tail: String) -> Invoked {
    let thrown: Thrown = serde_json::from_slice(payload).unwrap_or_default();
    let message = match (thrown.error_type, thrown.error_message) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(words), None) | (None, Some(words)) => words,
        (None, None) => String::from_utf8_lossy(payload).chars().take(LONGEST_WORDS).collect(),
    };
    Invoked::Threw {
        timed_out: message.starts_with("Sandbox.Timedout") || message.contains("Task timed out"),
        message,
        log_tail,
    }
}

#[cfg(test)]
mod tests {
    use spillway_domain::ProblemKind;

    use super::*;
    use crate::testing::lambda_that_answers;

    /// Asks a hook at a Lambda that answers with `answer`, and hangs up; `None` is a Lambda that nobody reaches.
    async fn asked(answer: Option<&'static str>) -> Result<Invoked, Problem> {
        let config = lambda_that_answers(b"question", answer).await;
        ask(&client(&config), &"orders-before".parse().unwrap(), b"question".to_vec()).await
    }

    #[tokio::test]
    async fn a_hook_that_cannot_be_reached_did_not_run() {
        let problem = asked(None).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    }

    #[tokio::test]
    async fn a_throttled_hook_did_not_run() {
        let answer = "HTTP/1.1 429 Too Many Requests\r\nx-amzn-errortype: TooManyRequestsException\r\n\
                      content-length: 2\r\n\r\n{}";
        let problem = asked(Some(answer)).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
        assert!(problem.words.contains("TooManyRequestsException"), "{problem}");
    }

    #[tokio::test]
    async fn a_hook_whose_answer_is_lost_may_have_run() {
        assert_eq!(asked(Some("")).await, Ok(Invoked::Unanswered));
        assert_eq!(asked(Some("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")).await, Ok(Invoked::Unanswered));
    }

    #[tokio::test]
    async fn what_a_hook_returns_comes_with_the_end_of_its_log() {
        let answer = "HTTP/1.1 200 OK\r\nx-amz-log-result: aGk=\r\ncontent-length: 4\r\n\r\nnull";
        let returned = Invoked::Returned { payload: b"null".to_vec(), log_tail: "hi".to_owned() };
        assert_eq!(asked(Some(answer)).await, Ok(returned));
    }

    fn words(payload: &str) -> (bool, String) {
        match threw(payload.as_bytes(), String::new()) {
            Invoked::Threw { timed_out, message, .. } => (timed_out, message),
            Invoked::Returned { .. } | Invoked::Unanswered => unreachable!("it threw"),
        }
    }

    #[test]
    fn a_function_that_threw_is_quoted() {
        let thrown = r#"{"errorMessage":"no such table","errorType":"ValueError","stackTrace":[]}"#;
        assert_eq!(words(thrown), (false, "ValueError: no such table".to_owned()));
        let slow = r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1 Error: Task timed out after 3.00 seconds"}"#;
        assert!(words(slow).0);
        assert!(words(r#"{"errorMessage":"2026-11-21T01:02:03Z 1 Task timed out after 3.00 seconds"}"#).0);
        assert_eq!(words("what?"), (false, "what?".to_owned()));
    }
}
