//! DeleteApplication.

use spillway_domain::catalog::group::{DeploymentGroup, StoredGroup};
use spillway_domain::names::{ApplicationName, DeploymentId};
use spillway_domain::rejection::Rejection;

use crate::{Catalog, Error};

/// How often it is tried when somebody makes groups meanwhile.
const MOST_TRIES: usize = 4;

/// Deletes an application with its groups. One that is not there is deleted already; one with an active deployment
/// stays.
pub async fn delete_application(catalog: &impl Catalog, name: &ApplicationName) -> Result<(), Error> {
    for _ in 0..MOST_TRIES {
        let Some(application) = catalog.application(name).await? else {
            return Ok(());
        };
        let groups = all_groups(catalog, name).await?;
        if let Some(busy) = groups.iter().find(|stored| stored.state.active.is_some()) {
            refuse_if_active(&busy.group, busy.state.active.clone())?;
        }
        for StoredGroup { group, .. } in &groups {
            // One that another application of this name has by now is not meant.
            if group.application_id == application.id {
                refuse_if_active(group, catalog.delete_group(group).await?)?;
            }
        }
        if catalog.delete_application(&application).await? {
            return Ok(());
        }
    }
    Err(Rejection::Conflict(format!("Application {name}")).into())
}

fn refuse_if_active(group: &DeploymentGroup, active: Option<DeploymentId>) -> Result<(), Error> {
    match active {
        None => Ok(()),
        Some(deployment) => {
            Err(Rejection::InUse { what: format!("Deployment group {}", group.name), deployment }.into())
        }
    }
}

async fn all_groups(catalog: &impl Catalog, application: &ApplicationName) -> Result<Vec<StoredGroup>, Error> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let Some(page) = catalog.groups(application, after.as_deref()).await? else {
            return Ok(all);
        };
        if !page.items.is_empty()
            && let Some((_, groups)) = catalog.groups_named(application, &page.items).await?
        {
            all.extend(groups);
        }
        match page.next {
            None => return Ok(all),
            next => after = next,
        }
    }
}
