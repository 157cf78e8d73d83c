//! GetDeploymentTarget.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;

use crate::input::{DEPLOYMENT, read};
use crate::shapes::target;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    target_id: Option<String>,
}

/// The deployment and the target.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, String), Exception> {
    let input: Input = read(body)?;
    let deployment = DEPLOYMENT.required(input.deployment_id)?;
    let target = input.target_id.ok_or_else(|| {
        Exception::new("DeploymentTargetIdRequiredException", "targetId is required and was not given.")
    })?;
    check_id("targetId", &target)?;
    Ok((deployment, target))
}

/// The answer.
pub fn render(_: &(DeploymentId, String), deployment: &Deployment, cx: &Context) -> Value {
    json!({ "deploymentTarget": target::render(deployment, &cx.place) })
}

/// Whether a text can be the id of a target at all.
pub(super) fn check_id(member: &str, id: &str) -> Result<(), Exception> {
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
