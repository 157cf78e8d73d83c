//! ListDeploymentGroups.

use spillway_domain::catalog::page::Page;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// The names of the groups of an application.
pub async fn list_groups(
    catalog: &impl Catalog,
    application: &ApplicationName,
    after: Option<&str>,
) -> Result<Page<GroupName>, Error> {
    let page = catalog.groups(application, after).await?;
    Ok(page.ok_or_else(|| Rejection::NoApplication(application.clone()))?)
}
