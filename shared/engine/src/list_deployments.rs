//! ListDeployments.

use spillway_domain::{DeploymentFilter, DeploymentId, Page};

use crate::{Catalog, Deployments, Error, find_group};

/// The ids of deployments, newest first.
pub async fn list_deployments(
    catalog: &impl Catalog,
    deployments: &impl Deployments,
    filter: &DeploymentFilter,
    after: Option<&str>,
) -> Result<Page<DeploymentId>, Error> {
    let group = match &filter.group {
        None => None,
        Some((application, group)) => Some(find_group(catalog, application, group).await?.1.id),
    };
    Ok(deployments.list(group.as_deref(), filter, after).await?)
}
