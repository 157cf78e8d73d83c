//! ListDeployments.

use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::names::DeploymentId;

use crate::{Catalog, Deployments, Error, find_group};

/// The ids of deployments, newest first. The key after which a page of a group goes on begins with the group's id, so
/// that only the first has to find the group.
pub async fn list_deployments(
    catalog: &impl Catalog,
    deployments: &impl Deployments,
    filter: &DeploymentFilter,
    after: Option<&str>,
) -> Result<Page<DeploymentId>, Error> {
    let Some((application, group)) = &filter.group else {
        return Ok(deployments.list(None, filter, after).await?);
    };
    let (id, after) = match after.and_then(|after| after.split_once('/')) {
        Some((id, after)) => (id.to_owned(), Some(after)),
        None => (find_group(catalog, application, group).await?.1.id, None),
    };
    let Page { items, next } = deployments.list(Some(&id), filter, after).await?;
    Ok(Page { items, next: next.map(|next| format!("{id}/{next}")) })
}
