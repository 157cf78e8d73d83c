//! The events of CodePipeline as they are read, and what CodePipeline is told.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spillway_domain::access::permission::{Denial, Permission, Protected};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::error_code::ErrorCode;
use spillway_domain::deployment::record::{Deployment, Ending, Error, Status};
use spillway_domain::pipeline::{
    FailureKind, JobError, JobFault, JobOutcome, JobProgress, JobReport, JobState, ParameterName, PipelineJob,
};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::rejection::{DeploymentRejection, GroupRejection, Rejection};

use super::event::{PipelineEvent, caller};
use super::report::{refused, report};
use crate::codedeploy::exception::Exception;
use crate::testing::{at, deployment, named, place};

const SAMPLE: &str = include_str!("../../../../events/run-pipeline-job.json");
const CONTINUED: &str = include_str!("../../../../events/run-pipeline-job.continued.json");

fn read(sample: &str) -> Result<PipelineJob, Exception> {
    let event: PipelineEvent = serde_json::from_str(sample).unwrap();
    event.read(&Quotas::default(), None)
}

/// The sample with these user parameters.
fn with_text(parameters: &Value) -> Result<PipelineJob, Exception> {
    let mut event: Value = serde_json::from_str(SAMPLE).unwrap();
    event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] = parameters.clone();
    read(&event.to_string())
}

fn with(parameters: &Value) -> Result<PipelineJob, Exception> {
    with_text(&json!(parameters.to_string()))
}

#[test]
fn the_sample_is_the_first_job_of_an_action() {
    let job = read(SAMPLE).unwrap();
    assert_eq!(job.id.as_str(), "11111111-abcd-1111-abcd-111111abcdef");
    let asked = &job.parameters.deployment;
    assert_eq!((asked.application.as_str(), asked.group.as_str()), ("shop", "orders"));
    assert_eq!((asked.description.as_deref(), &asked.revision), (Some("from the pipeline"), &None));
    assert_eq!((job.parameters.appspec_path(), job.parameters.definition_path()), ("appspec.yaml", "taskdef.json"));
    let [build, image] = &job.artifacts[..] else { panic!("{:?}", job.artifacts) };
    assert_eq!((build.name.as_str(), build.bucket.as_str()), ("BuildOutput", "shop-pipeline-artifacts"));
    assert_eq!((build.key.as_str(), image.name.as_str()), ("shop/BuildOutpu/pi5IJ3a", "Image"));
    assert_eq!((build.keys.id.as_str(), build.keys.token.as_str()), ("AKIAIOSFODNN7EXAMPLE", "a token of the session"));
    assert_eq!(build.keys.secret, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert_eq!(job.progress, None);
}

#[test]
fn a_later_job_brings_what_the_job_before_has_handed_on() {
    let progress = JobProgress { deployment: named("d-75I7MBT7C"), task_definition: None };
    assert_eq!(read(CONTINUED).unwrap().progress, Some(progress));
    let foreign = CONTINUED.replace(r#"{\"deploymentId\":\"d-75I7MBT7C\"}"#, "a token");
    assert_eq!(
        read(&foreign).unwrap_err().to_string(),
        "InvalidInputException: The continuation token is not one that Spillway has given: expected value at line 1 \
         column 1. Retry the stage."
    );
}

#[test]
fn the_parameters_are_those_of_create_deployment_and_the_names_of_files_and_artifacts() {
    let job = with(&json!({
        "applicationName": "shop", "deploymentGroupName": "web", "deploymentConfigName": "Steps.50@5m", "artifact": "Build",
        "appSpecPath": "deploy/appspec.json", "taskDefinitionArtifact": "Tasks", "taskDefinitionPath": "web.json",
        "images": { "IMAGE1_NAME": "Image" }, "description": null,
    }));
    let parameters = job.unwrap().parameters;
    assert_eq!(parameters.deployment.config, Some(named("Steps.50@5m")));
    assert_eq!(parameters.artifact.as_deref(), Some("Build"));
    assert_eq!((parameters.appspec_path(), parameters.definition_path()), ("deploy/appspec.json", "web.json"));
    assert_eq!(parameters.definition_artifact.as_deref(), Some("Tasks"));
    assert_eq!(parameters.images, BTreeMap::from([("IMAGE1_NAME".to_owned(), "Image".to_owned())]));
}

#[test]
fn parameters_that_cannot_be_are_refused_with_what_is_wrong_with_which() {
    let shop = |member: &str, value: Value| {
        let mut parameters = json!({ "applicationName": "shop", "deploymentGroupName": "web" });
        parameters[member] = value;
        json!(parameters.to_string())
    };
    for (parameters, words) in [
        (
            Value::Null,
            "InvalidInputException: The action has no UserParameters. Give a JSON object with applicationName and \
             deploymentGroupName.",
        ),
        (
            json!("shop"),
            "InvalidInputException: The UserParameters of the action are not JSON: expected value at line 1 column 1.",
        ),
        (
            json!("[]"),
            "InvalidInputException: The UserParameters of the action are not a JSON object. Give an object with \
             applicationName and deploymentGroupName.",
        ),
        (json!("{}"), "ApplicationNameRequiredException: applicationName is required and was not given."),
        (
            json!(r#"{"applicationName": "shop"}"#),
            "DeploymentGroupNameRequiredException: Deployment Group name is missing: deploymentGroupName is required and was not given.",
        ),
        (
            shop("appspec", json!("a.yaml")),
            "InvalidInputException: UserParameters have 'appspec', which means nothing. They may have applicationName, \
             deploymentGroupName, deploymentConfigName, description, fileExistsBehavior, ignoreApplicationStopFailures, \
             updateOutdatedInstancesOnly, autoRollbackConfiguration, overrideAlarmConfiguration, artifact, appSpecPath, \
             taskDefinitionArtifact, taskDefinitionPath, images.",
        ),
        (
            shop("artifact", json!("")),
            "InvalidInputException: artifact of UserParameters is \"\"; give a text that is not empty.",
        ),
        (
            shop("appSpecPath", json!(7)),
            "InvalidInputException: appSpecPath of UserParameters is 7; give a text that is not empty.",
        ),
        (
            shop("images", json!(["Image"])),
            "InvalidInputException: images of UserParameters is not an object of texts. Give the name of each placeholder \
             with the artifact that has its imageDetail.json, such as {\"IMAGE1_NAME\": \"Image\"}.",
        ),
        (
            shop("fileExistsBehavior", json!("REPLACE")),
            "InvalidFileExistsBehaviorException: fileExistsBehavior 'REPLACE' is not valid. Valid values are [DISALLOW, \
             OVERWRITE, RETAIN]",
        ),
        (
            shop("deploymentConfigName", json!(7)),
            "SerializationException: deploymentConfigName: invalid type: integer `7`, expected a string.",
        ),
    ] {
        assert_eq!(with_text(&parameters).unwrap_err().to_string(), words, "{parameters}");
    }
}

#[test]
fn the_session_of_the_functions_role_does_the_jobs() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:spillway-run-pipeline-job";
    let caller = caller(["aws", "us-east-1", "111122223333"], "spillway-RunPipelineJobRole-1", function).unwrap();
    assert_eq!(
        caller.as_str(),
        "arn:aws:sts::111122223333:assumed-role/spillway-RunPipelineJobRole-1/spillway-run-pipeline-job"
    );
}

fn told(state: Result<JobState, JobError>) -> JobReport {
    let progress = JobProgress { deployment: named("d-75I7MBT7C"), task_definition: None };
    let caller = named("arn:aws:sts::111122223333:assumed-role/role/spillway-run-pipeline-job");
    report(JobOutcome { progress, state }, Some(&caller), &place())
}

fn told_of(deployment: Deployment) -> JobReport {
    told(Ok(JobState::Created(Box::new(deployment))))
}

fn ended(status: Status, error: Option<Error>, rollback_message: Option<&str>) -> Deployment {
    let rollback_message = rollback_message.map(str::to_owned);
    let ending = Ending { status, error, at: at(0), rolled_back_by: None, rollback_message, followed_by: None };
    Deployment { ending: Some(ending), note: "All traffic is on version 2.".to_owned(), ..deployment() }
}

#[test]
fn an_action_goes_on_as_long_as_its_deployment_does() {
    let JobReport::Continues { summary, is_created: true, .. } = told_of(deployment()) else { panic!() };
    assert_eq!(summary, format!("{}: Waits for its execution.", deployment().id));
    let JobReport::Succeeded { summary, .. } = told_of(ended(Status::Succeeded, None, None)) else { panic!() };
    assert_eq!(summary, format!("{}: All traffic is on version 2.", deployment().id));
}

#[test]
fn a_failure_has_the_words_of_the_deployment_and_no_more_than_codepipeline_takes() {
    let error = Error { code: ErrorCode::AlarmActive, message: "The alarm errors went off.".to_owned() };
    let rollback = Some("Deployment d-BBBBBBBBB rolls it back.");
    let JobReport::Failed { kind, message, deployment: id } = told_of(ended(Status::Stopped, Some(error), rollback))
    else {
        panic!()
    };
    assert_eq!((kind, id), (FailureKind::JobFailed, Some(deployment().id)));
    assert_eq!(
        message,
        format!(
            "Deployment {} has ended Stopped. ALARM_ACTIVE: The alarm errors went off. Deployment d-BBBBBBBBB rolls it \
             back.",
            deployment().id
        )
    );
    let error = Error { code: ErrorCode::HookExecutionFailure, message: "é".repeat(9_000) };
    let JobReport::Failed { message, .. } = told_of(ended(Status::Failed, Some(error), None)) else { panic!() };
    assert!(message.chars().count() <= 5_000 && message.ends_with("..."));
    let mut busy = deployment();
    busy.note = "é".repeat(9_000);
    let JobReport::Continues { summary, .. } = told_of(busy) else { panic!() };
    assert!(summary.chars().count() <= 2_048, "{}", summary.chars().count());
}

#[test]
fn an_action_waits_for_what_passes_and_fails_with_what_does_not() {
    let busy = DeploymentRejection::Busy { group: named("live"), deployment: named("d-AAAAAAAAA") };
    let JobReport::Continues { summary, is_created: false, .. } = told(Ok(JobState::Waits(busy.into()))) else {
        panic!()
    };
    assert_eq!(
        summary,
        "Waits to create the deployment. The Deployment Group 'live' already has an active Deployment \
         'd-AAAAAAAAA'"
    );
    let slow = Problem::new(ProblemKind::Transient, "s3:GetObject failed: SlowDown.");
    let JobReport::Continues { summary, .. } = told(Err(slow.into())) else { panic!() };
    assert_eq!(summary, "Spillway tries again. s3:GetObject failed: SlowDown.");
    let denied = Denial {
        permission: Permission {
            action: "codedeploy:CreateDeployment".to_owned(),
            resource: Protected::Group(named("shop"), named("live")),
        },
        is_forbidden: false,
    };
    for (state, kind, words) in [
        (
            JobError::Rejected(Rejection::Group(GroupRejection::DoesNotExist(named("live")))),
            FailureKind::ConfigurationError,
            "DeploymentGroupDoesNotExistException: No Deployment Group found for name: live",
        ),
        (
            JobError::Denied(denied),
            FailureKind::PermissionError,
            "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/role/spillway-run-pipeline-job is not \
             authorized to perform: codedeploy:CreateDeployment on resource: \
             arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop/live because no identity-based policy allows \
             the codedeploy:CreateDeployment action",
        ),
        (
            JobError::Problem(Problem::new(ProblemKind::Denied, "s3:GetObject failed: AccessDenied.")),
            FailureKind::PermissionError,
            "No deployment was created. s3:GetObject failed: AccessDenied.",
        ),
        (
            JobError::Problem(Problem::new(ProblemKind::Missing, "s3:GetObject failed: NoSuchKey.")),
            FailureKind::ConfigurationError,
            "No deployment was created. s3:GetObject failed: NoSuchKey.",
        ),
    ] {
        let failed = JobReport::Failed { kind, message: words.to_owned(), deployment: None };
        assert_eq!(told(Err(state)), failed);
    }
}

#[test]
fn what_is_wrong_with_what_a_job_brings_is_said_with_what_to_do() {
    let (artifact, path) = ("Build".to_owned(), "taskdef.json".to_owned());
    for (fault, words) in [
        (
            JobFault::NoArtifacts,
            "The action has no input artifact. Give it the one that has the bundle or the AppSpec.",
        ),
        (
            JobFault::NoArtifact {
                parameter: ParameterName::Images,
                name: "Imag".to_owned(),
                there: vec!["Build".to_owned(), "Image".to_owned()],
            },
            "images names 'Imag', which is no input artifact of the action. It has Build, Image.",
        ),
        (
            JobFault::NoFile {
                parameter: Some(ParameterName::TaskDefinitionPath),
                artifact: artifact.clone(),
                path: path.clone(),
            },
            "Artifact Build has no file taskdef.json. Put it there, or give its path in the archive as taskDefinitionPath.",
        ),
        (
            JobFault::NoFile { parameter: None, artifact: artifact.clone(), path: "imageDetail.json".to_owned() },
            "Artifact Build has no file imageDetail.json. Give images the artifact of a build, or of a source action, that \
             writes it.",
        ),
        (
            JobFault::NoImage { artifact },
            "imageDetail.json in artifact Build names no image. It is JSON whose ImageURI is the image's URI.",
        ),
        (
            JobFault::NoPlaceholder { name: "IMAGE1_NAME".to_owned(), path: path.clone() },
            "The task definition taskdef.json has no <IMAGE1_NAME>, which images names. Put it in the place of an image.",
        ),
        (
            JobFault::NoDefinition { path: path.clone(), words: "trailing comma at line 3 column 1".to_owned() },
            "The task definition taskdef.json is not a JSON object: trailing comma at line 3 column 1.",
        ),
        (
            JobFault::NoPlace { parameter: ParameterName::TaskDefinitionPath, path: "appspec.yaml".to_owned() },
            "taskDefinitionPath is given, and the AppSpec appspec.yaml has no <TASK_DEFINITION>. Put it in the place of the \
             task definition's ARN, or leave taskDefinitionPath out.",
        ),
        (
            JobFault::Unfit(ParameterName::AppSpecPath, ComputePlatform::Server),
            "appSpecPath has no meaning for a deployment to Server. Leave it out.",
        ),
    ] {
        let failed = refused(&Exception::new("InvalidInputException", words));
        assert_eq!(told(Err(fault.into())), failed, "{words}");
    }
}
