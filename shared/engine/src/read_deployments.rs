//! GetDeployment and its kin, and ListDeployments.

use spillway_domain::{Deployment, DeploymentFilter, DeploymentId, Page, Rejection};

use crate::groups::application_and_group;
use crate::{Catalog, Deployments, Error};

/// A deployment by id.
pub async fn load_deployment(deployments: &impl Deployments, id: &DeploymentId) -> Result<Deployment, Error> {
    let found = deployments.load(id).await?;
    Ok(found.ok_or_else(|| Rejection::NoDeployment(id.clone()))?)
}

/// The ids of deployments, newest first.
pub async fn list_deployments(
    catalog: &impl Catalog,
    deployments: &impl Deployments,
    filter: &DeploymentFilter,
    after: Option<&str>,
) -> Result<Page<DeploymentId>, Error> {
    let group = match &filter.group {
        None => None,
        Some((application, group)) => Some(application_and_group(catalog, application, group).await?.1.id),
    };
    Ok(deployments.list(group.as_deref(), filter, after).await?)
}
