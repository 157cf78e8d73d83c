//! ListDeploymentInstances: ListDeploymentTargets' older form. CodeDeploy, too, answers it for other platforms than Server.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::words::cut;

use super::list_deployment_targets::{parse_statuses, target_ids};
use crate::input::{DEPLOYMENT, read};
use crate::{Context, Exception, Operation, TargetStatus, token};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    next_token: Option<String>,
    instance_status_filter: Option<Vec<String>>,
    instance_type_filter: Option<Vec<String>>,
}

/// The deployment, and the statuses of the targets that are asked for; all statuses when none is.
pub fn parse(body: &[u8], cx: &Context) -> Result<(DeploymentId, Option<Vec<TargetStatus>>), Exception> {
    let input: Input = read(body)?;
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
