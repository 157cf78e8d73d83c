use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde_json::{Value, json};
use spillway_aws_core::{Roles, SdkConfig};
use spillway_domain::access::session::{Purpose, RoleSession};
use spillway_domain::pipeline::{FailureKind, JobId, JobProgress, JobReport};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::ports::pipelines::{PipelineJobs, TaskDefinitions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{Definitions, Jobs};

const DONE: (u16, &str) = (200, "");
const BUSY: (u16, &str) = (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);

/// A request, as it was heard.
struct Heard {
    head: String,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A service that answers with these, one after the other; its endpoint, and the requests.
async fn service(answers: &'static [(u16, &'static str)]) -> (SdkConfig, tokio::task::JoinHandle<Vec<Heard>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        for (status, answer) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let whole = loop {
                if let Some(whole) = whole(&request) {
                    break whole;
                }
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "a whole request");
            };
            heard.push(whole);
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
        .credentials_provider(Credentials::from_keys("key", "secret", None))
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
        .load()
        .await;
    (config, heard)
}

fn whole(request: &[u8]) -> Option<Heard> {
    let text = std::str::from_utf8(request).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_lowercase();
    let length: usize = head.split("content-length: ").nth(1)?.lines().next()?.trim().parse().ok()?;
    (body.len() == length).then(|| Heard { head, body: body.to_owned() })
}

fn job() -> JobId {
    "11111111-abcd-1111-abcd-111111abcdef".parse().unwrap()
}

fn progress(task_definition: Option<&str>) -> JobProgress {
    JobProgress { deployment: "d-75I7MBT7C".parse().unwrap(), task_definition: task_definition.map(str::to_owned) }
}

fn continues(is_created: bool) -> JobReport {
    JobReport::Continues { progress: progress(None), summary: "It bakes.".to_owned(), is_created }
}

async fn told(report: JobReport, answers: &'static [(u16, &'static str)]) -> (Result<bool, Problem>, Vec<Heard>) {
    let (config, heard) = service(answers).await;
    let told = Jobs::new(&config).report(&job(), &report).await;
    (told, heard.await.unwrap())
}

#[tokio::test]
async fn an_action_goes_on_with_a_token() {
    let (result, heard) = told(continues(true), &[DONE]).await;
    assert_eq!(result, Ok(true));
    let Heard { head, .. } = &heard[0];
    assert!(head.starts_with("post / http/1.1\r\n"), "{head}");
    assert!(head.contains("x-amz-target: codepipeline_20150709.putjobsuccessresult"), "{head}");
    assert!(head.contains("content-type: application/x-amz-json-1.1"), "{head}");
    assert!(head.contains("/us-east-1/codepipeline/aws4_request"), "{head}");
    assert_eq!(
        heard[0].json(),
        json!({
            "jobId": "11111111-abcd-1111-abcd-111111abcdef",
            "continuationToken": "{\"deploymentId\":\"d-75I7MBT7C\"}",
            "executionDetails": { "summary": "It bakes.", "externalExecutionId": "d-75I7MBT7C" },
        })
    );
    let (_, heard) = told(continues(false), &[DONE]).await;
    assert_eq!(heard[0].json()["executionDetails"], json!({ "summary": "It bakes." }));
}

#[tokio::test]
async fn a_success_has_the_deployment_as_a_variable_and_no_token() {
    let summary = "All traffic is on version 2.".to_owned();
    let arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7";
    let (result, heard) = told(JobReport::Succeeded { progress: progress(Some(arn)), summary }, &[DONE]).await;
    assert_eq!(result, Ok(true));
    assert_eq!(
        heard[0].json(),
        json!({
            "jobId": "11111111-abcd-1111-abcd-111111abcdef",
            "executionDetails": {
                "summary": "All traffic is on version 2.", "externalExecutionId": "d-75I7MBT7C", "percentComplete": 100,
            },
            "outputVariables": { "deploymentId": "d-75I7MBT7C", "taskDefinitionArn": arn },
        })
    );
}

#[tokio::test]
async fn a_failure_has_its_kind_and_its_words() {
    let failed = |deployment: Option<&str>| JobReport::Failed {
        kind: FailureKind::JobFailed,
        message: "ALARM_ACTIVE: red.".to_owned(),
        deployment: deployment.map(|id| id.parse().unwrap()),
    };
    let (result, heard) = told(failed(Some("d-75I7MBT7C")), &[DONE]).await;
    assert_eq!(result, Ok(true));
    assert!(heard[0].head.contains("x-amz-target: codepipeline_20150709.putjobfailureresult"), "{}", heard[0].head);
    assert_eq!(
        heard[0].json()["failureDetails"],
        json!({ "type": "JobFailed", "message": "ALARM_ACTIVE: red.", "externalExecutionId": "d-75I7MBT7C" })
    );
    let (_, heard) = told(failed(None), &[DONE]).await;
    assert_eq!(heard[0].json()["failureDetails"], json!({ "type": "JobFailed", "message": "ALARM_ACTIVE: red." }));
}

#[tokio::test]
async fn a_throttled_report_is_made_again_and_one_that_comes_second_is_no_problem() {
    let (result, heard) = told(continues(true), &[BUSY, DONE]).await;
    assert_eq!((result, heard.len()), (Ok(true), 2));
    const ANSWERED: (u16, &str) =
        (400, r#"{"__type":"com.amazonaws.codepipeline#InvalidJobStateException","message":"The job is done."}"#);
    let (result, _) = told(continues(true), &[ANSWERED]).await;
    assert_eq!(result, Ok(false));
}

#[tokio::test]
async fn a_report_that_is_refused_says_what_was_refused() {
    const UNKNOWN: (u16, &str) = (400, r#"{"__type":"JobNotFoundException","message":"There is no such job."}"#);
    let (result, heard) = told(continues(true), &[UNKNOWN]).await;
    let problem = result.unwrap_err();
    assert_eq!((problem.kind, heard.len()), (ProblemKind::Missing, 1));
    assert_eq!(
        problem.to_string(),
        "codepipeline:PutJobSuccessResult of job 11111111-abcd-1111-abcd-111111abcdef failed: JobNotFoundException: There \
         is no such job."
    );
}

#[tokio::test]
async fn a_task_definition_is_registered_as_it_is_written_by_the_service_role() {
    const ASSUMED: (u16, &str) = (
        200,
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>secret\
         </SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-02T03:04:05Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>",
    );
    const REGISTERED: (u16, &str) =
        (200, r#"{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:us-east-1:111122223333:task-definition/web:7"}}"#);
    let session = RoleSession {
        role: "arn:aws:iam::111122223333:role/spillway-shop".parse().unwrap(),
        application: "shop".parse().unwrap(),
        purpose: Purpose::Deployment { group: "web".parse().unwrap(), id: "d-75I7MBT7C".parse().unwrap() },
    };
    let definition = r#"{ "family": "web", "somethingNew": [1.0] }"#;
    let (config, heard) = service(&[ASSUMED, REGISTERED]).await;
    let arn = Definitions::new(&Roles::new(&config)).register(&session, definition).await;
    assert_eq!(arn.as_deref(), Ok("arn:aws:ecs:us-east-1:111122223333:task-definition/web:7"));
    let heard = heard.await.unwrap();
    assert!(heard[1].head.contains("x-amz-target: amazonec2containerservicev20141113.registertaskdefinition"));
    assert!(heard[1].head.contains("credential=asia1/"), "{}", heard[1].head);
    assert_eq!(heard[1].body, definition);

    const REFUSED: (u16, &str) = (400, r#"{"__type":"ClientException","message":"Container.image is empty."}"#);
    let (config, _) = service(&[ASSUMED, REFUSED]).await;
    let problem = Definitions::new(&Roles::new(&config)).register(&session, definition).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Refused);
    assert_eq!(problem.to_string(), "ecs:RegisterTaskDefinition failed: ClientException: Container.image is empty.");
}
