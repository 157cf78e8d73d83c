//! Deployments.

pub mod create;
pub(crate) mod deployment_info;
pub mod list;
mod rejection;
pub(crate) mod target_instances;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::HookAnswer;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::DeploymentRejection;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{DEPLOYMENT, DEPLOYMENTS, HOOK_EXECUTION, read};

/// Shows a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeployment {
    deployment_id: Option<String>,
}

impl GetDeployment {
    /// The request.
    pub fn parse(body: &[u8], _: &Context) -> Result<DeploymentId, Exception> {
        let input: Self = read(body)?;
        DEPLOYMENT.required(input.deployment_id)
    }

    /// The answer.
    pub fn render(_: &DeploymentId, deployment: &CountedDeployment, _: &Context) -> Value {
        json!({ "deploymentInfo": deployment_info::render(deployment) })
    }
}

/// Shows several deployments.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetDeployments {
    deployment_ids: Option<Vec<String>>,
}

impl BatchGetDeployments {
    /// The deployments, each once.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Vec<DeploymentId>, Exception> {
        let input: Self = read(body)?;
        DEPLOYMENTS.list(input.deployment_ids, cx.quotas.batch_deployments, "BatchLimitExceededException")
    }

    /// The answer.
    pub fn render(_: &[DeploymentId], deployments: &[CountedDeployment], _: &Context) -> Value {
        json!({ "deploymentsInfo": deployments.iter().map(deployment_info::render).collect::<Vec<_>>() })
    }
}

/// Stops a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopDeployment {
    deployment_id: Option<String>,
    auto_rollback_enabled: Option<bool>,
}

impl StopDeployment {
    /// The deployment, and whether a rollback deployment is wanted; the configuration says so when the caller does not.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Option<bool>), Exception> {
        let input: Self = read(body)?;
        Ok((DEPLOYMENT.required(input.deployment_id)?, input.auto_rollback_enabled))
    }

    /// The answer, from the record after the stop.
    pub fn render(_: &(DeploymentId, Option<bool>), deployment: &Deployment, _: &Context) -> Value {
        if deployment.has_ended() {
            return json!({
                "status": "Succeeded",
                "statusMessage": "No more commands will be scheduled for execution in the deployment instances",
            });
        }
        let version = deployment.original_version().map(|version| format!(" All traffic goes to version {version}."));
        let task_set = || Some(format!(" All traffic goes to task set {}.", deployment.ecs.as_ref()?.original));
        json!({
            "status": "Pending",
            "statusMessage": format!(
                "The deployment is being stopped.{} GetDeployment says when it has ended.",
                version.or_else(task_set).unwrap_or_default()
            ),
        })
    }
}

/// Ends a wait of a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContinueDeployment {
    deployment_id: Option<String>,
    deployment_wait_type: Option<String>,
}

impl ContinueDeployment {
    /// The deployment, and which of its waits is to end: the one before traffic moves, when the caller does not say.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Gate), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let given = input.deployment_wait_type.as_deref().unwrap_or(Gate::Ready.as_str());
        let wait = Gate::ALL.into_iter().find(|wait| wait.as_str() == given).ok_or_else(|| {
            Exception::new(
                "InvalidDeploymentWaitTypeException",
                format!(
                    "deploymentWaitType '{}' is not valid. Valid values are [{}]",
                    cut(given, 120),
                    Gate::ALL.map(Gate::as_str).join(", ")
                ),
            )
        })?;
        Ok((deployment, wait))
    }
}

/// Ends the wait before the original is deleted: the older form of [`ContinueDeployment`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SkipWaitTimeForInstanceTermination {
    deployment_id: Option<String>,
}

impl SkipWaitTimeForInstanceTermination {
    /// The deployment, and which of its waits is to end.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Gate), Exception> {
        let input: Self = read(body)?;
        Ok((DEPLOYMENT.required(input.deployment_id)?, Gate::Termination))
    }
}

/// Gives the verdict of a hook.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLifecycleEventHookExecutionStatus {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    status: Option<String>,
}

impl PutLifecycleEventHookExecutionStatus {
    /// The request. Of the statuses of an event only two are verdicts, and only a hook that was asked knows its execution id.
    pub fn parse(body: &[u8], cx: &Context) -> Result<HookAnswer, Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let execution = HOOK_EXECUTION.required(input.lifecycle_event_hook_execution_id)?;
        let succeeded = match input.status.as_deref() {
            Some("Succeeded") => true,
            Some("Failed") => false,
            other => {
                return Err(Exception::new(
                    "InvalidLifecycleEventHookExecutionStatusException",
                    format!(
                        "status '{}' is not a verdict; give Succeeded or Failed.",
                        cut(other.unwrap_or_default(), 120)
                    ),
                ));
            }
        };
        let Some(event) = cx.seal.event_of(&deployment, &execution) else {
            return Err(DeploymentRejection::ForeignHook { deployment }.into());
        };
        Ok(HookAnswer { deployment, event, execution, succeeded })
    }

    /// The answer: the execution id, as it was given.
    pub fn render(answer: &HookAnswer, (): &(), _: &Context) -> Value {
        json!({ "lifecycleEventHookExecutionId": answer.execution.as_str() })
    }
}

/// Deletes what belongs to a stack that CloudFormation has deleted. No deployment of ours belongs to one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteResourcesByExternalId {
    external_id: Option<String>,
}

impl DeleteResourcesByExternalId {
    /// The external id. CloudFormation gives them to what it makes for blue/green deployments of ECS.
    pub fn parse(body: &[u8], _: &Context) -> Result<Option<String>, Exception> {
        let input: Self = read(body)?;
        Ok(input.external_id)
    }
}
