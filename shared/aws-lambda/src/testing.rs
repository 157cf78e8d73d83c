//! A Lambda for tests.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_lambda::config::{BehaviorVersion, Region};
use spillway_aws_sts::SdkConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// How a Lambda is reached that reads one request, up to the end of its payload, answers with `answer`, and hangs up;
/// `None` is a Lambda that nobody reaches.
pub(crate) async fn lambda_that_answers(payload: &'static [u8], answer: Option<&'static str>) -> SdkConfig {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    match answer {
        None => drop(listener),
        Some(answer) => drop(tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(payload) {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        })),
    }
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("key", "secret", None)))
        .build()
}
