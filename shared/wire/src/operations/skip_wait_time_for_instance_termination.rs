//! SkipWaitTimeForInstanceTermination: ContinueDeployment's older form.

use serde::Deserialize;
use spillway_domain::{DeploymentId, WaitType};

use crate::input::{DEPLOYMENT, read};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
}

/// The deployment, and which of its waits is to end.
pub fn parse(body: &[u8], _: &Context) -> Result<(DeploymentId, WaitType), Exception> {
    let input: Input = read(body)?;
    Ok((DEPLOYMENT.required(input.deployment_id)?, WaitType::Termination))
}
