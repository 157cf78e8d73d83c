//! One signed GET.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_types::service_config::ServiceConfigKey;
use spillway_aws_sts::SdkConfig;
use spillway_domain::S3Object;

use crate::address::{Address, address};

/// What S3 gave.
#[derive(Debug)]
pub(crate) struct Found {
    /// Without quotes.
    pub e_tag: String,
    /// The beginning of the object.
    pub bytes: Vec<u8>,
}

/// Why S3 gave nothing.
pub(crate) type Failure = SdkError<ErrorMetadata, HttpResponse>;

/// The first `most` bytes of an object. It is not tried again here; the state machine does that.
pub(crate) async fn get(config: &SdkConfig, object: &S3Object, most: usize) -> Result<Found, Failure> {
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    let Address { server, path } = address(object, region, endpoint(config).as_deref());
    let request = signed(config, region, &server, path, most).await.map_err(Failure::construction_failure)?;
    let timeouts = config.timeout_config().cloned();
    let mut operation = Operation::builder()
        .service_name("S3")
        .operation_name("GetObject")
        .endpoint_url(&server)
        .no_auth() // it is signed already
        .no_retry()
        .serializer(|request: Request| request.into_http())
        .deserializer(found);
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

/// A request that has been signed.
#[derive(Debug)]
struct Request {
    path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn into_http(self) -> Result<HttpRequest, BoxError> {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(self.path)?;
        for (name, value) in self.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

async fn signed(
    config: &SdkConfig,
    region: &str,
    server: &str,
    path: String,
    most: usize,
) -> Result<Request, BoxError> {
    let provider = config.credentials_provider().ok_or("there are no credentials")?;
    let identity = provider.provide_credentials().await?.into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(config.time_source().unwrap_or_default().now())
        .settings(settings)
        .build()?
        .into();
    let range = format!("bytes=0-{}", most.saturating_sub(1));
    let (url, headers) = (format!("{server}{path}"), [("range", range.as_str())]);
    let signable = SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(signable, &params)?.into_parts();
    let headers = headers.into_iter().chain(instructions.headers());
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Request { path, headers })
}

/// What stands in for S3, if something does.
fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let own = || config.service_config()?.load_config(key.ok()?);
    config.endpoint_url().map(str::to_owned).or_else(own)
}

fn found(response: &HttpResponse) -> Result<Found, OrchestratorError<ErrorMetadata>> {
    let bytes = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        let e_tag = response.headers().get("etag").unwrap_or_default().trim_matches('"').to_owned();
        return Ok(Found { e_tag, bytes: bytes.to_vec() });
    }
    let text = String::from_utf8_lossy(bytes);
    let mut error = ErrorMetadata::builder();
    if let Some(code) = element(&text, "Code") {
        error = error.code(code);
    }
    if let Some(message) = element(&text, "Message") {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(error.build()))
}

/// The text of an element. S3's errors have each of them once, and plain.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
}
