//! GetDeploymentGroup.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState, StoredGroup};
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error, find_groups};

/// A group by name, with what has changed in it with its deployments.
pub async fn find_group(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, DeploymentGroup, GroupState), Error> {
    let (application, StoredGroup { group, state, .. }) = find_filed(catalog, application, name).await?;
    Ok((application, group, state))
}

pub(crate) async fn find_filed(
    catalog: &impl Catalog,
    application: &ApplicationName,
    name: &GroupName,
) -> Result<(Application, StoredGroup), Error> {
    let (application, found) = find_groups(catalog, application, std::slice::from_ref(name)).await?;
    let stored = found.into_iter().next();
    Ok((application, stored.ok_or_else(|| Rejection::NoGroup(name.clone()))?))
}
