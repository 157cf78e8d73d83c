//! CreateApplication.

use jiff::Timestamp;
use spillway_domain::catalog::application::{Application, NewApplication};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::rejection::{Quota, Rejection};

use crate::{Catalog, Error};

/// Makes an application with the given id. Of several that are made at once, a few may be more than there may be.
pub async fn create_application(
    catalog: &impl Catalog,
    request: &NewApplication,
    quotas: &Quotas,
    id: String,
    now: Timestamp,
) -> Result<Application, Error> {
    let NewApplication { name, platform, tags } = request.clone();
    let application = Application { id, home: name.to_string(), name, platform, created_at: now };
    if catalog.count_applications().await? >= quotas.applications {
        if catalog.application(&application.name).await?.is_some() {
            return Err(Rejection::ApplicationExists(application.name).into());
        }
        return Err(Rejection::Full { quota: Quota::Applications, most: quotas.applications }.into());
    }
    if !catalog.create_application(&application, &tags).await? {
        return Err(Rejection::ApplicationExists(application.name).into());
    }
    Ok(application)
}
