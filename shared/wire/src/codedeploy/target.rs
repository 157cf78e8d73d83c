//! The targets of deployments, and their instances, which are what targets were called before Lambda and ECS.

pub mod deployment_instance;
pub(crate) mod deployment_target;
mod ecs_target;
pub(crate) mod instance_target;
mod lambda_target;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::target::{LabelMember, TargetFilter, TargetStatus, TargetView};
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::TargetRejection;
use spillway_domain::server::phase::Side;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{DEPLOYMENT, count_given, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::platform;
use crate::codedeploy::token;

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
    pub fn render(_: &(DeploymentId, String), found: &[TargetView], cx: &Context) -> Value {
        json!({ "deploymentTarget": found.first().map(|target| deployment_target::render(target, &cx.place)) })
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
    pub fn render(_: &(DeploymentId, Vec<String>), found: &[TargetView], cx: &Context) -> Value {
        let found = found.iter().map(|target| deployment_target::render(target, &cx.place));
        json!({ "deploymentTargets": found.collect::<Vec<_>>() })
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
    const OPERATION: Operation = Operation::ListDeploymentTargets;

    /// The deployment, which of its targets are asked for, and the key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<ListRequest, Exception> {
        let input: Self = read(body)?;
        let deployment: DeploymentId = DEPLOYMENT.required(input.deployment_id)?;
        let mut filter = TargetFilter::default();
        for (name, values) in input.target_filters.unwrap_or_default() {
            match name.as_str() {
                "TargetStatus" | "ServerInstanceLabel" if values.is_empty() => {}
                "TargetStatus" => filter.statuses = Some(parse_statuses("targetFilters.TargetStatus", &values)?),
                "ServerInstanceLabel" => {
                    let labels = parse_labels("targetFilters.ServerInstanceLabel", &values)?;
                    filter.labels = Some((LabelMember::ServerInstanceLabel, labels));
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
        let scope = scope(&deployment, &filter);
        let after = token::read(&cx.seal, Self::OPERATION, &scope, input.next_token.as_deref())?;
        Ok((deployment, filter, after))
    }

    /// The answer. A deployment whose AppSpec is not valid has no target.
    pub fn render((deployment, filter, _): &ListRequest, page: &Page<String>, cx: &Context) -> Value {
        let scope = scope(deployment, filter);
        Value::Object(token::render_page(&cx.seal, Self::OPERATION, &scope, "targetIds", page))
    }
}

/// A deployment, which of its targets are asked for, and the key after which the page begins.
pub type ListRequest = (DeploymentId, TargetFilter, Option<String>);

/// What has to be the same for every page. No status and no label has a blank in it.
fn scope(deployment: &DeploymentId, filter: &TargetFilter) -> String {
    let statuses = filter.statuses.iter().flatten().map(|status| status.as_str());
    let labels = filter.labels.iter().flat_map(|(_, labels)| labels).map(|side| side.as_str());
    std::iter::once(deployment.as_str()).chain(statuses).chain(labels).collect::<Vec<_>>().join(" ")
}

/// The statuses that are given.
fn parse_statuses(member: &str, given: &[String]) -> Result<Vec<TargetStatus>, Exception> {
    let parse = |given: &String| {
        let status = TargetStatus::ALL.into_iter().find(|status| status.as_str() == given);
        status.ok_or_else(|| {
            Exception::new(
                "InvalidInstanceStatusException",
                format!(
                    "{member}: '{}' is not a status. Valid values are [Pending, InProgress, \
                     Succeeded, Failed, Skipped, Unknown, Ready]",
                    cut(given, 120)
                ),
            )
        })
    };
    given.iter().map(parse).collect()
}

/// The labels that are given.
fn parse_labels(member: &str, given: &[String]) -> Result<Vec<Side>, Exception> {
    let parse = |given: &String| {
        let side = [Side::Blue, Side::Green].into_iter().find(|side| side.as_str() == given);
        side.ok_or_else(|| {
            Exception::new(
                "InvalidInstanceTypeException",
                format!("{member}: '{}' is not a type. Valid values are [Blue, Green]", cut(given, 120)),
            )
        })
    };
    given.iter().map(parse).collect()
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
                    ComputePlatform::Ecs => "<cluster-name>:<service-name>",
                    ComputePlatform::Server => "<instance-id>, or <instance-name> for an on-premises instance",
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
            TargetRejection::NoHost { deployment, asked } => (
                "DeploymentTargetDoesNotExistException",
                format!(
                    "'{}' is not a target of deployment {deployment}. ListDeploymentTargets lists its targets.",
                    cut(&asked, 200)
                ),
            ),
            TargetRejection::NoInstance { deployment, asked } => (
                "InstanceDoesNotExistException",
                format!(
                    "'{}' is not an instance of deployment {deployment}. ListDeploymentInstances lists its instances.",
                    cut(&asked, 200)
                ),
            ),
            TargetRejection::TooManyHosts { asked, most } => (
                "DeploymentTargetListSizeExceededException",
                format!("targetIds: there may be {most}; {}.", count_given(asked)),
            ),
            TargetRejection::NotSelected(id) => (
                "DeploymentNotStartedException",
                format!(
                    "The deployment {id} has not started: its hosts are still to be selected. Try again in a moment."
                ),
            ),
            TargetRejection::NoLabels { member, deployment, platform } => {
                let member = match member {
                    LabelMember::ServerInstanceLabel => "targetFilters.ServerInstanceLabel",
                    LabelMember::InstanceTypeFilter => "instanceTypeFilter",
                };
                let words = match platform {
                    ComputePlatform::Lambda | ComputePlatform::Ecs => {
                        format!("{member} is for Server deployments only; leave it out.")
                    }
                    ComputePlatform::Server => format!(
                        "{member} is for blue/green deployments only, and deployment {deployment} is in place; leave it \
                         out."
                    ),
                };
                ("InvalidDeploymentInstanceTypeException", words)
            }
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
