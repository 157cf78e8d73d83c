//! The targets of deployments, and their instances, which are what targets were called before Lambda and ECS.

pub mod deployment_target;
mod ecs_target;
mod lambda_target;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::TargetRejection;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{DEPLOYMENT, count_given, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::platform;
use crate::codedeploy::target::deployment_target::TargetStatus;
use crate::codedeploy::token;

/// The status that CodeDeploy has and that no target of ours is ever in.
const OTHER_STATUS: &str = "Unknown";

/// Shows a target of a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeploymentTarget {
    deployment_id: Option<String>,
    target_id: Option<String>,
}

impl GetDeploymentTarget {
    /// The deployment and the target.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, String), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let target = input.target_id.ok_or_else(|| {
            Exception::new("DeploymentTargetIdRequiredException", "targetId is required and was not given.")
        })?;
        check_target_id("targetId", &target)?;
        Ok((deployment, target))
    }

    /// The answer.
    pub fn render(_: &(DeploymentId, String), deployment: &Deployment, cx: &Context) -> Value {
        json!({ "deploymentTarget": deployment_target::render(deployment, &cx.place) })
    }
}

/// Whether a text can be the id of a target at all.
fn check_target_id(member: &str, id: &str) -> Result<(), Exception> {
    if !id.is_empty() && id.len() <= 512 && id.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Exception::new(
        "InvalidDeploymentTargetIdException",
        format!(
            "{member} is not valid: the target of a Lambda deployment is <function>:<alias>, such as orders:live, and that \
             of an ECS deployment is <cluster>:<service>, such as prod:web."
        ),
    ))
}

/// Shows several targets of a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetDeploymentTargets {
    deployment_id: Option<String>,
    target_ids: Option<Vec<String>>,
}

impl BatchGetDeploymentTargets {
    /// The deployment and the targets.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Vec<String>), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let targets = input.target_ids.unwrap_or_default();
        if targets.is_empty() {
            return Err(Exception::new(
                "DeploymentTargetIdRequiredException",
                "targetIds is required and was not given, or names no target.",
            ));
        }
        for (n, target) in targets.iter().enumerate() {
            check_target_id(&format!("targetIds[{n}]"), target)?;
        }
        Ok((deployment, targets))
    }

    /// The answer.
    pub fn render(_: &(DeploymentId, Vec<String>), deployment: &Deployment, cx: &Context) -> Value {
        json!({ "deploymentTargets": [deployment_target::render(deployment, &cx.place)] })
    }
}

/// Lists the ids of the targets of a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeploymentTargets {
    deployment_id: Option<String>,
    next_token: Option<String>,
    target_filters: Option<BTreeMap<String, Vec<String>>>,
}

impl ListDeploymentTargets {
    /// The deployment, and the statuses of the targets that are asked for; all statuses when none is.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Option<Vec<TargetStatus>>), Exception> {
        let input: Self = read(body)?;
        let deployment: DeploymentId = DEPLOYMENT.required(input.deployment_id)?;
        // There is never a second page, hence no token that could be right.
        token::read(&cx.seal, Operation::ListDeploymentTargets, deployment.as_str(), input.next_token.as_deref())?;
        let mut statuses = None;
        for (filter, values) in input.target_filters.unwrap_or_default() {
            match filter.as_str() {
                "TargetStatus" if values.is_empty() => {}
                "TargetStatus" => statuses = Some(parse_statuses("targetFilters.TargetStatus", &values)?),
                "ServerInstanceLabel" if values.is_empty() => {}
                "ServerInstanceLabel" => {
                    return Err(Exception::new(
                        "InvalidDeploymentInstanceTypeException",
                        "targetFilters.ServerInstanceLabel is for Server deployments only; leave it out.",
                    ));
                }
                other => {
                    return Err(Exception::new(
                        "InvalidTargetFilterNameException",
                        format!(
                            "targetFilters: '{}' is not a filter. Valid values are [TargetStatus, ServerInstanceLabel]",
                            cut(other, 120)
                        ),
                    ));
                }
            }
        }
        Ok((deployment, statuses))
    }

    /// The answer. A deployment whose AppSpec is not valid has no target.
    pub fn render(
        (_, statuses): &(DeploymentId, Option<Vec<TargetStatus>>),
        deployment: &Deployment,
        _: &Context,
    ) -> Value {
        json!({ "targetIds": target_ids(deployment, statuses.as_deref()) })
    }
}

/// Statuses that a target of ours can be in, of those that are given.
fn parse_statuses(member: &str, given: &[String]) -> Result<Vec<TargetStatus>, Exception> {
    let mut statuses = Vec::new();
    for given in given {
        match TargetStatus::ALL.into_iter().find(|status| status.as_str() == given) {
            Some(status) => statuses.push(status),
            None if given == OTHER_STATUS => {}
            None => {
                return Err(Exception::new(
                    "InvalidInstanceStatusException",
                    format!(
                        "{member}: '{}' is not a status. Valid values are [Pending, InProgress, \
                         Succeeded, Failed, Skipped, Unknown, Ready]",
                        cut(given, 120)
                    ),
                ));
            }
        }
    }
    Ok(statuses)
}

/// The targets with one of the statuses; with any, when none is given.
fn target_ids(deployment: &Deployment, statuses: Option<&[TargetStatus]>) -> Vec<String> {
    let asked = statuses.is_none_or(|statuses| statuses.contains(&deployment_target::status(deployment)));
    deployment.target_id().filter(|_| asked).into_iter().collect()
}

/// The older form of [`GetDeploymentTarget`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeploymentInstance {
    deployment_id: Option<String>,
    instance_id: Option<String>,
}

impl GetDeploymentInstance {
    /// The deployment and the instance.
    pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, String), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let instance = input.instance_id.ok_or_else(|| {
            Exception::new("InstanceIdRequiredException", "instanceId is required and was not given.")
        })?;
        check_instance_id("instanceId", &instance)?;
        Ok((deployment, instance))
    }
}

/// Whether a text can be the id of an instance at all.
fn check_instance_id(member: &str, id: &str) -> Result<(), Exception> {
    if !id.is_empty() && id.len() <= 512 && id.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Exception::new(
        "InvalidInstanceNameException",
        format!("{member} is not valid: an instance is named by its id at EC2, or by its name as an on-premises one."),
    ))
}

/// The older form of [`BatchGetDeploymentTargets`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetDeploymentInstances {
    deployment_id: Option<String>,
    instance_ids: Option<Vec<String>>,
}

impl BatchGetDeploymentInstances {
    /// The deployment and the instances.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Vec<String>), Exception> {
        let input: Self = read(body)?;
        let deployment = DEPLOYMENT.required(input.deployment_id)?;
        let (instances, most) = (input.instance_ids.unwrap_or_default(), cx.quotas.batch_targets);
        if instances.is_empty() {
            let words = "instanceIds is required and was not given, or names no instance.";
            return Err(Exception::new("InstanceIdRequiredException", words));
        }
        if instances.len() > most {
            let words = format!("instanceIds: there may be {most}; {}.", count_given(instances.len()));
            return Err(Exception::new("BatchLimitExceededException", words));
        }
        for (n, instance) in instances.iter().enumerate() {
            check_instance_id(&format!("instanceIds[{n}]"), instance)?;
        }
        Ok((deployment, instances))
    }
}

/// The older form of [`ListDeploymentTargets`]. CodeDeploy, too, answers it for other platforms than Server.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeploymentInstances {
    deployment_id: Option<String>,
    next_token: Option<String>,
    instance_status_filter: Option<Vec<String>>,
    instance_type_filter: Option<Vec<String>>,
}

impl ListDeploymentInstances {
    /// The deployment, and the statuses of the targets that are asked for; all statuses when none is.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Option<Vec<TargetStatus>>), Exception> {
        let input: Self = read(body)?;
        let deployment: DeploymentId = DEPLOYMENT.required(input.deployment_id)?;
        // There is never a second page, hence no token that could be right.
        token::read(&cx.seal, Operation::ListDeploymentInstances, deployment.as_str(), input.next_token.as_deref())?;
        let given = input.instance_status_filter.filter(|given| !given.is_empty());
        let statuses = given.map(|given| parse_statuses("instanceStatusFilter", &given)).transpose()?;
        let types = input.instance_type_filter.unwrap_or_default();
        if let Some(other) = types.iter().find(|given| !matches!(given.as_str(), "Blue" | "Green")) {
            return Err(Exception::new(
                "InvalidInstanceTypeException",
                format!("instanceTypeFilter: '{}' is not a type. Valid values are [Blue, Green]", cut(other, 120)),
            ));
        }
        if !types.is_empty() {
            return Err(Exception::new(
                "InvalidDeploymentInstanceTypeException",
                "instanceTypeFilter is for Server deployments only; leave it out.",
            ));
        }
        Ok((deployment, statuses))
    }

    /// The answer. A deployment whose AppSpec is not valid has no target.
    pub fn render(
        (_, statuses): &(DeploymentId, Option<Vec<TargetStatus>>),
        deployment: &Deployment,
        _: &Context,
    ) -> Value {
        json!({ "instancesList": target_ids(deployment, statuses.as_deref()) })
    }
}

impl From<TargetRejection> for Exception {
    fn from(rejection: TargetRejection) -> Self {
        let (name, message) = match rejection {
            TargetRejection::DoesNotExist { deployment, own: None, .. } => (
                "DeploymentTargetDoesNotExistException",
                format!(
                    "The deployment {deployment} has no target: its AppSpec is not valid, or could not be read. See \
                     errorInformation and deploymentStatusMessages of GetDeployment."
                ),
            ),
            TargetRejection::DoesNotExist { deployment, asked, own: Some(own) } => (
                "DeploymentTargetDoesNotExistException",
                format!("'{}' is not a target of deployment {deployment}. Its target is '{own}'.", cut(&asked, 200)),
            ),
            TargetRejection::Malformed { asked, platform } => {
                let form = match platform {
                    ComputePlatform::Lambda => "<function-name>:<alias-name>",
                    ComputePlatform::Ecs | ComputePlatform::Server => "<cluster-name>:<service-name>",
                };
                (
                    "InvalidDeploymentTargetIdException",
                    format!(
                        "Invalid id {} for {} deployment, valid Id should be in format {form}",
                        cut(&asked, 200),
                        platform::text(platform)
                    ),
                )
            }
            TargetRejection::OneTarget { deployment, asked } => (
                "DeploymentTargetListSizeExceededException",
                format!("targetIds names {asked} targets, but deployment {deployment} has one target."),
            ),
            TargetRejection::NotStarted(id) => (
                "DeploymentNotStartedException",
                format!(
                    "The deployment {id} has not started: its AppSpec, which names its target, is still to be read. Try \
                     again in a moment."
                ),
            ),
            TargetRejection::NoInstances { deployment, platform } => (
                "InvalidComputePlatformException",
                format!(
                    "The deployment {deployment} goes to {} and has no instances. Use GetDeploymentTarget, \
                     BatchGetDeploymentTargets or ListDeploymentTargets.",
                    platform::text(platform)
                ),
            ),
        };
        Self::new(name, message)
    }
}
