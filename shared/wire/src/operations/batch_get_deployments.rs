//! BatchGetDeployments.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;

use crate::input::{DEPLOYMENTS, read};
use crate::shapes::deployment_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_ids: Option<Vec<String>>,
}

/// The deployments, each once.
pub fn parse(body: &[u8], cx: &Context) -> Result<Vec<DeploymentId>, Exception> {
    let input: Input = read(body)?;
    DEPLOYMENTS.list(input.deployment_ids, cx.quotas.batch_deployments, "BatchLimitExceededException")
}

/// The answer.
pub fn render(_: &[DeploymentId], deployments: &[Deployment], _: &Context) -> Value {
    json!({ "deploymentsInfo": deployments.iter().map(deployment_info::render).collect::<Vec<_>>() })
}
