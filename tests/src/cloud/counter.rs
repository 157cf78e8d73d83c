//! Counts what a function asks of AWS: a listener that passes everything on, and keeps a line of it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Cloud;

/// A running counter.
pub(crate) struct Counter {
    pub url: String,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Counter {
    /// Starts one in front of this address.
    pub async fn start(aws: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (noted, client, aws) = (Arc::clone(&calls), reqwest::Client::new(), aws.to_owned());
        let router = Router::new().fallback(move |request| pass_on(request, client, aws, noted));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, calls }
    }

    /// What was asked so far: method, path, and what the query protocols name elsewhere.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

async fn pass_on(request: Request, client: reqwest::Client, aws: String, noted: Arc<Mutex<Vec<String>>>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = head.uri.path_and_query().unwrap().as_str();
    let target = head.headers.get("x-amz-target").map_or("", |target| target.to_str().unwrap());
    let action = String::from_utf8_lossy(&body).split('&').find(|part| part.starts_with("Action=")).map(str::to_owned);
    noted.lock().unwrap().push(format!("{} {path} {target}{}", head.method, action.unwrap_or_default()));
    let mut headers: HeaderMap = head.headers.into_iter().filter_map(|(name, value)| Some((name?, value))).collect();
    headers.remove("host"); // the emulator answers under its own name only
    let answer = client.request(head.method, format!("{aws}{path}")).headers(headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

impl Cloud {
    /// Makes a copy of `watch-alarms` that reaches everything but the table through the counter.
    pub(super) async fn copy_watch_alarms(&self, name: &str, counter: &str) -> String {
        let services = ["LAMBDA", "STS", "SFN", "CLOUDWATCH", "SNS", "EVENTBRIDGE"];
        let variables = services.map(|service| format!("AWS_ENDPOINT_URL_{service}"));
        let settings = variables.each_ref().map(|variable| (variable.as_str(), counter));
        self.copy_function("watch-alarms", name, &settings).await;
        name.to_owned()
    }
}
