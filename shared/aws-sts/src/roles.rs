//! Service roles: what is done to a customer's resources is done as one of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use spillway_domain::RoleArn;

use crate::problem::refused_role;

/// The name under which Spillway appears in a customer's trail.
const SESSION_NAME: &str = "spillway";

/// The service roles that were assumed so far. Copies share what they know.
#[derive(Debug, Clone)]
pub struct Roles {
    own: SdkConfig,
    assumed: Arc<Mutex<HashMap<RoleArn, SdkConfig>>>,
}

impl Roles {
    /// Roles that are assumed with the function's `own` configuration.
    pub fn new(own: &SdkConfig) -> Self {
        Self { own: own.clone(), assumed: Arc::default() }
    }

    /// The configuration with which `role` acts. Its credentials are fetched when they are first needed, and again
    /// before they expire; all clients of the role share them.
    pub fn config(&self, role: &RoleArn) -> SdkConfig {
        if let Some(config) = self.assumed().get(role) {
            return config.clone();
        }
        let provider = ServiceRole { role: role.clone(), sts: aws_sdk_sts::Client::new(&self.own) };
        let config = self
            .own
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .identity_cache(IdentityCache::lazy().build())
            .build();
        self.assumed().entry(role.clone()).or_insert(config).clone()
    }

    fn assumed(&self) -> std::sync::MutexGuard<'_, HashMap<RoleArn, SdkConfig>> {
        self.assumed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client of a service for each role.
pub struct Clients<C> {
    roles: Roles,
    make: fn(&SdkConfig) -> C,
    made: Mutex<HashMap<RoleArn, C>>,
}

impl<C: Clone> Clients<C> {
    /// Clients that are made by `make`.
    pub fn new(roles: &Roles, make: fn(&SdkConfig) -> C) -> Self {
        Self { roles: roles.clone(), make, made: Mutex::default() }
    }

    /// The client that acts as `role`.
    pub fn of(&self, role: &RoleArn) -> C {
        if let Some(client) = self.made().get(role) {
            return client.clone();
        }
        let client = (self.make)(&self.roles.config(role));
        self.made().entry(role.clone()).or_insert(client).clone()
    }

    fn made(&self) -> std::sync::MutexGuard<'_, HashMap<RoleArn, C>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> fmt::Debug for Clients<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// Credentials of a role. When it cannot be assumed, the error says which role and what to do.
///
/// The SDK has such a provider too, which would link the SDK's whole search for credentials into every function.
#[derive(Debug)]
struct ServiceRole {
    role: RoleArn,
    sts: aws_sdk_sts::Client,
}

impl ServiceRole {
    async fn assume(&self) -> provider::Result {
        let request = self.sts.assume_role().role_arn(self.role.as_str()).role_session_name(SESSION_NAME);
        let assumed = request.send().await;
        let assumed = assumed.map_err(|error| CredentialsError::provider_error(refused_role(&self.role, &error)))?;
        let given = assumed.credentials.ok_or_else(|| CredentialsError::unhandled("AssumeRole gave no credentials"))?;
        let expires_at = given.expiration.try_into().map_err(CredentialsError::unhandled)?;
        let token = Some(given.session_token);
        Ok(Credentials::new(given.access_key_id, given.secret_access_key, token, Some(expires_at), SESSION_NAME))
    }
}

impl ProvideCredentials for ServiceRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_smithy_http_client::Builder;
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    use spillway_domain::{Problem, ProblemKind};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::problem;

    /// The configuration of a role, at an endpoint for everything.
    async fn role_at(endpoint: &str) -> SdkConfig {
        let role: RoleArn = "arn:aws:iam::123456789012:role/orders-deploy".parse().unwrap();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::from_keys("key", "secret", None))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            .load()
            .await;
        Roles::new(&config).config(&role)
    }

    /// Calls something as a role.
    async fn call_as_role(endpoint: &str) -> Problem {
        let called = aws_sdk_sts::Client::new(&role_at(endpoint).await).get_caller_identity().send().await;
        problem("sts:GetCallerIdentity", &called.unwrap_err())
    }

    /// Answers every request with `status` and `body`.
    async fn answering(status: &'static str, body: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !String::from_utf8_lossy(&request).contains("Version=2011-06-15") {
                    assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
                }
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        endpoint
    }

    #[tokio::test]
    async fn an_assumed_role_has_credentials_that_expire() {
        let body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
                    <SecretAccessKey>secret of the role</SecretAccessKey><SessionToken>token</SessionToken>\
                    <Expiration>2030-01-02T03:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
        let config = role_at(&answering("200 OK", body).await).await;
        let given = config.credentials_provider().unwrap().provide_credentials().await.unwrap();
        assert_eq!((given.access_key_id(), given.secret_access_key()), ("ASIA1", "secret of the role"));
        assert_eq!(given.session_token(), Some("token"));
        let expires_at = given.expiry().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(expires_at.as_secs(), 1_893_553_445);
    }

    #[tokio::test]
    async fn a_role_that_does_not_trust_us_is_denied_with_what_to_do() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: spillway is not \
                    authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
        let problem = call_as_role(&answering("403 Forbidden", body).await).await;
        assert_eq!(problem.kind, ProblemKind::Denied, "{problem}");
        assert_eq!(
            problem.words,
            "sts:GetCallerIdentity was not tried. sts:AssumeRole of arn:aws:iam::123456789012:role/orders-deploy failed: \
             AccessDenied: User: spillway is not authorized to perform: sts:AssumeRole. The role must exist, its trust \
             policy must allow sts:AssumeRole to Spillway's function roles (output FunctionRoles of Spillway's stack), and \
             its name must match parameter ServiceRoleNames."
        );
    }

    #[tokio::test]
    async fn a_throttled_assumption_is_transient() {
        let body =
            "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
        let problem = call_as_role(&answering("400 Bad Request", body).await).await;
        assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    }

    #[tokio::test]
    async fn silence_is_transient() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        drop(listener); // nobody answers there
        let problem = call_as_role(&endpoint).await;
        assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    }
}
