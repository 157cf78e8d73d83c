//! CreateApplication, GetApplication, ListApplications, DeleteApplication.

use jiff::Timestamp;
use spillway_domain::{Application, ApplicationName, GroupName, NewApplication, Page, Rejection};

use crate::{Catalog, Error, groups};

/// Makes an application with the given id.
pub async fn create_application(
    catalog: &impl Catalog,
    request: NewApplication,
    id: String,
    now: Timestamp,
) -> Result<Application, Error> {
    let application = Application { id, name: request.name, platform: request.platform, created_at: now };
    if !catalog.create_application(&application, &request.tags).await? {
        return Err(Rejection::ApplicationExists(application.name).into());
    }
    Ok(application)
}

/// An application by name.
pub async fn find_application(catalog: &impl Catalog, name: &ApplicationName) -> Result<Application, Error> {
    let found = catalog.application(name).await?;
    Ok(found.ok_or_else(|| Rejection::NoApplication(name.clone()))?)
}

/// The names of all applications.
pub async fn list_applications(catalog: &impl Catalog, after: Option<&str>) -> Result<Page<ApplicationName>, Error> {
    Ok(catalog.applications(after).await?)
}

/// Deletes an application with its groups. One that is not there is deleted already; one with an active deployment
/// stays.
pub async fn delete_application(catalog: &impl Catalog, name: &ApplicationName) -> Result<(), Error> {
    let Some(application) = catalog.application(name).await? else {
        return Ok(());
    };
    let groups = all_groups(catalog, &application).await?;
    for group in &groups {
        groups::refuse_if_active(catalog, &application, group).await?;
    }
    for group in &groups {
        groups::delete_group(catalog, name, group).await?;
    }
    Ok(catalog.delete_application(&application).await?)
}

async fn all_groups(catalog: &impl Catalog, application: &Application) -> Result<Vec<GroupName>, Error> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = catalog.groups(&application.id, after.as_deref()).await?;
        all.extend(page.items);
        match page.next {
            None => return Ok(all),
            next => after = next,
        }
    }
}
