//! The function URL behind the proxy, and the signature that it wants.

use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

/// What the API reads of a request; the caller's own signature is left behind.
const PASSED_ON: [&str; 6] =
    ["x-amz-target", "content-type", "content-encoding", "smithy-protocol", "user-agent", "accept"];

/// Where the requests go, and as whom.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    function_url: reqwest::Url,
    region: String,
    credentials: SharedCredentialsProvider,
}

/// What came back.
pub(super) struct Received {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Upstream {
    /// A function URL that is called with these credentials.
    pub fn new(
        function_url: &str,
        region: &str,
        credentials: impl ProvideCredentials + 'static,
    ) -> anyhow::Result<Self> {
        let function_url = reqwest::Url::parse(function_url).with_context(|| format!("{function_url} is no URL"))?;
        let credentials = SharedCredentialsProvider::new(credentials);
        Ok(Self(Arc::new(Inner { client: plain_client()?, function_url, region: region.to_owned(), credentials })))
    }

    /// A function URL that is called as AWS's own tools would call it: with the profile or role of the environment.
    pub async fn from_environment(function_url: &str, region: Option<String>) -> anyhow::Result<Self> {
        let region = region
            .or_else(|| region_of(function_url).map(str::to_owned))
            .with_context(|| format!("{function_url} does not tell its region; say it with --region"))?;
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            .load()
            .await;
        let credentials = config.credentials_provider().context("there are no AWS credentials in the environment")?;
        Self::new(function_url, &region, credentials)
    }

    pub(super) fn function_url(&self) -> &str {
        self.0.function_url.as_str()
    }

    /// Passes a request on.
    pub(super) async fn send(&self, head: &Parts, body: Bytes) -> anyhow::Result<Received> {
        let Inner { client, function_url, region, credentials } = &*self.0;
        let url = beneath(function_url, head.uri.path(), head.uri.query());
        let passed_on: Vec<(&str, &str)> =
            PASSED_ON.into_iter().filter_map(|name| Some((name, head.headers.get(name)?.to_str().ok()?))).collect();

        let identity =
            credentials.provide_credentials().await.context("the proxy has no AWS credentials to sign with")?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("lambda")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let method = head.method.as_str();
        let signable =
            SignableRequest::new(method, url.as_str(), passed_on.iter().copied(), SignableBody::Bytes(&body))?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        let (added, _) = signature.into_parts();

        let mut request = client.request(head.method.clone(), url);
        for (name, value) in passed_on.into_iter().chain(added.iter().map(|header| (header.name(), header.value()))) {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await.with_context(|| format!("{function_url} cannot be reached"))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.with_context(|| format!("{function_url} stopped in mid-answer"))?;
        Ok(Received { status, headers, body })
    }
}

/// A path of the function URL, whatever it looks like: what is signed goes nowhere else.
fn beneath(function_url: &reqwest::Url, path: &str, query: Option<&str>) -> reqwest::Url {
    let mut url = function_url.clone();
    url.set_path(&format!("{}{path}", function_url.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

/// `https://<id>.lambda-url.<region>.on.aws/`
fn region_of(function_url: &str) -> Option<&str> {
    function_url.split_once(".lambda-url.")?.1.split_once('.').map(|(region, _)| region)
}

/// A client for plain HTTP and HTTPS, on the same TLS stack as the SDKs.
pub fn plain_client() -> anyhow::Result<reqwest::Client> {
    // The API has 15 s for an answer.
    client(Duration::from_secs(30))
}

/// The same, for answers that may take so long.
pub fn client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An embedding program may have installed one already, which serves as well.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
    // A redirect would carry the session token of a signature to another host.
    let builder = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
    builder.build().context("no HTTP client can be made")
}

#[cfg(test)]
mod tests {
    use super::{beneath, region_of};

    #[test]
    fn what_is_asked_is_asked_of_the_function_url_only() {
        let url = reqwest::Url::parse("https://abc.lambda-url.eu-west-1.on.aws/").unwrap();
        assert_eq!(beneath(&url, "/", None), url);
        for path in ["/service/x", "//evil.example/", "/http://evil.example/", "/../..//evil.example"] {
            assert_eq!(beneath(&url, path, Some("a=b")).host_str(), url.host_str(), "{path}");
        }
        let local = reqwest::Url::parse("http://127.0.0.1:4566/_aws/lambda-url/abc/").unwrap();
        assert_eq!(
            beneath(&local, "/ping", Some("a=b")).as_str(),
            "http://127.0.0.1:4566/_aws/lambda-url/abc/ping?a=b"
        );
    }

    #[test]
    fn the_region_is_read_from_the_function_url() {
        assert_eq!(region_of("https://abc.lambda-url.eu-west-1.on.aws/"), Some("eu-west-1"));
        assert_eq!(region_of("https://deploy.example.com/"), None);
    }
}
