//! The calls as Step Functions gets them, and what becomes of its answers.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde_json::{Value, json};
use spillway_aws_core::SdkConfig;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::executions::{ExecutionState, Executions as _, Wakes};
use spillway_engine::ports::stacks::Requests as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::states::{PATIENCE, States};

const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:spillway-deployment";
const DONE: (u16, &str) = (200, "{}");
const BUSY: (u16, &str) = (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
const AT_ONCE: [Duration; 3] = [Duration::ZERO; 3];
const BROKEN: (u16, &str) = (500, "");

/// A Step Functions that answers with these, one after the other; how it is called, and the heads and bodies it gets.
async fn service(answers: &'static [(u16, &'static str)]) -> (SdkConfig, JoinHandle<Vec<(String, Value)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for (status, answer) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            }
            let text = String::from_utf8(request).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            heard.push((head.to_lowercase(), serde_json::from_str(body).unwrap()));
            let length = answer.len();
            let answer =
                format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{answer}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        heard
    });
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .credentials_provider(Credentials::from_keys("key", "secret", None))
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .load()
        .await;
    (config, heard)
}

/// Tried as often as ever, without the pauses.
fn at_once(config: &SdkConfig) -> States {
    assert_eq!(States::new(config).pauses.len(), AT_ONCE.len());
    States { pauses: &AT_ONCE, ..States::new(config) }
}

fn id() -> DeploymentId {
    "d-AAAAAAAAA".parse().unwrap()
}

#[tokio::test]
async fn each_operation_is_a_signed_post_of_its_json() {
    let (config, heard) =
        service(&[DONE, (200, r#"{"status":"RUNNING"}"#), (200, r#"{"status":"FAILED"}"#), DONE, DONE, DONE]).await;
    let executions = Executions::new(&config, MACHINE);
    executions.start("d-AAAAAAAAA", &id()).await.unwrap();
    assert_eq!(executions.state("d-AAAAAAAAA").await.unwrap(), ExecutionState::Running);
    assert_eq!(executions.state("d-AAAAAAAAA").await.unwrap(), ExecutionState::Ended);
    executions.stop("d-AAAAAAAAA").await.unwrap();
    Tasks::new(&config).wake("token").await.unwrap();
    Requests::new(&config, MACHINE).start("r-1", "{\"a\":1}").await.unwrap();

    let own = "arn:aws:states:us-east-1:111122223333:execution:spillway-deployment:d-AAAAAAAAA";
    let cause = "Spillway replaces this execution, which has not been heard of for too long.";
    let expected = [
        (
            "startexecution",
            json!({ "stateMachineArn": MACHINE, "name": "d-AAAAAAAAA",
            "input": "{\"deploymentId\":\"d-AAAAAAAAA\"}" }),
        ),
        ("describeexecution", json!({ "executionArn": own })),
        ("describeexecution", json!({ "executionArn": own })),
        ("stopexecution", json!({ "executionArn": own, "error": "Replaced", "cause": cause })),
        ("sendtasksuccess", json!({ "taskToken": "token", "output": "{}" })),
        ("startexecution", json!({ "stateMachineArn": MACHINE, "name": "r-1", "input": "{\"a\":1}" })),
    ];
    let heard = heard.await.unwrap();
    assert_eq!(heard.len(), expected.len());
    for ((head, body), (action, wanted)) in heard.iter().zip(expected) {
        for line in [
            "post / http/1.1".to_owned(),
            format!("x-amz-target: awsstepfunctions.{action}"),
            "content-type: application/x-amz-json-1.0".to_owned(),
        ] {
            assert!(head.lines().any(|known| known == line), "{line} is not in {head}");
        }
        assert!(head.contains("/us-east-1/states/aws4_request"), "{head}");
        assert_eq!(*body, wanted);
    }
}

#[tokio::test]
async fn what_is_there_already_and_what_is_over_is_an_answer() {
    const THERE: (u16, &str) = (400, r#"{"__type":"com.amazonaws.states#ExecutionAlreadyExists","message":"It is."}"#);
    const NONE: (u16, &str) = (400, r#"{"__type":"ExecutionDoesNotExist","message":"Execution Does Not Exist"}"#);
    const OVER: (u16, &str) = (400, r#"{"__type":"TaskTimedOut","message":"Task Timed Out"}"#);
    let (config, _) = service(&[THERE, THERE, NONE, NONE, OVER]).await;
    let executions = Executions::new(&config, MACHINE);
    executions.start("d-AAAAAAAAA", &id()).await.unwrap();
    Requests::new(&config, MACHINE).start("r-1", "{}").await.unwrap();
    assert_eq!(executions.state("d-AAAAAAAAA").await.unwrap(), ExecutionState::Missing);
    executions.stop("d-AAAAAAAAA").await.unwrap();
    Tasks::new(&config).wake("token").await.unwrap();
}

#[tokio::test]
async fn what_may_pass_is_tried_four_times_and_what_lasts_once() {
    const NO_RIGHT: (u16, &str) = (400, r#"{"__type":"AccessDeniedException","message":"not authorized"}"#);
    let tell = |problem: Problem| (problem.kind, problem.to_string());
    let (config, _) = service(&[BUSY, BROKEN, BUSY, DONE]).await;
    Tasks { states: at_once(&config) }.wake("token").await.unwrap();
    let (config, heard) = service(&[BUSY, BUSY, BUSY, BUSY]).await;
    let executions = Executions { states: at_once(&config), machine: MACHINE.to_owned() };
    let problem = executions.start("d-AAAAAAAAA", &id()).await.unwrap_err();
    let words = "states:StartExecution of d-AAAAAAAAA failed: ThrottlingException: Rate exceeded.";
    assert_eq!(tell(problem), (ProblemKind::Transient, words.to_owned()));
    assert_eq!(heard.await.unwrap().len(), 4);
    let (config, heard) = service(&[NO_RIGHT]).await;
    let problem = Tasks { states: at_once(&config) }.wake("token").await.unwrap_err();
    let words = "states:SendTaskSuccess failed: AccessDeniedException: not authorized.";
    assert_eq!(tell(problem), (ProblemKind::Denied, words.to_owned()));
    assert_eq!(heard.await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_has_a_caller_waiting_tries_once_and_not_for_long() {
    let (config, heard) = service(&[BROKEN, BROKEN]).await;
    let problem = Executions::hasty(&config, MACHINE).start("d-AAAAAAAAA", &id()).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    let problem = Tasks::hasty(&config).wake("token").await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Transient, "{problem}");
    assert_eq!(heard.await.unwrap().len(), 2, "each has tried once");
    let hasty = States::hasty(&config);
    assert_eq!(hasty.config.timeout_config().unwrap().operation_timeout(), Some(PATIENCE));
}
