//! What CodePipeline is told of a job, in words.

use spillway_domain::access::caller::Caller;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::pipeline::{
    FailureKind, IMAGE_FILE, JobError, JobFault, JobOutcome, JobProgress, JobReport, JobState, TASK_DEFINITION,
};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::words::cut;

use crate::access::denied;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::shapes::platform;
use crate::pipeline::event::spelled;
use crate::place::Place;

/// CodePipeline takes 5,000 characters of why a job has failed.
const MESSAGE_CHARS: usize = 4_900;
/// And 2,048 of what an action is doing.
const SUMMARY_CHARS: usize = 2_000;

/// That an action is configured wrongly.
pub(super) fn configuration(words: impl Into<String>) -> Exception {
    Exception::new("InvalidInputException", words)
}

/// What CodePipeline is told of a job that `caller` has done.
pub fn report(outcome: JobOutcome, caller: Option<&Caller>, place: &Place) -> JobReport {
    let JobOutcome { progress, state } = outcome;
    match state {
        Ok(JobState::Created(deployment)) => created(progress, &deployment),
        Ok(JobState::Waits(rejection)) => waits(progress, &rejection.into()),
        Err(JobError::Rejected(rejection)) => refused(&rejection.into()),
        Err(JobError::Denied(denial)) => refused(&denied(caller, &denial, place)),
        Err(JobError::Faulty(fault)) => refused(&configuration(words(&fault))),
        Err(JobError::Problem(problem)) => hindered(progress, &problem),
    }
}

/// The action waits until its deployment can be created.
fn waits(progress: JobProgress, refusal: &Exception) -> JobReport {
    let summary = cut(&format!("Waits to create the deployment. {}", refusal.message), SUMMARY_CHARS);
    JobReport::Continues { progress, summary, is_created: false }
}

/// The deployment of the action, be it over or not.
fn created(progress: JobProgress, deployment: &Deployment) -> JobReport {
    let id = &deployment.id;
    match deployment.status() {
        Status::Created | Status::InProgress | Status::Ready => {
            let summary = cut(&format!("{id}: {}", deployment.words()), SUMMARY_CHARS);
            JobReport::Continues { progress, summary, is_created: true }
        }
        Status::Succeeded => {
            JobReport::Succeeded { progress, summary: cut(&format!("{id}: {}", deployment.words()), SUMMARY_CHARS) }
        }
        Status::Failed | Status::Stopped => JobReport::Failed {
            kind: FailureKind::JobFailed,
            message: cut(&why(deployment), MESSAGE_CHARS),
            deployment: Some(id.clone()),
        },
    }
}

/// Why a deployment has failed, as GetDeployment says it.
fn why(deployment: &Deployment) -> String {
    let (id, status) = (&deployment.id, deployment.status().as_str());
    let ending = deployment.ending.as_ref();
    let error = ending.and_then(|ending| ending.error.as_ref());
    let error = error.map(|error| format!("{}: {}", error.code.as_str(), error.message));
    let rollback = ending.and_then(|ending| ending.rollback_message.clone());
    let words: Vec<String> = error.into_iter().chain(rollback).collect();
    format!("Deployment {id} has ended {status}. {}", words.join(" "))
}

/// The request is refused, and no deployment was created.
pub fn refused(refusal: &Exception) -> JobReport {
    let kind = match refusal.name {
        "AccessDeniedException" => FailureKind::PermissionError,
        _ => FailureKind::ConfigurationError,
    };
    JobReport::Failed { kind, message: cut(&refusal.to_string(), MESSAGE_CHARS), deployment: None }
}

/// A call to AWS has not done what it should: the action goes on where the next job may have more luck.
fn hindered(progress: JobProgress, problem: &Problem) -> JobReport {
    let kind = match problem.kind {
        ProblemKind::Transient | ProblemKind::Stale => {
            let summary = cut(&format!("Spillway tries again. {problem}"), SUMMARY_CHARS);
            return JobReport::Continues { progress, summary, is_created: false };
        }
        ProblemKind::Denied => FailureKind::PermissionError,
        ProblemKind::Missing | ProblemKind::Refused | ProblemKind::TooLarge => FailureKind::ConfigurationError,
    };
    let message = cut(&format!("No deployment was created. {problem}"), MESSAGE_CHARS);
    JobReport::Failed { kind, message, deployment: None }
}

fn words(fault: &JobFault) -> String {
    match fault {
        JobFault::NoArtifacts => {
            "The action has no input artifact. Give it the one that has the bundle or the AppSpec.".to_owned()
        }
        JobFault::NoArtifact { parameter, name, there } => {
            let (parameter, there) = (spelled(*parameter), there.join(", "));
            let name = cut(name, 120);
            format!("{parameter} names '{name}', which is no input artifact of the action. It has {there}.")
        }
        JobFault::NoFile { parameter, artifact, path } => {
            let path = cut(path, 400);
            let advice = match parameter {
                Some(parameter) => format!("Put it there, or give its path in the archive as {}.", spelled(*parameter)),
                None => "Give images the artifact of a build, or of a source action, that writes it.".to_owned(),
            };
            format!("Artifact {artifact} has no file {path}. {advice}")
        }
        JobFault::NoImage { artifact } => {
            format!("{IMAGE_FILE} in artifact {artifact} names no image. It is JSON whose ImageURI is the image's URI.")
        }
        JobFault::NoPlaceholder { name, path } => {
            let (name, path) = (cut(name, 120), cut(path, 400));
            format!("The task definition {path} has no <{name}>, which images names. Put it in the place of an image.")
        }
        JobFault::NoDefinition { path, words } => {
            format!("The task definition {} is not a JSON object: {words}.", cut(path, 400))
        }
        JobFault::NoPlace { parameter, path } => {
            let (parameter, path) = (spelled(*parameter), cut(path, 400));
            format!(
                "{parameter} is given, and the AppSpec {path} has no {TASK_DEFINITION}. Put it in the place of the task \
                 definition's ARN, or leave {parameter} out."
            )
        }
        JobFault::Unfit(parameter, on) => {
            let (parameter, on) = (spelled(*parameter), platform::text(*on));
            format!("{parameter} has no meaning for a deployment to {on}. Leave it out.")
        }
    }
}
