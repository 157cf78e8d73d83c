//! ListApplications.

use spillway_domain::catalog::page::Page;
use spillway_domain::names::ApplicationName;

use crate::{Catalog, Error};

/// The names of all applications.
pub async fn list_applications(catalog: &impl Catalog, after: Option<&str>) -> Result<Page<ApplicationName>, Error> {
    Ok(catalog.applications(after).await?)
}
