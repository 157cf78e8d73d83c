use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use spillway_domain::access::permission::{Permission, Protected};
use spillway_domain::problem::ProblemKind;
use spillway_engine::ports::access::Access;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn question() -> Question {
    let resource = Protected::Application("shop".parse().unwrap());
    Question {
        caller: "arn:aws:iam::111122223333:user/alice".parse().unwrap(),
        permissions: vec![Permission { action: "codedeploy:DeleteApplication".to_owned(), resource }],
    }
}

/// Asks at a Lambda that answers with these, one after the other; what came of it, and the requests.
async fn asked(answers: &'static [&'static str]) -> (Result<Authorization, Problem>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}]}") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            }
            heard.push(String::from_utf8(request).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        heard
    });
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::from_keys("key", "secret", None))
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .load()
        .await;
    let function = "arn:aws:lambda:us-east-1:111122223333:function:spillway-authorize";
    let answer = Authorize::new(&config, function.parse().unwrap(), "bucket/key").ask(&question()).await;
    (answer, heard.await.unwrap())
}

#[tokio::test]
async fn the_function_is_asked_as_the_caller_of_a_signed_request() {
    const ALLOWED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\n\"allowed\"";
    let (answer, heard) = asked(&[ALLOWED]).await;
    assert_eq!(answer, Ok(Authorization::Allowed));
    assert!(heard[0].starts_with("POST /2015-03-31/functions/spillway-authorize/invocations "), "{}", heard[0]);
    assert!(heard[0].contains("/us-east-1/lambda/aws4_request"), "{}", heard[0]);
    let (_, body) = heard[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(serde_json::from_str::<Question>(body).unwrap(), question());
}

#[tokio::test]
async fn a_throttled_function_is_asked_again() {
    const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    const ALLOWED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\n\"allowed\"";
    let (answer, heard) = asked(&[BUSY, ALLOWED]).await;
    assert_eq!((answer, heard.len()), (Ok(Authorization::Allowed), 2));
}

#[tokio::test]
async fn a_function_that_fails_allows_nothing() {
    const THREW: &str = "HTTP/1.1 200 OK\r\nx-amz-function-error: Unhandled\r\nconnection: close\r\n\
                         content-length: 26\r\n\r\n{\"errorType\":\"Transient\"}\r\n";
    let (answer, heard) = asked(&[THREW, THREW, THREW, THREW]).await;
    assert_eq!(answer.unwrap_err().kind, ProblemKind::Transient);
    assert_eq!(heard.len(), 4);
    const DENIED: &str = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    let (answer, heard) = asked(&[DENIED, DENIED, DENIED, DENIED]).await;
    assert_eq!((answer.unwrap_err().kind, heard.len()), (ProblemKind::Transient, 4));
}

#[tokio::test]
async fn without_policies_everyone_may_do_everything() {
    let access = Authorize::new(&SdkConfig::builder().build(), "authorize".parse().unwrap(), "none");
    assert!(!access.has_policies());
    assert_eq!(access.ask(&question()).await, Ok(Authorization::Allowed));
}
