//! BatchGetDeployments.

use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;

use crate::{Deployments, Error};

/// Deployments by id. Those that are not there are left out.
pub async fn load_deployments(deployments: &impl Deployments, ids: &[DeploymentId]) -> Result<Vec<Deployment>, Error> {
    Ok(deployments.load_many(ids).await?)
}
