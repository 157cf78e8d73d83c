//! Operations on applications.

use jiff::Timestamp;
use spillway_domain::catalog::application::{Application, NewApplication};
use spillway_domain::catalog::group::StoredGroup;
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::names::ApplicationName;
use spillway_domain::problem::ProblemKind;
use spillway_domain::rejection::{ApplicationRejection, GroupRejection, Quota, Rejection};

use crate::operations::Error;
use crate::operations::group::delete_stored;
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::catalog::{Applications, Groups};
use crate::retry::{Tried, retry_stale};

/// Makes an application with the given id. Of several that are made at once, a few may be more than there may be.
pub async fn create_application(
    catalog: &impl Applications,
    request: &NewApplication,
    quotas: &Quotas,
    id: String,
    now: Timestamp,
) -> Result<Application, Error> {
    let NewApplication { name, platform, tags } = request.clone();
    let application = Application { id, home: name.to_string(), name, platform, created_at: now };
    if catalog.count_applications().await? >= quotas.applications {
        if catalog.application(&application.name).await?.is_some() {
            return Err(ApplicationRejection::AlreadyExists(application.name).into());
        }
        return Err(Rejection::Full { quota: Quota::Applications, most: quotas.applications }.into());
    }
    if !catalog.create_application(&application, &tags).await? {
        return Err(ApplicationRejection::AlreadyExists(application.name).into());
    }
    Ok(application)
}

/// An application by name.
pub async fn find_application(catalog: &impl Applications, name: &ApplicationName) -> Result<Application, Error> {
    let found = catalog.application(name).await?;
    Ok(found.ok_or_else(|| ApplicationRejection::DoesNotExist(name.clone()))?)
}

/// Applications by name, all of which must be there.
pub async fn find_applications(
    catalog: &impl Applications,
    names: &[ApplicationName],
) -> Result<Vec<Application>, Error> {
    let found = catalog.applications_named(names).await?;
    match names.iter().find(|name| found.iter().all(|application| application.name != **name)) {
        Some(missing) => Err(ApplicationRejection::DoesNotExist(missing.clone()).into()),
        None => Ok(found),
    }
}

/// The names of all applications.
pub async fn list_applications(
    catalog: &impl Applications,
    after: Option<&str>,
) -> Result<Page<ApplicationName>, Error> {
    Ok(catalog.applications(after).await?)
}

/// Gives an application another name. Its id, tags, groups, history and running deployments stay.
pub async fn rename_application(
    catalog: &impl Applications,
    name: &ApplicationName,
    to: &ApplicationName,
) -> Result<(), Error> {
    let application = find_application(catalog, name).await?;
    if name == to {
        return Ok(());
    }
    match catalog.rename_application(&application, to).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(ApplicationRejection::AlreadyExists(to.clone()).into()),
        Err(problem) if problem.kind == ProblemKind::Stale => {
            Err(ApplicationRejection::DoesNotExist(name.clone()).into())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// How often it is tried when somebody makes groups meanwhile.
const MOST_TRIES: usize = 4;

/// Deletes an application with its groups. One that is not there is deleted already; one with an active deployment
/// stays.
pub async fn delete_application(
    catalog: &(impl Applications + Groups),
    hooks: &impl LifecycleHooks,
    name: &ApplicationName,
) -> Result<(), Error> {
    let deleted = retry_stale(MOST_TRIES, async || {
        let Some(application) = catalog.application(name).await? else {
            return Ok(Tried::Break(()));
        };
        let groups = all_groups(catalog, name).await?;
        // None is deleted while one of them cannot be.
        let busy = groups.iter().find_map(|stored| Some((&stored.group.name, stored.state.active.clone()?)));
        if let Some((group, deployment)) = busy {
            return Err(GroupRejection::InUse { group: group.clone(), deployment }.into());
        }
        for stored in &groups {
            // One that another application of this name has by now is not meant.
            if stored.group.application_id == application.id {
                delete_stored(catalog, hooks, &application, stored).await?;
            }
        }
        let is_deleted = catalog.delete_application(&application).await?;
        Ok::<_, Error>(if is_deleted { Tried::Break(()) } else { Tried::Continue(()) })
    });
    Ok(deleted.await?.ok_or_else(|| Rejection::Conflict(format!("Application {name}")))?)
}

async fn all_groups(catalog: &impl Groups, application: &ApplicationName) -> Result<Vec<StoredGroup>, Error> {
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
