//! DeleteDeploymentGroup.

use spillway_domain::{Application, ApplicationName, DeploymentId, GroupName, Rejection};

use crate::{Catalog, Error};

/// Deletes a group. One that is not there is deleted already; one with an active deployment stays.
pub async fn delete_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(), Error> {
    let Some(application) = catalog.application(application).await? else {
        return Ok(());
    };
    let Some(group) = catalog.group(&application.id, name).await? else {
        return Ok(());
    };
    match catalog.delete_group(&group).await? {
        None => Ok(()),
        Some(deployment) => Err(in_use(name, deployment)),
    }
}

/// Refuses when the group has an active deployment, before anything is deleted along with it.
pub(crate) async fn refuse_if_active(
    catalog: &impl Catalog,
    application: &Application,
    name: &GroupName,
) -> Result<(), Error> {
    let Some(group) = catalog.group(&application.id, name).await? else {
        return Ok(());
    };
    match catalog.group_state(&group.id).await?.active {
        None => Ok(()),
        Some(deployment) => Err(in_use(name, deployment)),
    }
}

fn in_use(group: &GroupName, deployment: DeploymentId) -> Error {
    Rejection::InUse { what: format!("Deployment group {group}"), deployment }.into()
}
