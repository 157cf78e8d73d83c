//! The state machines: the [`Executions`] of one, one for each deployment, the [`Requests`] of stacks, which are the
//! executions of the other, and the [`Tasks`] in which they wait.

mod executions;
mod requests;
mod tasks;

use std::time::Duration;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::Builder;
use aws_sdk_sfn::config::retry::RetryConfig;
use aws_sdk_sfn::config::timeout::TimeoutConfig;
pub use executions::Executions;
pub use requests::Requests;
use spillway_aws_core::SdkConfig;
pub use tasks::Tasks;

/// How long a caller of the API waits for Step Functions.
const PATIENCE: Duration = Duration::from_secs(2);

/// A client for those who have a caller waiting, and who leave to the sweep what fails: it tries once, and not for long.
fn hasty(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let once = Builder::from(config).retry_config(RetryConfig::disabled()).timeout_config(timeouts);
    Client::from_conf(once.build())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_sfn::config::{BehaviorVersion, Region};
    use aws_smithy_http_client::Builder;
    use spillway_domain::names::DeploymentId;
    use spillway_domain::problem::ProblemKind;
    use spillway_engine::ports::executions::{Executions as _, Wakes};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A Step Functions that fails on everything, and counts how often.
    async fn failing() -> (SdkConfig, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                while !request.ends_with(b"}") {
                    assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
                }
                let answer = "HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("key", "secret", None)))
            .http_client(Builder::new().build_http())
            .build();
        (config, asked)
    }

    #[tokio::test]
    async fn whoever_has_a_caller_waiting_tries_once_and_not_for_long() {
        let (config, asked) = failing().await;
        let machine = "arn:aws:states:us-east-1:111122223333:stateMachine:spillway-deployment";
        let id: DeploymentId = "d-AAAAAAAAA".parse().unwrap();
        let problem = Executions::hasty(&config, machine).start("d-AAAAAAAAA", &id).await.unwrap_err();
        assert_eq!((problem.kind, asked.load(Ordering::SeqCst)), (ProblemKind::Transient, 1), "{problem}");
        let problem = Tasks::hasty(&config).wake("token").await.unwrap_err();
        assert_eq!((problem.kind, asked.load(Ordering::SeqCst)), (ProblemKind::Transient, 2), "{problem}");
        let client = hasty(&config);
        assert_eq!(client.config().timeout_config().unwrap().operation_timeout(), Some(PATIENCE));
    }
}
