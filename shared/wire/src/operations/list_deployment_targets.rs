//! ListDeploymentTargets.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::words::cut;

use crate::input::{DEPLOYMENT, read};
use crate::shapes::target;
use crate::{Context, Exception, Operation, TargetStatus, token};

/// The status that CodeDeploy has and that no target of ours is ever in.
const OTHER_STATUS: &str = "Unknown";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    next_token: Option<String>,
    target_filters: Option<BTreeMap<String, Vec<String>>>,
}

/// The deployment, and the statuses of the targets that are asked for; all statuses when none is.
pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Option<Vec<TargetStatus>>), Exception> {
    let input: Input = read(body)?;
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

/// Statuses that a target of ours can be in, of those that are given.
pub(super) fn parse_statuses(member: &str, given: &[String]) -> Result<Vec<TargetStatus>, Exception> {
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

/// The answer. A deployment whose AppSpec is not valid has no target.
pub fn render(
    (_, statuses): &(DeploymentId, Option<Vec<TargetStatus>>),
    deployment: &Deployment,
    _: &Context,
) -> Value {
    json!({ "targetIds": target_ids(deployment, statuses.as_deref()) })
}

/// The targets with one of the statuses; with any, when none is given.
pub(super) fn target_ids(deployment: &Deployment, statuses: Option<&[TargetStatus]>) -> Vec<String> {
    let asked = statuses.is_none_or(|statuses| statuses.contains(&target::status(deployment)));
    deployment.target_id().filter(|_| asked).into_iter().collect()
}
