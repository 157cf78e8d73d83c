//! GetApplication.

use spillway_domain::catalog::application::Application;
use spillway_domain::names::ApplicationName;
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// An application by name.
pub async fn find_application(catalog: &impl Catalog, name: &ApplicationName) -> Result<Application, Error> {
    let found = catalog.application(name).await?;
    Ok(found.ok_or_else(|| Rejection::NoApplication(name.clone()))?)
}
