//! BatchGetApplications.

use spillway_domain::catalog::application::Application;
use spillway_domain::names::ApplicationName;
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// Applications by name, all of which must be there.
pub async fn find_applications(catalog: &impl Catalog, names: &[ApplicationName]) -> Result<Vec<Application>, Error> {
    let found = catalog.applications_named(names).await?;
    match names.iter().find(|name| found.iter().all(|application| application.name != **name)) {
        Some(missing) => Err(Rejection::NoApplication(missing.clone()).into()),
        None => Ok(found),
    }
}
