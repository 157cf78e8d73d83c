//! One signed GET.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use spillway_aws_core::{Failure, HttpResponse, Request, SdkConfig, endpoint, send};
use spillway_domain::catalog::revision::S3Object;

use crate::address::{Address, address};

/// What S3 gave.
#[derive(Debug)]
pub(crate) struct Found {
    /// Without quotes.
    pub e_tag: String,
    /// The beginning of the object.
    pub bytes: Vec<u8>,
}

/// The first `most` bytes of an object. It is not tried again here; the state machine does that.
pub(crate) async fn get(config: &SdkConfig, object: &S3Object, most: usize) -> Result<Found, Failure> {
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    let Address { server, path } = address(object, region, endpoint(config, "S3").as_deref());
    let request = signed(config, region, &server, path, most).await.map_err(Failure::construction_failure)?;
    send(config, ("S3", "GetObject"), &server, request, found).await
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
    Ok(Request { method: "GET", path, headers, body: String::new() })
}

fn found(response: &HttpResponse) -> Found {
    let e_tag = response.headers().get("etag").unwrap_or_default().trim_matches('"').to_owned();
    Found { e_tag, bytes: response.body().bytes().unwrap_or_default().to_vec() }
}
