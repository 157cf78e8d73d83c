//! The function URL behind the proxy, and the signature that it wants.

use std::sync::{Arc, Once};
use std::time::Duration;

use anyhow::Context;
use aws_credential_types::provider::ProvideCredentials;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use crate::signing::Signer;

/// What the API reads of a request; the caller's own signature is left behind.
const PASSED_ON: [&str; 6] =
    ["x-amz-target", "content-type", "content-encoding", "smithy-protocol", "user-agent", "accept"];

/// Where the requests go, and as whom.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    function_url: reqwest::Url,
    signer: Signer,
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
        Self::signed_by(function_url, Signer::new(region, credentials))
    }

    /// The same, with this signer.
    pub fn signed_by(function_url: &str, signer: Signer) -> anyhow::Result<Self> {
        let function_url = reqwest::Url::parse(function_url).with_context(|| format!("{function_url} is no URL"))?;
        Ok(Self(Arc::new(Inner { client: plain_client()?, function_url, signer })))
    }

    pub(super) fn function_url(&self) -> &str {
        self.0.function_url.as_str()
    }

    /// Passes a request on.
    pub(super) async fn send(&self, head: &Parts, body: Bytes) -> anyhow::Result<Received> {
        let Inner { client, function_url, signer } = &*self.0;
        let url = beneath(function_url, head.uri.path(), head.uri.query());
        let passed_on: Vec<(&str, &str)> =
            PASSED_ON.into_iter().filter_map(|name| Some((name, head.headers.get(name)?.to_str().ok()?))).collect();

        let added = signer.headers("lambda", head.method.as_str(), url.as_str(), &passed_on, &body).await?;
        let mut request = client.request(head.method.clone(), url);
        for (name, value) in
            passed_on.into_iter().chain(added.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        {
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
    use super::beneath;

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
}
