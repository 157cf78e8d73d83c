//! GetDeploymentGroup.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::{DeploymentGroup, Filed, GroupState};
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error, find_groups};

/// A group by name, with what has changed in it with its deployments.
pub async fn find_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup, GroupState), Error> {
    let (application, Filed { group, state, .. }) = find_filed(catalog, application, name).await?;
    Ok((application, group, state))
}

pub(crate) async fn find_filed(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, Filed), Error> {
    let (application, found) = find_groups(catalog, application, std::slice::from_ref(name)).await?;
    let filed = found.into_iter().next();
    Ok((application, filed.ok_or_else(|| Rejection::NoGroup(name.clone()))?))
}
