//! GetDeployment and its kin.

use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::Rejection;

use crate::{Deployments, Error};

/// A deployment by id.
pub async fn load_deployment(deployments: &impl Deployments, id: &DeploymentId) -> Result<Deployment, Error> {
    let found = deployments.load(id).await?;
    Ok(found.ok_or_else(|| Rejection::NoDeployment(id.clone()))?)
}
