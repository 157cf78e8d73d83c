//! CodeDeploy's API, as far as registration needs it.

use std::time::Duration;

use aws_credential_types::Credentials;
use jiff::Timestamp;
use serde_json::Value;
use spillway_wire::codedeploy::http::CONTENT_TYPE;

use crate::http::endpoint::Endpoint;
use crate::http::signature::{self, Scope};
use crate::http::{Call, Http};

/// What stands before an operation's name in the target header.
const TARGET_PREFIX: &str = "CodeDeploy_20141006.";
/// What function URLs check signatures for. `spillway proxy` signs anew.
const SIGNED_FOR: &str = "lambda";
const READ: Duration = Duration::from_secs(30);

/// The API at an address, called in the name of an operator.
pub struct Api {
    http: Http,
    endpoint: Endpoint,
    credentials: Credentials,
    now: Timestamp,
    /// The Region of the service.
    pub region: String,
}

/// Why a call has no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The API refuses it, by an exception of CodeDeploy.
    #[error("the API {endpoint} refuses {operation}: {kind}: {message}")]
    Said {
        /// The address.
        endpoint: String,
        /// The operation.
        operation: &'static str,
        /// The exception.
        kind: String,
        /// What it says.
        message: String,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Api {
    pub(super) fn new(endpoint: Endpoint, region: String, credentials: Credentials, now: Timestamp) -> Self {
        Self { http: Http::new(READ, None), endpoint, credentials, now, region }
    }

    pub(super) fn call(&self, operation: &'static str, input: &Value) -> Result<Value, Refusal> {
        let headers =
            [("content-type", CONTENT_TYPE.to_owned()), ("x-amz-target", format!("{TARGET_PREFIX}{operation}"))];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let (endpoint, body) = (self.endpoint.to_string(), input.to_string().into_bytes());
        let mut call = Call { method: "POST", url: format!("{endpoint}/"), headers, body };
        let scope =
            Scope { service: SIGNED_FOR, region: self.endpoint.region().unwrap_or(&self.region), now: self.now };
        signature::add(&mut call, &self.credentials, scope).map_err(Refusal::Other)?;
        let answer = self.http.send(&call).map_err(|error| {
            Refusal::Other(format!(
                "the API {endpoint} does not answer {operation}: {error}; look at --api and the network"
            ))
        })?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            return Ok(said);
        }
        let message = ["message", "Message"].iter().find_map(|name| said[name].as_str()).unwrap_or_default().to_owned();
        let status = [answer.status.to_string(), message.clone()].join(" ").trim_end().to_owned();
        match (said["__type"].as_str(), answer.status) {
            (Some(kind), 400) => {
                let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
                Err(Refusal::Said { endpoint, operation, kind, message })
            }
            (_, 401 | 403) => Err(Refusal::Other(format!(
                "the API {endpoint} does not let the operator with key {} call {operation} ({status}); look at the \
                 operator's policies, and at the end of the keys",
                self.credentials.access_key_id()
            ))),
            (_, _) => Err(Refusal::Other(format!(
                "the API {endpoint} fails in {operation} ({status}); look whether --api is the output ApiUrl"
            ))),
        }
    }
}
