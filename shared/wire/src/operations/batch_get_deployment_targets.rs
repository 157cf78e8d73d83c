//! BatchGetDeploymentTargets.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;

use super::get_deployment_target::check_id;
use crate::input::{DEPLOYMENT, read};
use crate::shapes::target;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    target_ids: Option<Vec<String>>,
}

/// The deployment and the targets.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Vec<String>), Exception> {
    let input: Input = read(body)?;
    let deployment = DEPLOYMENT.required(input.deployment_id)?;
    let targets = input.target_ids.unwrap_or_default();
    if targets.is_empty() {
        return Err(Exception::new(
            "DeploymentTargetIdRequiredException",
            "targetIds is required and was not given, or names no target.",
        ));
    }
    for (n, target) in targets.iter().enumerate() {
        check_id(&format!("targetIds[{n}]"), target)?;
    }
    Ok((deployment, targets))
}

/// The answer.
pub fn render(_: &(DeploymentId, Vec<String>), deployment: &Deployment, cx: &Context) -> Value {
    json!({ "deploymentTargets": [target::render(deployment, &cx.place)] })
}
