//! Applications, configurations and groups of a stack.
//!
//! What a resource is, by name and id, is noted before it is made: so a crash in between leaves nothing that nobody
//! deletes. What is there under another id was made by somebody else, and is left alone.

use jiff::Timestamp;
use spillway_domain::catalog::application::NewApplication;
use spillway_domain::catalog::config::NewConfig;
use spillway_domain::catalog::group::{NewGroup, StoredGroup};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::problem::Problem;
use spillway_domain::rejection::Rejection;
use spillway_domain::stack::fault::Fault;
use spillway_domain::stack::resource::{Outcome, Ownership, StackRequest};

use crate::operations::Error;
use crate::operations::application::{create_application, find_application};
use crate::operations::configuration::create_config;
use crate::operations::group::{create_group, delete_group, group_like, replace_group};
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::catalog::{Groups, Tagged, Tags};
use crate::stack::change_resource::StackStore;

/// Makes an application what a template says. Another name is a rename, which keeps its history.
pub(crate) async fn change_application(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    desired: &NewApplication,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let name = desired.name.as_str();
    let own = match store.ownership(&request.resource, name).await? {
        Some(Ownership::Application { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    let ownership = |id: &str| Ownership::Application { name: desired.name.clone(), id: id.to_owned() };
    if let Some((application, tags)) = store.application_and_tags(&desired.name).await? {
        if !is_own(request, name, own.as_ref(), &application.id) {
            return Ok(failed(request, &Fault::Exists { what: format!("Application {name}") }));
        }
        if application.platform != desired.platform {
            return Ok(failed(request, &Fault::Platform(application.name)));
        }
        note(store, request, name, &ownership(&application.id)).await?;
        replace_tags(store, Tagged::Application(&application), &tags, &desired.tags).await?;
        return Ok(Outcome::done(name));
    }
    if let Some(Ownership::Application { name: old, id }) = store.ownership(&request.resource, request.name()).await?
        && let Some(application) = store.application(&old).await?
        && application.id == id
        && application.platform == desired.platform
    {
        note(store, request, name, &ownership(&id)).await?;
        if !store.rename_application(&application, &desired.name).await? {
            return Ok(failed(request, &Fault::Exists { what: format!("Application {name}") }));
        }
        return Ok(Outcome::done(name));
    }
    let id = own.unwrap_or_else(|| request.new_id());
    note(store, request, name, &ownership(&id)).await?;
    create_application(store, desired, quotas, id, now).await?;
    Ok(Outcome::done(name))
}

/// Makes a configuration. It never changes.
pub(crate) async fn change_config(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    desired: &NewConfig,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let name = desired.name.as_str();
    let own = match store.ownership(&request.resource, name).await? {
        Some(Ownership::Config { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    if let Some(config) = store.config(&desired.name).await? {
        if !is_own(request, name, own.as_ref(), &config.id) {
            let what = format!("Deployment configuration {name}");
            return Ok(failed(request, &Fault::Exists { what }));
        }
        note(store, request, name, &Ownership::Config { name: desired.name.clone(), id: config.id }).await?;
        if (config.platform, &config.strategy) != (desired.platform, &desired.strategy) {
            return Ok(failed(request, &Fault::ConfigChanged(config.name)));
        }
        return Ok(Outcome::done(name));
    }
    let id = own.unwrap_or_else(|| request.new_id());
    note(store, request, name, &Ownership::Config { name: desired.name.clone(), id: id.clone() }).await?;
    create_config(store, desired, quotas, id, now).await?;
    Ok(Outcome::done(name))
}

/// Makes a group what a template says: what the template leaves out is as it is by default, whatever it was before.
/// Another name is a rename, which keeps its history; another application has another group.
pub(crate) async fn change_group(
    store: &impl StackStore,
    hooks: &impl LifecycleHooks,
    quotas: &Quotas,
    request: &StackRequest,
    desired: &NewGroup,
) -> Result<Outcome, Error> {
    let name = desired.name.as_str();
    let application = find_application(store, &desired.application).await?;
    let own = store.ownership(&request.resource, name).await?;
    let own_id = match &own {
        Some(Ownership::Group { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    let before = store.ownership(&request.resource, request.name()).await?;
    let found = match stored(store, desired, &desired.name).await? {
        Some(found) if is_own(request, name, own_id, &found.group.id) => Some(found),
        Some(_) => return Ok(failed(request, &Fault::Exists { what: format!("Deployment group {name}") })),
        None => match &before {
            Some(Ownership::Group { name: old, id, .. }) => {
                stored(store, desired, old).await?.filter(|found| found.group.id == *id)
            }
            Some(_) | None => None,
        },
    };
    if let Some(StoredGroup { group: old, tags, .. }) = found {
        note(store, request, name, &claim_group(desired, &old.id)).await?;
        let mut new = group_like(&application, desired, old.id.clone())?;
        new.lock = old.lock.clone();
        let new = if new == old { new } else { replace_group(store, hooks, &application, &old, new).await?.0 };
        replace_tags(store, Tagged::Group(&new), &tags, &desired.tags).await?;
        return Ok(Outcome::done(name));
    }
    if let Some(Ownership::Group { application: old, name, id }) = &before
        && *old != desired.application
    {
        delete_own_group(store, hooks, old, name, id).await?;
    }
    let id = own_id.cloned().unwrap_or_else(|| request.new_id());
    note(store, request, name, &claim_group(desired, &id)).await?;
    create_group(store, hooks, desired, quotas, id).await?;
    Ok(Outcome::done(name))
}

/// Whether something that is there is the resource's own: it was noted so, or CloudFormation knows it by that name.
fn is_own(request: &StackRequest, name: &str, own: Option<&String>, found: &String) -> bool {
    match own {
        Some(own) => own == found,
        None => request.physical_id.as_deref() == Some(name),
    }
}

/// Deletes a group, if it is still the one that was noted.
pub(crate) async fn delete_own_group(
    store: &impl StackStore,
    hooks: &impl LifecycleHooks,
    application: &ApplicationName,
    name: &GroupName,
    id: &str,
) -> Result<(), Error> {
    let found = store.groups_named(application, std::slice::from_ref(name)).await?;
    if found.is_some_and(|(_, groups)| groups.iter().any(|found| found.group.id == id)) {
        delete_group(store, hooks, application, name).await?;
    }
    Ok(())
}

/// Notes what the resource is. A request that comes late gets no further.
async fn note(
    store: &impl StackStore,
    request: &StackRequest,
    name: &str,
    ownership: &Ownership,
) -> Result<(), Problem> {
    store.put_claim(&request.resource, name, Some(ownership), request.asked_at).await
}

fn claim_group(desired: &NewGroup, id: &str) -> Ownership {
    Ownership::Group { application: desired.application.clone(), name: desired.name.clone(), id: id.to_owned() }
}

/// A group of the wanted application.
async fn stored(store: &impl Groups, desired: &NewGroup, name: &GroupName) -> Result<Option<StoredGroup>, Error> {
    let found = store.groups_named(&desired.application, std::slice::from_ref(name)).await?;
    Ok(found.and_then(|(_, groups)| groups.into_iter().next()))
}

async fn replace_tags(store: &impl Tags, of: Tagged<'_>, old: &[Tag], new: &[Tag]) -> Result<(), Error> {
    if old == new || store.replace_tags(of, old, new).await? {
        return Ok(());
    }
    Err(Rejection::Conflict("The tags".to_owned()).into())
}

/// A resource that could not be changed keeps its name: another one would have the stack delete the old one.
fn failed(request: &StackRequest, fault: &Fault) -> Outcome {
    Outcome::failed(request.name(), fault.to_string())
}
