//! ContinueDeployment and SkipWaitTimeForInstanceTermination.

use std::convert::Infallible;

use spillway_domain::{ComputePlatform, DeploymentId, Rejection, WaitType};

use crate::{Deployments, Error, load_deployment};

/// Ends a wait before its time. Every deployment is to Lambda, and those have none that a caller could end.
pub async fn continue_deployment(
    deployments: &impl Deployments,
    id: &DeploymentId,
    wait: WaitType,
) -> Result<Infallible, Error> {
    let deployment = load_deployment(deployments, id).await?;
    if deployment.has_ended() {
        return Err(Rejection::AlreadyCompleted(deployment.id).into());
    }
    Err(Rejection::NoWait { deployment: deployment.id, platform: ComputePlatform::Lambda, wait }.into())
}
