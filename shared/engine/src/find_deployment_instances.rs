//! GetDeploymentInstance and BatchGetDeploymentInstances.

use std::convert::Infallible;

use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::Rejection;

use crate::{Deployments, Error, load_deployment};

/// The instances of a deployment. Only deployments to servers have some, and there are none of those.
pub async fn find_deployment_instances(deployments: &impl Deployments, id: &DeploymentId) -> Result<Infallible, Error> {
    let deployment = load_deployment(deployments, id).await?;
    Err(Rejection::NoInstances { deployment: deployment.id, platform: deployment.spec.platform }.into())
}
