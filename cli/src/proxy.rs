//! Answers CodeDeploy's API on loopback: passes each request on to Spillway's function URL, signed anew.
//!
//! Clients of CodeDeploy sign for the service `codedeploy`; a function URL with `AWS_IAM` wants `lambda`. The proxy signs
//! with the credentials of the user who started it, so it serves programs only (`loopback`), and follows no redirect.

mod answer;
mod upstream;

use std::net::TcpListener;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;

use crate::loopback::Server;
pub use upstream::{Upstream, client, plain_client};

/// What a function URL takes.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// A running proxy. Dropping ends it.
pub struct Proxy(Server);

impl Proxy {
    /// Starts to answer on this port.
    pub fn start(upstream: Upstream, listener: TcpListener) -> anyhow::Result<Self> {
        Server::start("proxy", listener, Router::new().fallback(pass_on).with_state(upstream)).map(Self)
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        self.0.url()
    }
}

async fn pass_on(State(upstream): State<Upstream>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = match to_bytes(body, LARGEST_BODY).await {
        Ok(body) => body,
        Err(_) => return answer::too_large(LARGEST_BODY),
    };
    match upstream.send(&head, body).await {
        Ok(received) => answer::from_upstream(received, upstream.function_url()),
        Err(failure) => answer::unavailable(&failure),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_credential_types::Credentials;
    use axum::http::StatusCode;
    use axum::http::header::LOCATION;

    use super::*;
    use crate::loopback::listen;

    /// A function URL that sends each request elsewhere, and what it has got.
    async fn redirecting(to: &'static str) -> (String, Arc<AtomicUsize>) {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let got = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&got);
        let answer = async move || {
            counted.fetch_add(1, Ordering::SeqCst);
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)])
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        (url, got)
    }

    #[tokio::test]
    async fn the_proxy_signs_nothing_for_a_web_page_and_follows_no_redirect() {
        let (url, got) = redirecting("/elsewhere").await;
        let upstream = Upstream::new(&url, "us-east-1", Credentials::new("a", "b", None, None, "test")).unwrap();
        let proxy = Proxy::start(upstream, listen(0).unwrap()).unwrap();
        let client = plain_client().unwrap();
        let request = || client.post(proxy.url()).header("x-amz-target", "CodeDeploy_20141006.ListApplications");
        for (name, value) in
            [("host", "evil.example:4781"), ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")]
        {
            let answer = request().header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{name}");
            let body = answer.text().await.unwrap();
            assert!(body.contains("AccessDeniedException") && body.contains(value), "{body}");
        }
        let preflight = client.request(reqwest::Method::OPTIONS, proxy.url()).header("origin", "http://evil.example");
        let answer = preflight.header("access-control-request-method", "POST").send().await.unwrap();
        assert_eq!(answer.status(), 403);
        assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
        assert_eq!(got.load(Ordering::SeqCst), 0, "nothing of that is passed on");

        let answer = request().send().await.unwrap();
        assert_eq!(answer.status(), 500, "a redirect is no answer of the API");
        assert_eq!(got.load(Ordering::SeqCst), 1, "what is signed goes nowhere else");
    }
}
