//! Run pipeline job: creates the deployment that an action of a pipeline asks for, and says how it is.

use jiff::Timestamp;
use serde_json::{Map, Value};
use spillway_domain::access::permission::Permission;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::{APPSPEC_BYTES, NewRevision, RevisionKind, RevisionLocation};
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::pipeline::{
    Artifact, IMAGE_FILE, JobError, JobFault, JobOutcome, JobProgress, JobState, ParameterName, PipelineJob,
    TASK_DEFINITION,
};
use spillway_domain::rejection::{DeploymentRejection, Quota, Rejection};

use crate::access::permit::permit;
use crate::operations::Error;
use crate::operations::deployment::create_deployment;
use crate::operations::group::find_group;
use crate::ports::access::Access;
use crate::ports::catalog::{Configurations, Groups};
use crate::ports::deployments::Deployments;
use crate::ports::executions::Executions;
use crate::ports::pipelines::{Artifacts, TaskDefinitions};
use crate::ports::revisions::Revisions;

/// The most bytes of a file of an artifact. A task definition has 64 KB at most, an AppSpec as many as elsewhere.
const FILE_BYTES: usize = APPSPEC_BYTES;

/// What a job is done with.
#[derive(Debug)]
pub struct Ports<'a, S, E, A, D, P> {
    /// The table.
    pub store: &'a S,
    /// The executions of the state machine.
    pub executions: &'a E,
    /// The artifacts of the pipeline.
    pub artifacts: &'a A,
    /// Where task definitions are registered.
    pub definitions: &'a D,
    /// Who decides what a caller may do.
    pub access: &'a P,
}

impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::Rejected(rejection),
            Error::Problem(problem) => Self::Problem(problem),
        }
    }
}

/// Creates the deployment unless it is there. However often the jobs of an action are delivered, they are about one
/// deployment.
pub async fn run_pipeline_job<S, E, A, D, P>(
    ports: &Ports<'_, S, E, A, D, P>,
    job: &PipelineJob,
    permission: Permission,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    now: Timestamp,
) -> JobOutcome
where
    S: Groups + Configurations + Deployments + Revisions,
    E: Executions,
    A: Artifacts,
    D: TaskDefinitions,
    P: Access,
{
    let mut progress = job.progress.clone().unwrap_or_else(|| JobProgress::begin(&job.id));
    let state = advance(ports, job, permission, &mut progress, read, quotas, now).await;
    JobOutcome { progress, state }
}

async fn advance<S, E, A, D, P>(
    ports: &Ports<'_, S, E, A, D, P>,
    job: &PipelineJob,
    permission: Permission,
    progress: &mut JobProgress,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    now: Timestamp,
) -> Result<JobState, JobError>
where
    S: Groups + Configurations + Deployments + Revisions,
    E: Executions,
    A: Artifacts,
    D: TaskDefinitions,
    P: Access,
{
    let &Ports { store, executions, artifacts, definitions, access } = ports;
    if let Some(deployment) = store.load(&progress.deployment).await? {
        return Ok(JobState::Created(Box::new(deployment)));
    }
    let request = &job.parameters.deployment;
    if let Some(denial) = permit(store, access, request.caller.as_ref(), vec![permission]).await? {
        return Err(JobError::Denied(denial));
    }
    let (application, group, state) = find_group(store, &request.application, &request.group).await?;
    let platform = application.platform;
    if let Some(parameter) = job.parameters.unfit(platform) {
        return Err(JobFault::Unfit(parameter, platform).into());
    }
    // Before the artifact is read, so that no revision of a task definition is registered while this waits.
    if let Some(deployment) = state.active {
        return Ok(JobState::Waits(DeploymentRejection::Busy { group: group.name, deployment }.into()));
    }
    let artifact = find(job, ParameterName::Artifact, job.parameters.artifact.as_deref())?;
    let revision = match platform {
        ComputePlatform::Server => {
            NewRevision { location: RevisionLocation::S3(artifacts.bundle(artifact).await?), content: None }
        }
        ComputePlatform::Lambda => of_text(appspec(artifacts, job, artifact).await?),
        ComputePlatform::Ecs => {
            let text = appspec(artifacts, job, artifact).await?;
            let session = progress.session(&application, &group);
            of_text(with_definition((artifacts, definitions), job, artifact, text, &session, progress).await?)
        }
    };
    let request = NewDeployment { revision: Some(revision), ..request.clone() };
    let id = progress.deployment.clone();
    match create_deployment(store, executions, &request, read, quotas, id, now).await {
        Ok(deployment) => Ok(JobState::Created(Box::new(deployment))),
        Err(Error::Rejected(rejection)) if passes(&rejection) => Ok(JobState::Waits(rejection)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a refusal passes by itself, when another deployment ends.
fn passes(rejection: &Rejection) -> bool {
    match rejection {
        Rejection::Deployment(DeploymentRejection::Busy { .. } | DeploymentRejection::AliasBusy { .. })
        | Rejection::Full { quota: Quota::ActiveDeployments, .. }
        | Rejection::Conflict(_) => true,
        Rejection::Full { quota: Quota::Applications | Quota::Groups | Quota::Configs, .. }
        | Rejection::Application(_)
        | Rejection::Configuration(_)
        | Rejection::Group(_)
        | Rejection::Revision(_)
        | Rejection::Deployment(_)
        | Rejection::Target(_)
        | Rejection::Instance(_)
        | Rejection::Tag(_) => false,
    }
}

fn of_text(text: String) -> NewRevision {
    NewRevision::text(RevisionKind::AppSpecContent, text)
}

/// The artifact that a parameter names; the first one where it is absent.
fn find<'a>(job: &'a PipelineJob, parameter: ParameterName, name: Option<&str>) -> Result<&'a Artifact, JobFault> {
    let Some(name) = name else { return job.artifacts.first().ok_or(JobFault::NoArtifacts) };
    let found = job.artifacts.iter().find(|artifact| artifact.name == name);
    found.ok_or_else(|| {
        let there = job.artifacts.iter().map(|artifact| artifact.name.clone()).collect();
        JobFault::NoArtifact { parameter, name: name.to_owned(), there }
    })
}

async fn appspec(artifacts: &impl Artifacts, job: &PipelineJob, artifact: &Artifact) -> Result<String, JobError> {
    file(artifacts, artifact, job.parameters.appspec_path(), Some(ParameterName::AppSpecPath)).await
}

async fn file(
    artifacts: &impl Artifacts,
    artifact: &Artifact,
    path: &str,
    parameter: Option<ParameterName>,
) -> Result<String, JobError> {
    let found = artifacts.read(artifact, path, FILE_BYTES).await?;
    let fault = || JobFault::NoFile { parameter, artifact: artifact.name.clone(), path: path.to_owned() };
    Ok(found.ok_or_else(fault)?)
}

/// The AppSpec with the task definition in its place, which is registered unless an earlier job has done so.
async fn with_definition(
    (artifacts, definitions): (&impl Artifacts, &impl TaskDefinitions),
    job: &PipelineJob,
    artifact: &Artifact,
    appspec: String,
    session: &RoleSession,
    progress: &mut JobProgress,
) -> Result<String, JobError> {
    if !appspec.contains(TASK_DEFINITION) {
        let path = job.parameters.appspec_path().to_owned();
        let spare = job.parameters.about_definition();
        return spare.map_or(Ok(appspec), |parameter| Err(JobFault::NoPlace { parameter, path }.into()));
    }
    let arn = match &progress.task_definition {
        Some(arn) => arn.clone(),
        None => definitions.register(session, &definition(artifacts, job, artifact).await?).await?,
    };
    progress.task_definition = Some(arn.clone());
    Ok(appspec.replace(TASK_DEFINITION, &arn))
}

/// The task definition, with the images in their places.
async fn definition(artifacts: &impl Artifacts, job: &PipelineJob, artifact: &Artifact) -> Result<String, JobError> {
    let parameters = &job.parameters;
    let path = parameters.definition_path();
    let artifact = match parameters.definition_artifact.as_deref() {
        Some(name) => find(job, ParameterName::TaskDefinitionArtifact, Some(name))?,
        None => artifact,
    };
    let mut text = file(artifacts, artifact, path, Some(ParameterName::TaskDefinitionPath)).await?;
    for (name, artifact) in &parameters.images {
        let placeholder = format!("<{name}>");
        if !text.contains(&placeholder) {
            return Err(JobFault::NoPlaceholder { name: name.clone(), path: path.to_owned() }.into());
        }
        let artifact = find(job, ParameterName::Images, Some(artifact))?;
        let detail: Value =
            serde_json::from_str(&file(artifacts, artifact, IMAGE_FILE, None).await?).unwrap_or_default();
        let image = detail["ImageURI"].as_str().filter(|image| !image.contains(['"', '\\']));
        let image = image.ok_or_else(|| JobFault::NoImage { artifact: artifact.name.clone() })?;
        text = text.replace(&placeholder, image);
    }
    serde_json::from_str::<Map<String, Value>>(&text)
        .map_err(|error| JobFault::NoDefinition { path: path.to_owned(), words: error.to_string() })?;
    Ok(text)
}
