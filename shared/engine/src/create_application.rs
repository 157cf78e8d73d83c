//! CreateApplication.

use jiff::Timestamp;
use spillway_domain::{Application, NewApplication, Rejection};

use crate::{Catalog, Error};

/// Makes an application with the given id.
pub async fn create_application(
    catalog: &impl Catalog,
    request: &NewApplication,
    id: String,
    now: Timestamp,
) -> Result<Application, Error> {
    let application = Application { id, name: request.name.clone(), platform: request.platform, created_at: now };
    if !catalog.create_application(&application, &request.tags).await? {
        return Err(Rejection::ApplicationExists(application.name).into());
    }
    Ok(application)
}
