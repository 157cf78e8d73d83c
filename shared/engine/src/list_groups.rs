//! ListDeploymentGroups.

use spillway_domain::{ApplicationName, GroupName, Page};

use crate::{Catalog, Error, find_application};

/// The names of the groups of an application.
pub async fn list_groups(
    catalog: &impl Catalog,
    application: &ApplicationName,
    after: Option<&str>,
) -> Result<Page<GroupName>, Error> {
    let application = find_application(catalog, application).await?;
    Ok(catalog.groups(&application.id, after).await?)
}
