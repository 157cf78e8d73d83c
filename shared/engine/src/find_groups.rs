//! BatchGetDeploymentGroups.

use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::StoredGroup;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// Those of these groups of an application that are there.
pub async fn find_groups(
    catalog: &impl Catalog,
    application: &ApplicationName,
    names: &[GroupName],
) -> Result<(Application, Vec<StoredGroup>), Error> {
    let found = catalog.groups_named(application, names).await?;
    Ok(found.ok_or_else(|| Rejection::NoApplication(application.clone()))?)
}
