//! Answers CodeDeploy's API on loopback: passes each request on to Spillway's function URL, signed anew.
//!
//! Clients of CodeDeploy sign for the service `codedeploy`; a function URL with `AWS_IAM` wants `lambda`.

mod answer;
mod upstream;

use std::net::{Ipv4Addr, TcpListener};
use std::thread::JoinHandle;

use anyhow::Context;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::sync::oneshot;

pub use upstream::{Upstream, plain_client};

/// What a function URL takes.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// A running proxy. Dropping ends it.
///
/// It has a thread to itself, so that it goes on when the runtime that started it has ended.
pub struct Proxy {
    url: String,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts to answer on this port of 127.0.0.1; on any free one for 0.
    pub fn start(upstream: Upstream, port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("port {port} on 127.0.0.1 cannot be had; choose another"))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = serve(listener, upstream) => {
                        if let Err(failure) = served {
                            eprintln!("the proxy ended: {failure:#}");
                        }
                    }
                    _ = ended => {}
                }
            });
        })?;
        Ok(Self { url, end: Some(end), thread: Some(thread) })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

async fn serve(listener: TcpListener, upstream: Upstream) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = Router::new().fallback(pass_on).with_state(upstream);
    axum::serve(listener, router).await.context("no connection can be accepted")
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
