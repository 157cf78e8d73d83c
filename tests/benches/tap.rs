//! A tap on the line between a function and AWS: everything passes, and is noted with the moment of its answer.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;

/// A call that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The HTTP method, the path, and the operation where the path does not tell it.
    pub what: String,
    pub answered_at: Instant,
}

/// A running tap.
pub(crate) struct Tap {
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Call {
    /// Whether it went to a DynamoDB table.
    pub fn is_of_table(&self) -> bool {
        self.what.contains("DynamoDB_")
    }
}

impl Tap {
    /// Puts a tap in front of this address.
    pub async fn open(aws: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (notes, aws, client) = (Arc::clone(&calls), aws.to_owned(), reqwest::Client::new());
        let router = Router::new().fallback(async move |request: Request| {
            let (what, response) = pass(&client, &aws, request).await;
            notes.lock().unwrap().push(Call { what, answered_at: Instant::now() });
            response
        });
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, calls }
    }

    /// What has passed since this was asked last.
    pub fn drain(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// What has passed so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn pass(client: &reqwest::Client, aws: &str, request: Request) -> (String, Response) {
    let (mut head, body) = request.into_parts();
    head.headers.remove("host"); // the emulator answers under its own name only
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = head.uri.path_and_query().unwrap().as_str();
    let target = head.headers.get("x-amz-target").map_or("", |target| target.to_str().unwrap());
    let form = String::from_utf8_lossy(&body);
    let action = form.split('&').find(|part| part.starts_with("Action=")).unwrap_or_default();
    let what = format!("{} {path} {target}{action}", head.method);
    let request = client.request(head.method, format!("{aws}{path}")).headers(head.headers).body(body.clone());
    let answer = request.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    *response.headers_mut().unwrap() = answer.headers().clone();
    (what, response.body(Body::from(answer.bytes().await.unwrap())).unwrap())
}
