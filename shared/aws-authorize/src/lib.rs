//! The function that knows the policies, asked by those that others call.
//!
//! One signed POST is all that is needed. The SDK for Lambda would make a function a third larger, and so too large.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use spillway_aws_core::{Failure, HttpResponse, Request, SdkConfig, domain, endpoint, problem, send};
use spillway_domain::access::permission::{Authorization, Question};
use spillway_domain::names::FunctionName;
use spillway_domain::problem::{Problem, ProblemKind};

/// What the parameter for policies says where there are none.
const NONE: &str = "none";
/// The pauses between attempts. Whoever may not ask does nothing, so it is asked again; and a stop must not fail for a
/// throttled invocation.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];

/// The longest for all attempts: less than the function has that asks.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// Asks the function that knows the policies; where there is none, every caller may do everything.
#[derive(Debug)]
pub struct Authorize {
    config: SdkConfig,
    function: Option<FunctionName>,
}

/// What the function returned.
#[derive(Debug)]
struct Returned {
    is_error: bool,
    payload: Vec<u8>,
}

impl Authorize {
    /// The function, which is asked unless `policies` says that there are none.
    pub fn new(config: &SdkConfig, function: FunctionName, policies: &str) -> Self {
        Self { config: config.clone(), function: (policies != NONE).then_some(function) }
    }

    async fn invoke_until_answered(&self, function: &FunctionName, question: &str) -> Result<Authorization, Problem> {
        for pause in PAUSES {
            match self.invoke(function.bare(), question).await {
                Err(problem) if problem.kind == ProblemKind::Transient => tokio::time::sleep(pause).await,
                answered => return answered,
            }
        }
        self.invoke(function.bare(), question).await
    }

    async fn invoke(&self, function: &str, question: &str) -> Result<Authorization, Problem> {
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        let own = || format!("https://lambda.{region}.{}", domain(region));
        let server = endpoint(&self.config, "Lambda").unwrap_or_else(own);
        let server = server.trim_end_matches('/');
        let what = format!("lambda:InvokeFunction of {function}");
        let request = signed(&self.config, region, server, function, question).await;
        let request = request.map_err(|error| problem(&what, &Failure::construction_failure(error)))?;
        let returned = Box::pin(send(&self.config, ("Lambda", "Invoke"), server, request, returned)).await;
        let returned = returned.map_err(|error| problem(&what, &error))?;
        let text = String::from_utf8_lossy(&returned.payload);
        if returned.is_error {
            return Err(Problem::new(ProblemKind::Transient, format!("{what} failed: {text}")));
        }
        serde_json::from_str(&text).map_err(|error| {
            Problem::new(ProblemKind::Refused, format!("{what} returned what is no answer: {error}: {text}"))
        })
    }
}

impl spillway_engine::ports::access::Access for Authorize {
    fn has_policies(&self) -> bool {
        self.function.is_some()
    }

    async fn ask(&self, question: &Question) -> Result<Authorization, Problem> {
        let Some(function) = &self.function else {
            return Ok(Authorization::Allowed);
        };
        let question = serde_json::to_string(question).expect("a question is plain data");
        let answered = tokio::time::timeout(LONGEST_ANSWER, self.invoke_until_answered(function, &question)).await;
        answered.unwrap_or_else(|_| {
            let words = format!("lambda:InvokeFunction of {function} was not answered within 10 seconds.");
            Err(Problem::new(ProblemKind::Transient, words))
        })
    }
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

#[cfg(test)]
mod tests;
