//! Signatures with the operator's own credentials.

use std::time::SystemTime;

use anyhow::Context;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;

const NO_CREDENTIALS: &str = "there are no valid AWS credentials to sign with. Name a profile by --profile or AWS_PROFILE, log \
                              in with `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// Signs requests of one Region.
#[derive(Clone)]
pub struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
}

impl Signer {
    /// With these credentials.
    pub fn new(region: &str, credentials: impl ProvideCredentials + 'static) -> Self {
        Self { credentials: SharedCredentialsProvider::new(credentials), region: region.to_owned() }
    }

    /// The Region that it signs for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The headers that make a request for a service one of the operator's.
    pub async fn headers(
        &self,
        service: &str,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> anyhow::Result<Vec<(String, String)>> {
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.context(NO_CREDENTIALS)?.into();
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let signable = SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body))?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        let (added, _) = signature.into_parts();
        Ok(added.iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
    }
}
