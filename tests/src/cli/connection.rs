//! Where the command line finds Spillway, and how it signs.

use std::cell::RefCell;
use std::time::Duration;

use aws_credential_types::Credentials;
use serde_json::{Value, json};
use spillway::aws::Aws;
use spillway::client::Client;
use spillway::failure::Failure;
use spillway::signing::Signer;
use spillway_tests::port::{Port, Sent};

const STACK: &str = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                     <DescribeStacksResult><Stacks><member><Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>\
                     https://abc.lambda-url.eu-west-1.on.aws/</OutputValue></member></Outputs></member></Stacks>\
                     </DescribeStacksResult></DescribeStacksResponse>";
const NO_STACK: &str = "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id spillway does not exist\
                        </Message></Error></ErrorResponse>";

fn signer() -> Signer {
    Signer::new("eu-west-1", Credentials::new("AKID", "secret", None, None, "test"))
}

/// What a future of a client comes to, while this is answered; and what was sent.
fn ask<T: Send>(
    status: u64,
    body: &str,
    client: impl AsyncFnOnce(String) -> Result<T, Failure> + Send,
) -> (Result<T, String>, Vec<Sent>) {
    let (port, sent) = (Port::open(), RefCell::new(Vec::new()));
    let url = port.url();
    let answer = |request: &Sent| {
        sent.borrow_mut().push(request.clone());
        (status, body.to_owned())
    };
    let got = port.serve_while(answer, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(client(url)).map_err(|failure| failure.to_string())
    });
    (got, sent.into_inner())
}

#[test]
fn a_request_to_a_function_url_is_signed_for_lambda() {
    let (got, sent) = ask(200, "{}", async |url| {
        Client::new(&url, Some(signer()))?.operator::<Value>("ListDeploymentSummaries", &json!({})).await
    });
    assert_eq!(got, Ok(json!({})));
    assert_eq!(sent[0].target.as_deref(), Some("Spillway_20261101.ListDeploymentSummaries"));
    let signed = sent[0].authorization.as_deref().unwrap();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"), "{signed}");
    assert!(signed.contains("/eu-west-1/lambda/aws4_request, "), "{signed}");
    assert!(signed.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target, "), "{signed}");
}

#[test]
fn a_signature_that_lambda_refuses_is_told_from_a_refusal_of_spillway() {
    let (got, _) = ask(403, r#"{"Message":"Forbidden"}"#, async |url| {
        Client::new(&url, Some(signer()))?.codedeploy::<Value>("StopDeployment", &json!({})).await
    });
    let words = got.unwrap_err();
    assert!(words.starts_with("the function URL refuses the request: Forbidden. The caller needs"), "{words}");
    assert!(words.contains("aws sts get-caller-identity"), "{words}");
}

#[test]
fn what_passes_is_tried_again_for_reads_alone() {
    let trouble = r#"{"__type":"InternalFailure","message":"Try again."}"#;
    for (operation, calls) in [("GetDeployment", 3), ("StopDeployment", 1)] {
        let (got, sent) = ask(500, trouble, async |url| {
            Client::new(&url, None)?.pausing([Duration::ZERO; 2]).codedeploy::<Value>(operation, &json!({})).await
        });
        assert_eq!((got.unwrap_err().as_str(), sent.len()), ("Try again. (InternalFailure)", calls), "{operation}");
        assert_eq!(sent[0].authorization, None);
    }
}

#[test]
fn the_url_is_an_output_of_the_stack() {
    let output =
        async |url: String, name: &'static str| Aws::new(signer(), Some(&url))?.stack_output("spillway", name).await;
    let (got, sent) = ask(200, STACK, async |url| output(url, "ApiUrl").await);
    assert_eq!(got.as_deref(), Ok("https://abc.lambda-url.eu-west-1.on.aws/"));
    assert_eq!(sent[0].body, b"Action=DescribeStacks&Version=2010-05-15&StackName=spillway");
    assert!(sent[0].authorization.as_deref().unwrap().contains("/eu-west-1/cloudformation/aws4_request, "));
    let advice = "Give --endpoint-url, or --stack-name and --region of the stack that Spillway is installed by";
    let (got, _) = ask(200, STACK, async |url| output(url, "Other").await);
    assert_eq!(got, Err(format!("the stack spillway in eu-west-1 has no output Other. {advice}")));
    let (got, _) = ask(400, NO_STACK, async |url| output(url, "ApiUrl").await);
    assert_eq!(
        got,
        Err(format!("the stack spillway in eu-west-1 cannot be read: Stack with id spillway does not exist. {advice}"))
    );
}
