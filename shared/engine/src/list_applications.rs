//! ListApplications.

use spillway_domain::{ApplicationName, Page};

use crate::{Catalog, Error};

/// The names of all applications.
pub async fn list_applications(catalog: &impl Catalog, after: Option<&str>) -> Result<Page<ApplicationName>, Error> {
    Ok(catalog.applications(after).await?)
}
