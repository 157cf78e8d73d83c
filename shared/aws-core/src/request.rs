//! Requests to services whose SDK would make a function a third larger, as that of S3 does.

use std::fmt;

use aws_config::SdkConfig;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;

pub use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// A request that has been signed, wherever its signature is.
pub struct Request {
    /// Its method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: String,
}

/// Why the service did not do it.
pub type Failure = SdkError<ErrorMetadata, HttpResponse>;

/// Sends a request for an operation of a service at `server`, once; `read` is given an answer that says yes.
pub async fn send<T: fmt::Debug + Send + Sync + 'static>(
    config: &SdkConfig,
    (service, operation): (&'static str, &'static str),
    server: &str,
    request: Request,
    read: fn(&HttpResponse) -> T,
) -> Result<T, Failure> {
    let timeouts = config.timeout_config().cloned();
    let mut operation = Operation::builder()
        .service_name(service)
        .operation_name(operation)
        .endpoint_url(server)
        .no_auth() // it is signed already
        .no_retry()
        .serializer(|request: Request| request.into_http())
        .deserializer(move |response| match response.status().is_success() {
            true => Ok(read(response)),
            false => Err(failure(response)),
        });
    if let Some(timeouts) = timeouts {
        operation = operation.timeout_config(timeouts);
    }
    if let Some(client) = config.http_client() {
        operation = operation.http_client(client);
    }
    if let Some(sleep) = config.sleep_impl() {
        operation = operation.sleep_impl(sleep);
    }
    if let Some(time) = config.time_source() {
        operation = operation.time_source(time);
    }
    operation.build().invoke(request).await
}

/// What stands in for a service, if something does.
pub fn endpoint(config: &SdkConfig, service: &'static str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let own = || config.service_config()?.load_config(key.ok()?);
    config.endpoint_url().map(str::to_owned).or_else(own)
}

/// Under which domain AWS has a region.
pub fn domain(region: &str) -> &'static str {
    const ELSEWHERE: [(&str, &str); 6] = [
        ("cn-", "amazonaws.com.cn"),
        ("eusc-", "amazonaws.eu"),
        ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("us-isof-", "csp.hci.ic.gov"),
    ];
    let own = ELSEWHERE.iter().find(|(begin, _)| region.starts_with(begin));
    own.map_or("amazonaws.com", |(_, domain)| domain)
}

impl Request {
    fn into_http(self) -> Result<HttpRequest, BoxError> {
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method(self.method)?;
        request.set_uri(self.path)?;
        for (name, value) in self.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

/// Without what may have a signature in it.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What the service says of an error: in XML, or in JSON where it is spoken to in JSON.
fn failure(response: &HttpResponse) -> OrchestratorError<ErrorMetadata> {
    let text = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    // The shape comes after a namespace, where it has one.
    let shape = json["__type"].as_str().map(|shape| shape.rsplit('#').next().unwrap_or(shape));
    let message = json["message"].as_str().or(json["Message"].as_str());
    let mut error = ErrorMetadata::builder();
    if let Some(code) = shape.or_else(|| element(&text, "Code")) {
        error = error.code(code);
    }
    if let Some(message) = message.or_else(|| element(&text, "Message")) {
        error = error.message(message);
    }
    OrchestratorError::operation(error.build())
}

/// The text of an element. S3's errors have each of them once, and plain.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
}
