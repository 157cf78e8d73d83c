//! DeleteDeploymentGroup.

use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// Deletes a group. One that is not there is deleted already; one with an active deployment stays.
pub async fn delete_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(), Error> {
    let found = catalog.groups_named(application, std::slice::from_ref(name)).await?;
    let Some(stored) = found.and_then(|(_, groups)| groups.into_iter().next()) else {
        return Ok(());
    };
    match catalog.delete_group(&stored.group).await? {
        None => Ok(()),
        Some(deployment) => Err(Rejection::InUse { what: format!("Deployment group {name}"), deployment }.into()),
    }
}
