//! SAM's own translator, which is a function of ours in Python.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_aws_core::{SdkConfig, problem};

/// How long an expansion may take, its function starting cold; CloudFormation does not wait much longer.
const LONGEST_EXPANSION: Duration = Duration::from_secs(25);

/// SAM's translator.
#[derive(Debug, Clone)]
pub struct Sam {
    client: Client,
    function: String,
}

/// What the function answers, or how it failed.
#[derive(Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Answer {
    Expanded { fragment: Value },
    Invalid { error: String },
    Threw { error_message: String },
}

impl Sam {
    /// The translator in the function of that name.
    pub fn new(config: &SdkConfig, function: impl Into<String>) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(LONGEST_EXPANSION)
            .build();
        // An expansion changes nothing, so that it may be tried again.
        let retries = RetryConfig::standard().with_max_attempts(2);
        let config = Builder::from(config).timeout_config(timeouts).retry_config(retries).build();
        Self { client: Client::from_conf(config), function: function.into() }
    }

    /// A template as SAM expands it, given the parameters of its stack; or why it does not, in SAM's words if it has
    /// any.
    pub async fn expand(&self, fragment: &Value, parameters: &Map<String, Value>) -> Result<Value, String> {
        let payload = json!({"fragment": fragment, "parameters": parameters}).to_string();
        let request = self.client.invoke().function_name(&self.function).payload(Blob::new(payload));
        let answer = request.send().await;
        let answer = answer.map_err(|error| problem("lambda:InvokeFunction of SAM's translator", &error).words)?;
        match serde_json::from_slice(answer.payload.unwrap_or_else(|| Blob::new("")).as_ref()) {
            Ok(Answer::Expanded { fragment }) => Ok(fragment),
            Ok(Answer::Invalid { error }) => Err(error),
            Ok(Answer::Threw { error_message }) => Err(format!("SAM's translator failed: {error_message}")),
            Err(error) => Err(format!("SAM's translator answered what it should not: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Expands a template with a function that answers `payload`; `None` is a Lambda that says no.
    async fn expanded(payload: Option<&str>) -> Result<Value, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (status, body) = match payload {
            Some(payload) => ("200 OK", payload.to_owned()),
            None => ("403 Forbidden", r#"{"Message":"Not you."}"#.to_owned()),
        };
        let kind = "x-amzn-errortype: AccessDeniedException";
        let answer = format!("HTTP/1.1 {status}\r\n{kind}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(br#""parameters":{"Stage":"prod"}}"#) {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("key", "secret", None)))
            .build();
        let parameters = Map::from_iter([("Stage".to_owned(), json!("prod"))]);
        Sam::new(&config, "expand-sam").expand(&json!({"Resources": {}}), &parameters).await
    }

    #[tokio::test]
    async fn an_expansion_is_a_template_or_the_reason_why_there_is_none() {
        let template = json!({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}});
        assert_eq!(expanded(Some(&json!({"fragment": template}).to_string())).await, Ok(template));
        for (payload, words) in [
            (Some(r#"{"error": "Resource with id [A] is invalid."}"#), "Resource with id [A] is invalid."),
            (
                Some(r#"{"errorMessage": "out of memory", "errorType": "MemoryError"}"#),
                "SAM's translator failed: out of memory",
            ),
            (
                Some("7"),
                "SAM's translator answered what it should not: data did not match any variant of untagged enum Answer",
            ),
            (None, "lambda:InvokeFunction of SAM's translator failed: AccessDeniedException: Not you."),
        ] {
            assert_eq!(expanded(payload).await, Err(words.to_owned()));
        }
    }
}
