//! How AWS is reached.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::Miswired;
use crate::setting::region;

/// The configuration of all clients: credentials, Region, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` come from
/// the environment, which is where Lambda puts them.
///
/// It is put together by hand. The SDK's own loader also looks for profiles, single sign-on and instance roles, none of
/// which a function has, and all of which it would carry along and start.
pub fn aws() -> Result<SdkConfig, Miswired> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region()?))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .identity_cache(IdentityCache::lazy().build())
        .service_config(Environment)
        .http_client(Https::new())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .timeout_config(timeouts)
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .build())
}

/// The client for HTTPS. It reads the root certificates for its first request, and not when it is made: that takes
/// longer than everything else in the start of a function, and not every start is followed by a call.
#[derive(Debug)]
struct Https(SharedHttpClient);

impl Https {
    fn new() -> Self {
        // ring, not aws-lc: the first handshake of a cold start costs aws-lc seven times the processor time, for the
        // entropy that it gathers.
        Self(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
    }
}

// The SDK asks each HTTP client to validate itself when a client of a service is made, and this is where the one inside
// would read the certificates; so it is not asked.
impl HttpClient for Https {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// Settings of a service, such as `AWS_ENDPOINT_URL_DYNAMODB`, and without one the setting of all services.
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let own = std::env::var(format!("{}_{service}", key.env()));
        own.or_else(|_| std::env::var(key.env())).ok()
    }
}
