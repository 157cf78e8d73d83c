//! GetApplication.

use spillway_domain::{Application, ApplicationName, Rejection};

use crate::{Catalog, Error};

/// An application by name.
pub async fn find_application(catalog: &impl Catalog, name: &ApplicationName) -> Result<Application, Error> {
    let found = catalog.application(name).await?;
    Ok(found.ok_or_else(|| Rejection::NoApplication(name.clone()))?)
}
