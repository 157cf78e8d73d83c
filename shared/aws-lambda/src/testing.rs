//! A Lambda for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_lambda::config::{BehaviorVersion, Region};
use spillway_aws_core::SdkConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a Lambda is reached that reads one request, up to the end of its payload, answers with `answer`, and hangs up;
/// `None` is a Lambda that nobody reaches.
pub(crate) async fn lambda_that_answers(payload: &'static [u8], answer: Option<&'static str>) -> SdkConfig {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = config(&listener);
    match answer {
        None => drop(listener),
        Some(answer) => drop(tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream, payload, answer).await;
        })),
    }
    config
}

/// How one is reached that never hangs up, and on how many connections it was asked.
pub(crate) async fn lambda_that_goes_on(payload: &'static [u8], answer: &'static str) -> (SdkConfig, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = config(&listener);
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                loop {
                    stream = serve(stream, payload, answer).await;
                }
            });
        }
    });
    (config, connections)
}

async fn serve(mut stream: TcpStream, payload: &[u8], answer: &str) -> TcpStream {
    let mut request = Vec::new();
    while !request.ends_with(payload) {
        if stream.read_buf(&mut request).await.unwrap() == 0 {
            assert!(request.is_empty(), "a whole request");
            std::future::pending::<()>().await;
        }
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream
}

fn config(listener: &TcpListener) -> SdkConfig {
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("key", "secret", None)))
        .build()
}
