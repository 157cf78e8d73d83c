//! Signs requests as AWS wants them (SigV4).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use jiff::Timestamp;

use super::Call;

/// For what a signature is good.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The service.
    pub service: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The time of day.
    pub now: Timestamp,
}

/// Where the hash of the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// In a header, which is signed.
    InHeader,
    /// In the signature alone.
    Implied,
}

/// Adds a signature to a request. All headers that it has by then are signed.
pub fn add(call: &mut Call, credentials: &Credentials, scope: Scope<'_>) -> Result<(), String> {
    add_with(call, credentials, scope, Hash::InHeader)
}

/// Adds a signature to a request, with or without a header for the hash of the body.
pub fn add_with(call: &mut Call, credentials: &Credentials, scope: Scope<'_>, hash: Hash) -> Result<(), String> {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = match hash {
        Hash::InHeader => PayloadChecksumKind::XAmzSha256,
        Hash::Implied => PayloadChecksumKind::NoHeader,
    };
    if scope.service == "s3" {
        // To S3 the path is the key, and `a//b` another key than `a/b`.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(SystemTime::from(scope.now))
        .settings(settings)
        .build()
        .map_err(|error| format!("a request cannot be signed: {error}"))?
        .into();
    let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable = SignableRequest::new(call.method, &call.url, headers, SignableBody::Bytes(&call.body));
    let signed = signable.and_then(|signable| sign(signable, &params));
    let (instructions, _) = signed.map_err(|error| format!("a request cannot be signed: {error}"))?.into_parts();
    call.headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(())
}
