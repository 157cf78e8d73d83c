//! The event that CodePipeline invokes a function with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::names::FunctionName;
use spillway_domain::pipeline::{
    Artifact, ArtifactKeys, JobId, JobParameters, JobProgress, ParameterName, PipelineJob,
};
use spillway_domain::words::cut;

use crate::codedeploy::deployment::create::CreateDeployment;
use crate::codedeploy::exception::Exception;
use crate::pipeline::report::configuration;

/// The event, as far as it is read. Its keys are never shown, so it has no `Debug`.
#[derive(Deserialize)]
pub struct PipelineEvent {
    #[serde(rename = "CodePipeline.job")]
    job: JobInput,
}

#[derive(Deserialize)]
struct JobInput {
    id: JobId,
    data: JobData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobData {
    action_configuration: ActionConfiguration,
    #[serde(default)]
    input_artifacts: Vec<ArtifactInput>,
    artifact_credentials: CredentialsInput,
    #[serde(default)]
    continuation_token: Option<String>,
}

#[derive(Deserialize)]
struct ActionConfiguration {
    configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    #[serde(default)]
    user_parameters: Option<String>,
}

#[derive(Deserialize)]
struct ArtifactInput {
    name: String,
    location: Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    s3_location: S3Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Location {
    bucket_name: String,
    object_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialsInput {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

/// The members of the user parameters that CreateDeployment has, too.
const OF_DEPLOYMENT: [&str; 9] = [
    "applicationName",
    "deploymentGroupName",
    "deploymentConfigName",
    "description",
    "fileExistsBehavior",
    "ignoreApplicationStopFailures",
    "updateOutdatedInstancesOnly",
    "autoRollbackConfiguration",
    "overrideAlarmConfiguration",
];
const OWN: [ParameterName; 5] = [
    ParameterName::Artifact,
    ParameterName::AppSpecPath,
    ParameterName::TaskDefinitionArtifact,
    ParameterName::TaskDefinitionPath,
    ParameterName::Images,
];

/// A parameter, as actions spell it.
pub(super) fn spelled(name: ParameterName) -> &'static str {
    match name {
        ParameterName::Artifact => "artifact",
        ParameterName::AppSpecPath => "appSpecPath",
        ParameterName::TaskDefinitionArtifact => "taskDefinitionArtifact",
        ParameterName::TaskDefinitionPath => "taskDefinitionPath",
        ParameterName::Images => "images",
    }
}

impl PipelineEvent {
    /// The id of the job.
    pub fn id(&self) -> &JobId {
        &self.job.id
    }

    /// The job, which `caller` does; an exception where the action is configured wrongly.
    pub fn read(self, quotas: &Quotas, caller: Option<Caller>) -> Result<PipelineJob, Exception> {
        let JobInput { id, data } = self.job;
        let parameters = parameters(data.action_configuration.configuration.user_parameters.as_deref(), quotas)?;
        let deployment = NewDeployment { caller, ..parameters.deployment };
        let CredentialsInput { access_key_id, secret_access_key, session_token } = data.artifact_credentials;
        let keys = ArtifactKeys { id: access_key_id, secret: secret_access_key, token: session_token };
        let artifacts = data.input_artifacts.into_iter().map(|ArtifactInput { name, location }| {
            let S3Location { bucket_name, object_key } = location.s3_location;
            Artifact { name, bucket: bucket_name, key: object_key, keys: keys.clone() }
        });
        Ok(PipelineJob {
            id,
            parameters: JobParameters { deployment, ..parameters },
            artifacts: artifacts.collect(),
            progress: data.continuation_token.as_deref().map(progress).transpose()?,
        })
    }
}

/// What the user parameters say. What has no meaning is refused, since an action that seems to work is not looked at
/// again.
fn parameters(given: Option<&str>, quotas: &Quotas) -> Result<JobParameters, Exception> {
    let given = given.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        configuration(
            "The action has no UserParameters. Give a JSON object with applicationName and deploymentGroupName.",
        )
    })?;
    let given: Value = serde_json::from_str(given)
        .map_err(|error| configuration(format!("The UserParameters of the action are not JSON: {error}.")))?;
    let Value::Object(given) = given else {
        return Err(configuration(
            "The UserParameters of the action are not a JSON object. Give an object with applicationName and \
             deploymentGroupName.",
        ));
    };
    let mut body = Map::new();
    let mut own = Own::default();
    for (member, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
        if OF_DEPLOYMENT.contains(&member.as_str()) {
            body.insert(member, value);
            continue;
        }
        match OWN.into_iter().find(|name| spelled(*name) == member) {
            Some(ParameterName::Images) => own.images = images(value)?,
            Some(name) => _ = own.texts.insert(spelled(name), text(&member, &value)?),
            None => return Err(unknown(&member)),
        }
    }
    let deployment = CreateDeployment::parse_without_revision(Value::Object(body).to_string().as_bytes(), quotas)?;
    let mut take = |name| own.texts.remove(spelled(name));
    Ok(JobParameters {
        deployment,
        artifact: take(ParameterName::Artifact),
        appspec: take(ParameterName::AppSpecPath),
        definition_artifact: take(ParameterName::TaskDefinitionArtifact),
        definition: take(ParameterName::TaskDefinitionPath),
        images: own.images,
    })
}

/// The members that CreateDeployment does not have.
#[derive(Default)]
struct Own {
    texts: BTreeMap<&'static str, String>,
    images: BTreeMap<String, String>,
}

fn unknown(member: &str) -> Exception {
    let own = OWN.map(spelled);
    let known: Vec<&str> = OF_DEPLOYMENT.into_iter().chain(own).collect();
    let (member, known) = (cut(member, 120), known.join(", "));
    configuration(format!("UserParameters have '{member}', which means nothing. They may have {known}."))
}

fn text(member: &str, value: &Value) -> Result<String, Exception> {
    let given = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    given.ok_or_else(|| {
        let value = cut(&value.to_string(), 120);
        configuration(format!("{member} of UserParameters is {value}; give a text that is not empty."))
    })
}

fn images(value: Value) -> Result<BTreeMap<String, String>, Exception> {
    serde_json::from_value(value).map_err(|_| {
        configuration(
            "images of UserParameters is not an object of texts. Give the name of each placeholder with the artifact that \
             has its imageDetail.json, such as {\"IMAGE1_NAME\": \"Image\"}.",
        )
    })
}

/// What an earlier job has handed on.
fn progress(token: &str) -> Result<JobProgress, Exception> {
    serde_json::from_str(token).map_err(|error| {
        configuration(format!("The continuation token is not one that Spillway has given: {error}. Retry the stage."))
    })
}

/// Who does the jobs of pipelines: the session of the function's own role, since no event says whose pipeline it is of.
pub fn caller([partition, _, account]: [&str; 3], role: &str, function_arn: &str) -> Option<Caller> {
    let function: FunctionName = function_arn.parse().ok()?;
    format!("arn:{partition}:sts::{account}:assumed-role/{role}/{}", function.bare()).parse().ok()
}
