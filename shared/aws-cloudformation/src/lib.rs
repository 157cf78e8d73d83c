//! Where CloudFormation waits for the answers of resources: objects in S3, each of which it lets be written by a URL
//! that is signed already.

mod place;

use spillway_aws_core::{Failure, Request, SdkConfig, endpoint, problem, send};
use spillway_domain::problem::{Problem, ProblemKind};

use crate::place::{Place, place};

/// The places where CloudFormation waits.
#[derive(Debug, Clone)]
pub struct Answers {
    config: SdkConfig,
}

impl Answers {
    /// Places that are written as their URLs allow, with no rights of our own.
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }
}

impl spillway_engine::ports::stacks::Answers for Answers {
    async fn put(&self, url: &str, body: &str) -> Result<(), Problem> {
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        let Place { server, path } = place(url, region, endpoint(&self.config, "CloudFormation").as_deref())?;
        // The signature is over a content type of nothing.
        let headers = vec![("content-type".to_owned(), String::new())];
        let request = Request { method: "PUT", path, headers, body: body.to_owned() };
        // Redirects are not followed: they are errors like all else that does not say yes.
        let put = Box::pin(send(&self.config, ("S3", "PutObject"), &server, request, |_| ())).await;
        put.map_err(|error| refused(&server, &error))
    }
}

/// Why an answer was not taken. Nothing of the URL is told but its server: the rest is a right.
fn refused(server: &str, error: &Failure) -> Problem {
    let mut problem = problem(&format!("Answering CloudFormation at {server}"), error);
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(403 | 404) => {
            problem.kind = ProblemKind::Refused;
            problem.words.push_str(" The URL has expired, or was never valid, so the stack cannot be answered.");
        }
        // S3 has 4xx for connections that were slow.
        Some(400..) => problem.kind = ProblemKind::Transient,
        Some(_) | None => {}
    }
    problem
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use spillway_engine::ports::stacks::Answers as _;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Puts `{}` at a server that answers with `answer`; the request as it came there, and what came of it.
    async fn put(answer: &'static str) -> (String, Result<(), Problem>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n{}") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&server)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let done = Answers::new(&config).put(&format!("{server}/a%20b?X-Amz-Signature=s%2Bt"), "{}").await;
        (asked.await.unwrap().to_lowercase(), done)
    }

    #[tokio::test]
    async fn an_answer_is_put_as_the_url_says_and_unsigned() {
        let (request, done) = put("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        done.unwrap();
        assert!(request.starts_with("put /a%20b?x-amz-signature=s%2bt http/1.1\r\n"), "{request}");
        assert!(request.contains("\r\ncontent-type: \r\n"), "{request}");
        assert!(request.contains("\r\ncontent-length: 2\r\n"), "{request}");
        assert!(!request.contains("authorization"), "{request}");
    }

    #[tokio::test]
    async fn what_does_not_say_yes_is_an_error() {
        let expired = "HTTP/1.1 403 Forbidden\r\ncontent-length: 81\r\n\r\n<Error><Code>AccessDenied</Code>\
                       <Message>Request has expired</Message></Error>    ";
        let elsewhere = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        for (answer, kind, words) in [
            (expired, ProblemKind::Refused, "failed: AccessDenied: Request has expired. The URL has expired"),
            (elsewhere, ProblemKind::Refused, "failed: HTTP status 307."),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", ProblemKind::Transient, "HTTP status 400."),
            ("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n", ProblemKind::Transient, "HTTP status 503."),
            ("", ProblemKind::Transient, "was not answered"),
        ] {
            let problem = put(answer).await.1.unwrap_err();
            assert_eq!(problem.kind, kind, "{problem}");
            assert!(problem.words.contains(words), "{problem}");
            assert!(!problem.words.to_lowercase().contains("signature"), "{problem}");
        }
    }
}
