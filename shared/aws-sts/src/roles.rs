//! Service roles: what is done to a customer's resources is done as one of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
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
    pub async fn config(&self, role: &RoleArn) -> SdkConfig {
        if let Some(config) = self.assumed().get(role) {
            return config.clone();
        }
        let provider = AssumeRoleProvider::builder(role.as_str()).configure(&self.own).session_name(SESSION_NAME);
        // Boxed, since it has room for loading a whole configuration, which it never does here.
        let provider = Box::pin(provider.build()).await;
        let provider = ServiceRole { role: role.clone(), provider };
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
    pub async fn of(&self, role: &RoleArn) -> C {
        if let Some(client) = self.made().get(role) {
            return client.clone();
        }
        let client = (self.make)(&self.roles.config(role).await);
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
#[derive(Debug)]
struct ServiceRole {
    role: RoleArn,
    provider: AssumeRoleProvider,
}

impl ServiceRole {
    async fn assume(&self) -> provider::Result {
        let assumed = self.provider.provide_credentials().await;
        assumed.map_err(|error| CredentialsError::provider_error(refused_role(&self.role, &error)))
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
    use aws_credential_types::Credentials;
    use aws_smithy_http_client::Builder;
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    use spillway_domain::{Problem, ProblemKind};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::problem;

    /// Calls something as a role, at an endpoint for everything.
    async fn call_as_role(endpoint: &str) -> Problem {
        let role: RoleArn = "arn:aws:iam::123456789012:role/orders-deploy".parse().unwrap();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::from_keys("key", "secret", None))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            .load()
            .await;
        let config = Roles::new(&config).config(&role).await;
        let called = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
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
