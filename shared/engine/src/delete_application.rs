//! DeleteApplication.

use spillway_domain::{Application, ApplicationName, GroupName};

use crate::delete_group::{delete_group, refuse_if_active};
use crate::{Catalog, Error};

/// Deletes an application with its groups. One that is not there is deleted already; one with an active deployment
/// stays.
pub async fn delete_application(catalog: &impl Catalog, name: &ApplicationName) -> Result<(), Error> {
    let Some(application) = catalog.application(name).await? else {
        return Ok(());
    };
    let groups = all_groups(catalog, &application).await?;
    for group in &groups {
        refuse_if_active(catalog, &application, group).await?;
    }
    for group in &groups {
        delete_group(catalog, name, group).await?;
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
