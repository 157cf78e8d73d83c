//! Jobs of CodePipeline: what an action of a pipeline asks for, and what CodePipeline is told of it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::permission::Denial;
use crate::access::session::{Purpose, RoleSession};
use crate::catalog::application::Application;
use crate::catalog::config::ComputePlatform;
use crate::catalog::group::DeploymentGroup;
use crate::deployment::record::Deployment;
use crate::deployment::request::NewDeployment;
use crate::names::{DeploymentId, text_type};
use crate::problem::Problem;
use crate::rejection::Rejection;

text_type!(
    /// The id of a job. Each continuation of an action is a job of its own.
    JobId,
    "job id",
    "an id as CodePipeline gives it, such as 11111111-abcd-1111-abcd-111111abcdef",
    |text| text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
);

/// What the AppSpec has in the place of the task definition.
pub const TASK_DEFINITION: &str = "<TASK_DEFINITION>";
/// The file of an artifact that names an image, as CodeBuild and the source action for ECR write it.
pub const IMAGE_FILE: &str = "imageDetail.json";

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineJob {
    /// Its id.
    pub id: JobId,
    /// What the action asks for.
    pub parameters: JobParameters,
    /// The input artifacts of the action, in its order.
    pub artifacts: Vec<Artifact>,
    /// How far the jobs before it have come; `None` for the first one of an action.
    pub progress: Option<JobProgress>,
}

/// What the user parameters of an action say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobParameters {
    /// The deployment, whose revision is in an artifact.
    pub deployment: NewDeployment,
    /// The artifact with the bundle or the AppSpec; the first one when absent.
    pub artifact: Option<String>,
    /// The path of the AppSpec in its artifact.
    pub appspec: Option<String>,
    /// The artifact with the task definition; that of the AppSpec when absent.
    pub definition_artifact: Option<String>,
    /// The path of the task definition in its artifact.
    pub definition: Option<String>,
    /// By the names of placeholders in the task definition, the artifacts that name the images.
    pub images: BTreeMap<String, String>,
}

/// A member of the user parameters that not every platform has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterName {
    /// `artifact`.
    Artifact,
    /// `appSpecPath`.
    AppSpecPath,
    /// `taskDefinitionArtifact`.
    TaskDefinitionArtifact,
    /// `taskDefinitionPath`.
    TaskDefinitionPath,
    /// `images`.
    Images,
}

impl JobParameters {
    /// The first member that a platform has no use for.
    pub fn unfit(&self, platform: ComputePlatform) -> Option<ParameterName> {
        let of_tasks = [
            (self.definition_artifact.is_some(), ParameterName::TaskDefinitionArtifact),
            (self.definition.is_some(), ParameterName::TaskDefinitionPath),
            (!self.images.is_empty(), ParameterName::Images),
        ];
        let of_appspecs = [(self.appspec.is_some(), ParameterName::AppSpecPath)];
        let unfit = match platform {
            ComputePlatform::Server => [&of_appspecs[..], &of_tasks[..]].concat(),
            ComputePlatform::Lambda => of_tasks.to_vec(),
            ComputePlatform::Ecs => Vec::new(),
        };
        unfit.into_iter().find(|(is_given, _)| *is_given).map(|(_, name)| name)
    }

    /// The path of the AppSpec.
    pub fn appspec_path(&self) -> &str {
        self.appspec.as_deref().unwrap_or("appspec.yaml")
    }

    /// The path of the task definition.
    pub fn definition_path(&self) -> &str {
        self.definition.as_deref().unwrap_or("taskdef.json")
    }

    /// The first member that is about a task definition.
    pub fn about_definition(&self) -> Option<ParameterName> {
        self.unfit(ComputePlatform::Lambda)
    }
}

/// An input artifact: a zip archive in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name in the pipeline.
    pub name: String,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The keys with which it is read.
    pub keys: ArtifactKeys,
}

/// The temporary keys of a job, with which its artifacts are read. They are shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ArtifactKeys {
    /// The id.
    pub id: String,
    /// The secret.
    pub secret: String,
    /// The token of the session.
    pub token: String,
}

impl fmt::Debug for ArtifactKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArtifactKeys")
    }
}

/// How far an action has come: what its next job has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobProgress {
    /// The id of the deployment, be it created or not.
    #[serde(rename = "deploymentId")]
    pub deployment: DeploymentId,
    /// The ARN of the task definition that was registered for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
}

impl JobProgress {
    /// At the first job of an action.
    pub fn begin(job: &JobId) -> Self {
        Self { deployment: DeploymentId::of_pipeline_job(job.as_str()), task_definition: None }
    }

    /// The session in which the service role registers the task definition.
    pub fn session(&self, application: &Application, group: &DeploymentGroup) -> RoleSession {
        let purpose = Purpose::Deployment { group: group.name.clone(), id: self.deployment.clone() };
        RoleSession { role: group.role.clone(), application: application.name.clone(), purpose }
    }
}

/// What is wrong with what a job brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFault {
    /// The action has no input artifact.
    NoArtifacts,
    /// The action has no input artifact of that name.
    NoArtifact {
        /// Which parameter names it.
        parameter: ParameterName,
        /// The name.
        name: String,
        /// Those that it has.
        there: Vec<String>,
    },
    /// An artifact has no such file.
    NoFile {
        /// Which parameter says the path, where one does.
        parameter: Option<ParameterName>,
        /// The artifact.
        artifact: String,
        /// The path.
        path: String,
    },
    /// The file that names an image does not.
    NoImage {
        /// The artifact.
        artifact: String,
    },
    /// The task definition has no such placeholder.
    NoPlaceholder {
        /// The name of the placeholder.
        name: String,
        /// The path of the task definition.
        path: String,
    },
    /// The task definition is not a JSON object.
    NoDefinition {
        /// The path.
        path: String,
        /// What JSON says.
        words: String,
    },
    /// A parameter is about a task definition, and the AppSpec has no place for one.
    NoPlace {
        /// The parameter.
        parameter: ParameterName,
        /// The path of the AppSpec.
        path: String,
    },
    /// A parameter has no meaning for the platform.
    Unfit(ParameterName, ComputePlatform),
}

/// What has become of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOutcome {
    /// What the next job of the action has to know.
    pub progress: JobProgress,
    /// How the action is.
    pub state: Result<JobState, JobError>,
}

/// How an action is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// Its deployment cannot be created yet, for this reason.
    Waits(Rejection),
    /// Its deployment has been created.
    Created(Box<Deployment>),
}

/// Why an action has no deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// CreateDeployment refuses the request.
    Rejected(Rejection),
    /// Policies refuse the request.
    Denied(Denial),
    /// What the job brings is wrong.
    Faulty(JobFault),
    /// A call to AWS has not done what it should.
    Problem(Problem),
}

impl From<JobFault> for JobError {
    fn from(fault: JobFault) -> Self {
        Self::Faulty(fault)
    }
}

impl From<Problem> for JobError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What CodePipeline is told of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobReport {
    /// The action goes on, and has another job.
    Continues {
        /// What that job brings.
        progress: JobProgress,
        /// What the action waits for.
        summary: String,
        /// Whether the deployment has been created.
        is_created: bool,
    },
    /// The deployment has succeeded.
    Succeeded {
        /// Which, with its task definition.
        progress: JobProgress,
        /// What it says.
        summary: String,
    },
    /// The action has failed.
    Failed {
        /// In which way.
        kind: FailureKind,
        /// Why.
        message: String,
        /// The deployment, where there is one.
        deployment: Option<DeploymentId>,
    },
}

/// CodePipeline's `FailureType`, as far as deployments have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The deployment has failed, or was stopped.
    JobFailed,
    /// The action asks for what cannot be.
    ConfigurationError,
    /// A right is missing.
    PermissionError,
}

impl FailureKind {
    /// As CodePipeline spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JobFailed => "JobFailed",
            Self::ConfigurationError => "ConfigurationError",
            Self::PermissionError => "PermissionError",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_of_an_action_is_about_one_deployment() {
        let job = |text: &str| text.parse::<JobId>().unwrap();
        let first = JobProgress::begin(&job("11111111-abcd-1111-abcd-111111abcdef"));
        assert_eq!(first, JobProgress::begin(&job("11111111-abcd-1111-abcd-111111abcdef")));
        assert_ne!(first, JobProgress::begin(&job("11111111-abcd-1111-abcd-111111abcdee")));
        assert!("../../11111111-abcd-1111-abcd-111111abcdef".parse::<JobId>().is_err());
    }

    #[test]
    fn keys_are_shown_nowhere() {
        let keys = ArtifactKeys { id: "AKIA1".to_owned(), secret: "secret".to_owned(), token: "token".to_owned() };
        let artifact =
            Artifact { name: "Build".to_owned(), bucket: "artifacts".to_owned(), key: "shop/1".to_owned(), keys };
        let shown = format!("{artifact:?}");
        assert!(["AKIA1", "secret", "token"].iter().all(|part| !shown.contains(part)), "{shown}");
    }
}
