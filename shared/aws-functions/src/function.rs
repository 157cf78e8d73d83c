//! One function, asked by a signed POST.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use spillway_aws_core::{Failure, HttpResponse, Request, SdkConfig, domain, endpoint, problem, send};
use spillway_domain::names::FunctionName;
use spillway_domain::problem::{Problem, ProblemKind};

/// The pauses between attempts. Whoever may not ask does nothing, so it is asked again; and a stop must not fail for a
/// throttled invocation.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];

/// A function that may be asked again when it does not answer, since asking twice does no more than asking once.
#[derive(Debug)]
pub(crate) struct OwnFunction {
    config: SdkConfig,
    name: FunctionName,
    /// The longest for all attempts: less than the function has that asks.
    longest: Duration,
}

/// What the function returned.
#[derive(Debug)]
struct Returned {
    is_error: bool,
    payload: Vec<u8>,
}

/// What Lambda says of a function that failed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Thrown {
    error_type: String,
    error_message: String,
}

impl OwnFunction {
    pub(crate) fn new(config: &SdkConfig, name: FunctionName, longest: Duration) -> Self {
        Self { config: config.clone(), name, longest }
    }

    /// What the function answers, or the problem that it ended with.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, question: &str) -> Result<T, Problem> {
        let answered = tokio::time::timeout(self.longest, self.invoke_until_answered(question)).await;
        answered.unwrap_or_else(|_| {
            let seconds = self.longest.as_secs();
            let words = format!("lambda:InvokeFunction of {} was not answered within {seconds} seconds.", self.name);
            Err(Problem::new(ProblemKind::Transient, words))
        })
    }

    async fn invoke_until_answered<T: DeserializeOwned>(&self, question: &str) -> Result<T, Problem> {
        for pause in PAUSES {
            match self.invoke(question).await {
                Err(problem) if problem.kind == ProblemKind::Transient => tokio::time::sleep(pause).await,
                answered => return answered,
            }
        }
        self.invoke(question).await
    }

    async fn invoke<T: DeserializeOwned>(&self, question: &str) -> Result<T, Problem> {
        let function = self.name.bare();
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        let own = || format!("https://lambda.{region}.{}", domain(region));
        let server = endpoint(&self.config, "Lambda").unwrap_or_else(own);
        let server = server.trim_end_matches('/');
        let what = format!("lambda:InvokeFunction of {function}");
        let request = signed(&self.config, region, server, function, question).await;
        let request = request.map_err(|error| problem(&what, &Failure::construction_failure(error)))?;
        let returned = Box::pin(send(&self.config, ("Lambda", "Invoke"), server, request, returned)).await;
        // What keeps a function from being asked is a fault of this installation, never the answer to what is asked.
        let unasked = |error| Problem { kind: ProblemKind::Transient, ..problem(&what, &error) };
        let returned = returned.map_err(unasked)?;
        let text = String::from_utf8_lossy(&returned.payload);
        if returned.is_error {
            return Err(thrown(&what, &text));
        }
        serde_json::from_str(&text).map_err(|error| {
            Problem::new(ProblemKind::Refused, format!("{what} returned what is no answer: {error}: {text}"))
        })
    }
}

/// The problem that a function ended with, where it is one of ours.
fn thrown(what: &str, text: &str) -> Problem {
    let thrown: Thrown = serde_json::from_str(text).unwrap_or_default();
    let kind = ProblemKind::of(&thrown.error_type);
    if kind.name() == thrown.error_type {
        return Problem::new(kind, thrown.error_message);
    }
    Problem::new(ProblemKind::Transient, format!("{what} failed: {text}"))
}

async fn signed(
    config: &SdkConfig,
    region: &str,
    server: &str,
    function: &str,
    body: &str,
) -> Result<Request, BoxError> {
    let provider = config.credentials_provider().ok_or("there are no credentials")?;
    let identity = provider.provide_credentials().await?.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("lambda")
        .time(config.time_source().unwrap_or_default().now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let (url, headers) = (format!("{server}{path}"), [("content-type", "application/json")]);
    let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    let headers = headers.into_iter().chain(instructions.headers());
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Request { method: "POST", path, headers, body: body.to_owned() })
}

fn returned(response: &HttpResponse) -> Returned {
    Returned {
        is_error: response.headers().get("x-amz-function-error").is_some(),
        payload: response.body().bytes().unwrap_or_default().to_vec(),
    }
}
