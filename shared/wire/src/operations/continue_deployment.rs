//! ContinueDeployment.

use serde::Deserialize;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::names::DeploymentId;
use spillway_domain::words::cut;

use crate::input::{DEPLOYMENT, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    deployment_wait_type: Option<String>,
}

/// The deployment, and which of its waits is to end: the one before traffic moves, when the caller does not say.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Gate), Exception> {
    let input: Input = read(body)?;
    let deployment = DEPLOYMENT.required(input.deployment_id)?;
    let given = input.deployment_wait_type.as_deref().unwrap_or(Gate::Ready.as_str());
    let wait = Gate::ALL.into_iter().find(|wait| wait.as_str() == given).ok_or_else(|| {
        Exception::new(
            "InvalidDeploymentWaitTypeException",
            format!(
                "deploymentWaitType '{}' is not valid. Valid values are [{}]",
                cut(given, 120),
                Gate::ALL.map(Gate::as_str).join(", ")
            ),
        )
    })?;
    Ok((deployment, wait))
}
