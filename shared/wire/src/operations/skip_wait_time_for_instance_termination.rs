//! SkipWaitTimeForInstanceTermination: ContinueDeployment's older form.

use serde::Deserialize;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::names::DeploymentId;

use crate::input::{DEPLOYMENT, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
}

/// The deployment, and which of its waits is to end.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, Gate), Exception> {
    let input: Input = read(body)?;
    Ok((DEPLOYMENT.required(input.deployment_id)?, Gate::Termination))
}
