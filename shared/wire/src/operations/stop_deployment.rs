//! StopDeployment.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;

use crate::input::{DEPLOYMENT, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    auto_rollback_enabled: Option<bool>,
}

/// The deployment, and whether a rollback deployment is wanted; the configuration says so when the caller does not.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Option<bool>), Exception> {
    let input: Input = read(body)?;
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
