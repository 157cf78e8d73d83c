//! Hook functions: invoked once, and waited for.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use aws_smithy_http_client::pool::{self, ConnectionPool};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use spillway_aws_core::{Clients, Roles, SdkConfig, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::names::FunctionName;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::words::excerpt;
use spillway_engine::ports::customer::HookReply;

/// The longest that a hook is waited for: a little less than a function of ours may run.
const LONGEST_HOOK: Duration = Duration::from_secs(890);
/// How often an idle connection shows that it lives: a NAT gateway forgets one that has been silent for 350 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

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
    /// It has not returned after so many seconds, and nobody waits for that any longer.
    StillRunning {
        /// After how many.
        seconds: u64,
    },
    /// It may have run, and nobody knows what it answered.
    Lost {
        /// Why.
        why: String,
    },
}

impl Invoked {
    /// What the deployment learns. `verdict` reads a return value: whether the hook succeeded, with its message; or else
    /// what is said of a return value that is no verdict.
    pub fn into_reply(self, verdict: impl FnOnce(&[u8]) -> Result<(bool, Option<String>), String>) -> HookReply {
        match self {
            Self::StillRunning { seconds } => {
                HookReply::Silent { said: format!("has not returned within {seconds} seconds") }
            }
            Self::Lost { why } => HookReply::Lost { why },
            Self::Threw { timed_out, message, log_tail } => HookReply::Threw { timed_out, message, log_tail },
            Self::Returned { payload, log_tail } => match verdict(&payload) {
                Ok((succeeded, message)) => HookReply::Verdict { succeeded, message, log_tail },
                Err(said) => HookReply::Silent { said },
            },
        }
    }
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
        Ok(answer) => answer,
        Err(SdkError::TimeoutError(_)) => return Ok(Invoked::StillRunning { seconds: LONGEST_HOOK.as_secs() }),
        Err(error) => {
            let problem = problem(&format!("lambda:InvokeFunction of hook {function}"), &error);
            return match sense(&error) {
                Sense::MayHaveRun => Ok(Invoked::Lost { why: problem.words }),
                Sense::CannotRun => Err(Problem { kind: ProblemKind::Refused, ..problem }),
                Sense::CannotRunNow => Err(Problem { kind: ProblemKind::Transient, ..problem }),
                Sense::Other => Err(problem),
            };
        }
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
/// dead, and then nobody could tell whether the hook ran. The connection is kept alive while a hook is silent.
fn client(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(LONGEST_HOOK)
        .build();
    let config = Builder::from(config)
        .http_client(Fresh::default())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Client::from_conf(config.build())
}

/// The client for HTTPS with a connection of its own for every asking, which is kept until the next.
#[derive(Debug, Default)]
struct Fresh(Mutex<Option<pool::Client>>);

impl HttpClient for Fresh {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let pool = ConnectionPool::builder()
            .tcp_keepalive(KEEP_ALIVE)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let client = pool::Client::new(&pool.expect("a pool without partitions is sound")).expect("it has one client");
        let connector = client.http_connector(settings, components);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
        connector
    }
}

/// What an error means for a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// The request had left by the time that it failed, or Lambda failed in the middle of it.
    MayHaveRun,
    /// Lambda did not run it, and will not until somebody changes it.
    CannotRun,
    /// Lambda did not run it, and may a little later.
    CannotRunNow,
    /// What it means elsewhere: it did not run.
    Other,
}

/// Lambda's errors that mean something else for Invoke than their name or status says elsewhere. From its list of errors.
const SENSES: [(Sense, &[&str]); 2] = [
    (
        Sense::CannotRun,
        &[
            "EC2AccessDeniedException",
            "EFSMountFailureException",
            "InvalidRuntimeException",
            "InvalidSecurityGroupIDException",
            "InvalidSubnetIDException",
            "InvalidZipFileException",
            "KMSAccessDeniedException",
            "KMSDisabledException",
            "KMSInvalidStateException",
            "KMSNotFoundException",
        ],
    ),
    (
        Sense::CannotRunNow,
        &[
            "EC2ThrottledException",
            "EC2UnexpectedException",
            "EFSMountConnectivityException",
            "EFSMountTimeoutException",
            "ENILimitReachedException",
            "ResourceConflictException",
            "ResourceNotReadyException",
            "SnapStartNotReadyException",
            "SnapStartTimeoutException",
            "SubnetIPAddressLimitReachedException",
            "TooManyRequestsException",
        ],
    ),
];

/// What the HTTP client says when there was no connection that a request could have left by.
const UNCONNECTED: [&str; 4] =
    ["failed to perform DNS lookup", "tcp connect error", "tcp open error", "TLS handshake failed"];

fn sense(error: &SdkError<InvokeError>) -> Sense {
    match error {
        SdkError::TimeoutError(_) => Sense::MayHaveRun,
        // An answer that breaks off, or has no form that is known.
        SdkError::ResponseError(answer) if (400..500).contains(&answer.raw().status().as_u16()) => Sense::Other,
        SdkError::ResponseError(_) => Sense::MayHaveRun,
        SdkError::DispatchFailure(failure) => {
            let mut cause = failure.as_connector_error().map(|error| error as &dyn std::error::Error);
            let mut connected = failure.is_io() || failure.is_other();
            while let Some(error) = cause {
                // Trouble with the role's credentials, or on the way to a connection.
                let words = error.to_string();
                let early = error.is::<Problem>() || UNCONNECTED.iter().any(|begin| words.contains(begin));
                connected &= !early;
                cause = error.source();
            }
            if connected { Sense::MayHaveRun } else { Sense::Other }
        }
        SdkError::ServiceError(answer) => {
            let code = code(error).unwrap_or_default();
            let named = SENSES.iter().find(|(_, codes)| codes.contains(&code));
            let by_status = if answer.raw().status().as_u16() >= 500 { Sense::MayHaveRun } else { Sense::Other };
            named.map_or(by_status, |(sense, _)| *sense)
        }
        SdkError::ConstructionFailure(_) | _ => Sense::Other,
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
        (None, None) => excerpt(String::from_utf8_lossy(payload)),
    };
    Invoked::Threw {
        timed_out: message.starts_with("Sandbox.Timedout") || message.contains("Task timed out"),
        message: excerpt(message),
        log_tail,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::testing::{lambda_that_answers, lambda_that_goes_on};

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
    async fn a_hook_whose_lambda_has_no_address_did_not_run() {
        let config = lambda_that_answers(b"question", None).await;
        let config = config.to_builder().endpoint_url("http://lambda.invalid").build();
        let asked = ask(&client(&config), &"orders-before".parse().unwrap(), b"question".to_vec()).await;
        assert_eq!(asked.as_ref().map_err(|problem| problem.kind), Err(ProblemKind::Transient), "{asked:?}");
    }

    #[tokio::test]
    async fn every_asking_has_a_connection_of_its_own() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull";
        let (config, connections) = lambda_that_goes_on(b"question", answer).await;
        let client = client(&config);
        for asked in 1..=3 {
            ask(&client, &"orders-before".parse().unwrap(), b"question".to_vec()).await.unwrap();
            assert_eq!(connections.load(Ordering::Relaxed), asked);
        }
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
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"] {
            let lost = asked(Some(answer)).await.unwrap();
            assert!(matches!(&lost, Invoked::Lost { why } if why.contains("was not answered")), "{lost:?}");
        }
    }

    fn refusal(status: u16, code: &str) -> &'static str {
        let body = r#"{"Message":"Lambda's own"}"#;
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nx-amzn-errortype: {code}\r\ncontent-length: {length}\r\n\r\n{body}");
        text.leak()
    }

    #[tokio::test]
    async fn what_lambda_answers_tells_whether_the_hook_ran_and_whether_it_ever_will() {
        let kinds = [
            (502, "KMSDisabledException", ProblemKind::Refused),
            (502, "KMSAccessDeniedException", ProblemKind::Refused),
            (502, "KMSNotFoundException", ProblemKind::Refused),
            (502, "InvalidZipFileException", ProblemKind::Refused),
            (502, "EC2AccessDeniedException", ProblemKind::Refused),
            (502, "ENILimitReachedException", ProblemKind::Transient),
            (502, "ResourceNotReadyException", ProblemKind::Transient),
            (409, "ResourceConflictException", ProblemKind::Transient),
            (429, "TooManyRequestsException", ProblemKind::Transient),
            (404, "ResourceNotFoundException", ProblemKind::Missing),
            (403, "AccessDeniedException", ProblemKind::Denied),
            (413, "RequestTooLargeException", ProblemKind::Refused),
        ];
        for (status, code, kind) in kinds {
            let problem = asked(Some(refusal(status, code))).await.unwrap_err();
            assert_eq!(problem.kind, kind, "{problem}");
            assert_eq!(
                problem.words,
                format!("lambda:InvokeFunction of hook orders-before failed: {code}: Lambda's own.")
            );
        }
        for (status, code) in [(500, "ServiceException"), (502, "SomethingNewException"), (503, "")] {
            let lost = asked(Some(refusal(status, code))).await.unwrap();
            assert!(matches!(&lost, Invoked::Lost { why } if why.contains("Lambda's own")), "{lost:?}");
        }
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
            Invoked::Returned { .. } | Invoked::StillRunning { .. } | Invoked::Lost { .. } => unreachable!("it threw"),
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
