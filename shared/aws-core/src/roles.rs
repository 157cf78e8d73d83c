//! Service roles: what is done to a customer's resources is done as one of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::types::Tag;
use spillway_domain::access::session::RoleSession;

use crate::problem::refused_role;

/// How many sessions are kept. A function may live for hours and serve a new deployment every second.
const MOST_KEPT: usize = 256;

/// The service roles that were assumed of late, by session. Copies share what they know.
#[derive(Debug, Clone)]
pub struct Roles {
    own: SdkConfig,
    sts: aws_sdk_sts::Client,
    assumed: Arc<Kept<SdkConfig>>,
}

impl Roles {
    /// Roles that are assumed with the function's `own` configuration.
    pub fn new(own: &SdkConfig) -> Self {
        Self { own: own.clone(), sts: aws_sdk_sts::Client::new(own), assumed: Arc::default() }
    }

    /// The configuration with which a role acts in `session`. Its credentials are fetched when they are first needed,
    /// and again before they expire; all clients of the session share them.
    pub fn config(&self, session: &RoleSession) -> SdkConfig {
        self.assumed.get_or_make(session, || {
            let provider = ServiceRole { session: session.clone(), sts: self.sts.clone() };
            self.own
                .to_builder()
                .credentials_provider(SharedCredentialsProvider::new(provider))
                .identity_cache(IdentityCache::lazy().build())
                .build()
        })
    }
}

/// One client of a service for each session.
pub struct Clients<C> {
    roles: Roles,
    make: fn(&SdkConfig) -> C,
    made: Kept<C>,
}

impl<C: Clone> Clients<C> {
    /// Clients that are made by `make`.
    pub fn new(roles: &Roles, make: fn(&SdkConfig) -> C) -> Self {
        Self { roles: roles.clone(), make, made: Kept::default() }
    }

    /// The client that acts in `session`.
    pub fn of(&self, session: &RoleSession) -> C {
        self.made.get_or_make(session, || (self.make)(&self.roles.config(session)))
    }
}

impl<C> fmt::Debug for Clients<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// What was made for each session. When there is no more room, everything is forgotten, and made again when needed.
#[derive(Debug)]
struct Kept<T>(Mutex<HashMap<RoleSession, T>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    fn get_or_make(&self, session: &RoleSession, make: impl FnOnce() -> T) -> T {
        if let Some(kept) = self.lock().get(session) {
            return kept.clone();
        }
        let made = make();
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.entry(session.clone()).or_insert(made).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RoleSession, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Credentials of a role in a session. When it cannot be assumed, the error says which role and what to do.
///
/// The SDK has such a provider too, which would link the SDK's whole search for credentials into every function.
#[derive(Debug)]
struct ServiceRole {
    session: RoleSession,
    sts: aws_sdk_sts::Client,
}

impl ServiceRole {
    async fn assume(&self) -> provider::Result {
        let RoleSession { role, .. } = &self.session;
        let tags = self.session.tags().into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(CredentialsError::unhandled)?;
        let request = self.sts.assume_role().role_arn(role.as_str()).role_session_name(self.session.name());
        let assumed = request.set_tags(Some(tags)).send().await;
        let assumed = assumed.map_err(|error| CredentialsError::provider_error(refused_role(role, &error)))?;
        let given = assumed.credentials.ok_or_else(|| CredentialsError::unhandled("AssumeRole gave no credentials"))?;
        let expires_at = given.expiration.try_into().map_err(CredentialsError::unhandled)?;
        let token = Some(given.session_token);
        Ok(Credentials::new(given.access_key_id, given.secret_access_key, token, Some(expires_at), "service role"))
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
    use spillway_domain::access::session::Purpose;
    use spillway_domain::names::DeploymentId;
    use spillway_domain::problem::{Problem, ProblemKind};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::problem;

    /// The session of one of several deployments.
    fn session(deployment: u128) -> RoleSession {
        let id = DeploymentId::from_number(deployment);
        RoleSession {
            role: "arn:aws:iam::123456789012:role/orders-deploy".parse().unwrap(),
            application: "shop,eu".parse().unwrap(),
            purpose: Purpose::Deployment { group: "orders".parse().unwrap(), id },
        }
    }

    /// The configuration of a role, at an endpoint for everything.
    async fn role_at(endpoint: &str) -> SdkConfig {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::from_keys("key", "secret", None))
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            .load()
            .await;
        Roles::new(&config).config(&session(7))
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
    async fn a_role_is_assumed_in_a_session_that_says_what_it_is_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = role_at(&format!("http://{}", listener.local_addr().unwrap())).await;
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let is_whole = |request: &[u8]| {
                let text = String::from_utf8_lossy(request).to_lowercase();
                let (head, body) = text.split_once("\r\n\r\n")?;
                let length = head.split("content-length: ").nth(1)?.lines().next()?.parse::<usize>().ok()?;
                (body.len() == length).then_some(())
            };
            while is_whole(&request).is_none() {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            }
            String::from_utf8(request).unwrap()
        });
        config.credentials_provider().unwrap().provide_credentials().await.unwrap_err();
        let request = heard.await.unwrap();
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let fields: Vec<_> = body.split('&').skip_while(|field| !field.starts_with("RoleArn=")).collect();
        let wanted = [
            "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Forders-deploy",
            "RoleSessionName=d-HAAAAAAAA",
            "Tags.member.1.Key=spillway%3Aapplication",
            "Tags.member.1.Value=shop%3Aeu",
            "Tags.member.2.Key=spillway%3Adeployment-group",
            "Tags.member.2.Value=orders",
            "Tags.member.3.Key=spillway%3Adeployment",
            "Tags.member.3.Value=d-HAAAAAAAA",
        ];
        assert_eq!(fields, wanted);
    }

    #[test]
    fn each_session_has_its_own_and_only_so_many_are_kept() {
        let kept = Kept::default();
        let made = |deployment: u128| kept.get_or_make(&session(deployment), || deployment + 1000);
        let again = |deployment: u128| kept.get_or_make(&session(deployment), || 0);
        assert_eq!((made(1), made(2), again(1), again(2)), (1001, 1002, 1001, 1002));
        (3..=MOST_KEPT as u128).for_each(|deployment| assert_eq!(made(deployment), deployment + 1000));
        let count = || kept.lock().len();
        assert_eq!((count(), again(1)), (MOST_KEPT, 1001));
        assert_eq!(made(9999), 10999);
        assert_eq!((count(), again(1)), (1, 0));
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
             policy must allow sts:AssumeRole and sts:TagSession to Spillway's function roles (output FunctionRoles of \
             Spillway's stack) for this application, and its name must match parameter ServiceRoleNames."
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
