//! Operations of the services that speak JSON, each one signed POST.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;

use crate::SdkConfig;
use crate::request::{Failure, HttpResponse, Request, domain, endpoint, send};

/// An operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The id of its service, as the endpoint variable spells it.
    pub service: &'static str,
    /// What requests are signed for, and the first label of the service's host.
    pub name: &'static str,
    /// What the header that names the operation begins with.
    pub target: &'static str,
    /// The operation.
    pub action: &'static str,
    /// The version of the protocol, which is the content type.
    pub content_type: &'static str,
}

/// The content type of services that speak version 1.0.
pub const JSON_1_0: &str = "application/x-amz-json-1.0";
/// The content type of services that speak version 1.1.
pub const JSON_1_1: &str = "application/x-amz-json-1.1";

/// The JSON that an operation is answered with.
pub async fn ask(config: &SdkConfig, operation: Operation, body: &str) -> Result<String, Failure> {
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    let own = || format!("https://{}.{region}.{}", operation.name, domain(region));
    let server = endpoint(config, operation.service).unwrap_or_else(own);
    let server = server.trim_end_matches('/');
    let request = signed(config, operation, region, server, body).await.map_err(Failure::construction_failure)?;
    Box::pin(send(config, (operation.service, operation.action), server, request, text)).await
}

async fn signed(
    config: &SdkConfig,
    operation: Operation,
    region: &str,
    server: &str,
    body: &str,
) -> Result<Request, BoxError> {
    let provider = config.credentials_provider().ok_or("there are no credentials")?;
    let identity = provider.provide_credentials().await?.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(operation.name)
        .time(config.time_source().unwrap_or_default().now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let target = format!("{}.{}", operation.target, operation.action);
    let headers = [("content-type", operation.content_type), ("x-amz-target", target.as_str())];
    let url = format!("{server}/");
    let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    let headers = headers.into_iter().chain(instructions.headers());
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Request { method: "POST", path: "/".to_owned(), headers, body: body.to_owned() })
}

fn text(response: &HttpResponse) -> String {
    String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned()
}
