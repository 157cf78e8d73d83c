//! GetDeployment.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;

use crate::input::{DEPLOYMENT, read};
use crate::shapes::deployment_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
}

/// The request.
pub fn parse(body: &[u8], _: &Context) -> Result<DeploymentId, Exception> {
    let input: Input = read(body)?;
    DEPLOYMENT.required(input.deployment_id)
}

/// The answer.
pub fn render(_: &DeploymentId, deployment: &Deployment, _: &Context) -> Value {
    json!({ "deploymentInfo": deployment_info::render(deployment) })
}
