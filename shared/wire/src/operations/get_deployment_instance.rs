//! GetDeploymentInstance: GetDeploymentTarget's older form.

use serde::Deserialize;
use spillway_domain::names::DeploymentId;

use crate::input::{DEPLOYMENT, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    instance_id: Option<String>,
}

/// The deployment and the instance.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, String), Exception> {
    let input: Input = read(body)?;
    let deployment = DEPLOYMENT.required(input.deployment_id)?;
    let instance = input
        .instance_id
        .ok_or_else(|| Exception::new("InstanceIdRequiredException", "instanceId is required and was not given."))?;
    check_id("instanceId", &instance)?;
    Ok((deployment, instance))
}

/// Whether a text can be the id of an instance at all.
pub(super) fn check_id(member: &str, id: &str) -> Result<(), Exception> {
    if !id.is_empty() && id.len() <= 512 && id.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Exception::new(
        "InvalidInstanceNameException",
        format!("{member} is not valid: an instance is named by its id at EC2, or by its name as an on-premises one."),
    ))
}
