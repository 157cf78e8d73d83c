//! ListDeploymentGroups.

use spillway_domain::{ApplicationName, GroupName, Page, Rejection};

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
