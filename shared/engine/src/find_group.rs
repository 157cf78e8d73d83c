//! GetDeploymentGroup.

use spillway_domain::{Application, ApplicationName, DeploymentGroup, GroupName, GroupState, Rejection};

use crate::{Catalog, Error, find_application};

/// A group by name, with what has changed in it with its deployments.
pub async fn find_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup, GroupState), Error> {
    let (application, group) = application_and_group(catalog, application, name).await?;
    let state = catalog.group_state(&group.id).await?;
    Ok((application, group, state))
}

pub(crate) async fn application_and_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup), Error> {
    let application = find_application(catalog, application).await?;
    let group = catalog.group(&application.id, name).await?;
    Ok((application, group.ok_or_else(|| Rejection::NoGroup(name.clone()))?))
}
