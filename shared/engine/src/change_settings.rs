//! Applications, configurations and groups of a stack.
//!
//! What a resource is, by name and id, is noted before it is made: so a crash in between leaves nothing that nobody
//! deletes. What is there under another id was made by somebody else, and is left alone.

use jiff::Timestamp;
use spillway_domain::catalog::application::NewApplication;
use spillway_domain::catalog::config::NewConfig;
use spillway_domain::catalog::group::{Filed, NewGroup};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::problem::Problem;
use spillway_domain::rejection::Rejection;
use spillway_domain::stack::fault::Fault;
use spillway_domain::stack::resource::{Claim, Settlement, StackRequest};

use crate::create_group::group_like;
use crate::update_group::replace_group;
use crate::{
    Catalog, Error, StackStore, Tagged, create_application, create_config, create_group, delete_group, find_application,
};

/// Makes an application what a template says. Another name is a rename, which keeps its history.
pub(crate) async fn change_application(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    wish: &NewApplication,
    now: Timestamp,
) -> Result<Settlement, Error> {
    let name = wish.name.as_str();
    let own = match store.claim(&request.resource, name).await? {
        Some(Claim::Application { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    let claim = |id: &str| Claim::Application { name: wish.name.clone(), id: id.to_owned() };
    if let Some((application, tags)) = store.application_and_tags(&wish.name).await? {
        if !is_own(request, name, own.as_ref(), &application.id) {
            return Ok(failed(request, &Fault::Exists { what: format!("Application {name}") }));
        }
        if application.platform != wish.platform {
            return Ok(failed(request, &Fault::Platform(application.name)));
        }
        note(store, request, name, &claim(&application.id)).await?;
        replace_tags(store, Tagged::Application(&application), &tags, &wish.tags).await?;
        return Ok(Settlement::done(name));
    }
    if let Some(Claim::Application { name: old, id }) = store.claim(&request.resource, request.name()).await?
        && let Some(application) = store.application(&old).await?
        && application.id == id
        && application.platform == wish.platform
    {
        note(store, request, name, &claim(&id)).await?;
        if !store.rename_application(&application, &wish.name).await? {
            return Ok(failed(request, &Fault::Exists { what: format!("Application {name}") }));
        }
        return Ok(Settlement::done(name));
    }
    let id = own.unwrap_or_else(|| request.new_id());
    note(store, request, name, &claim(&id)).await?;
    create_application(store, wish, quotas, id, now).await?;
    Ok(Settlement::done(name))
}

/// Makes a configuration. It never changes.
pub(crate) async fn change_config(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    wish: &NewConfig,
    now: Timestamp,
) -> Result<Settlement, Error> {
    let name = wish.name.as_str();
    let own = match store.claim(&request.resource, name).await? {
        Some(Claim::Config { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    if let Some(config) = store.config(&wish.name).await? {
        if !is_own(request, name, own.as_ref(), &config.id) {
            let what = format!("Deployment configuration {name}");
            return Ok(failed(request, &Fault::Exists { what }));
        }
        note(store, request, name, &Claim::Config { name: wish.name.clone(), id: config.id }).await?;
        if (config.platform, &config.strategy) != (wish.platform, &wish.strategy) {
            return Ok(failed(request, &Fault::ConfigChanged(config.name)));
        }
        return Ok(Settlement::done(name));
    }
    let id = own.unwrap_or_else(|| request.new_id());
    note(store, request, name, &Claim::Config { name: wish.name.clone(), id: id.clone() }).await?;
    create_config(store, wish, quotas, id, now).await?;
    Ok(Settlement::done(name))
}

/// Makes a group what a template says: what the template leaves out is as it is by default, whatever it was before.
/// Another name is a rename, which keeps its history; another application has another group.
pub(crate) async fn change_group(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    wish: &NewGroup,
) -> Result<Settlement, Error> {
    let name = wish.name.as_str();
    let application = find_application(store, &wish.application).await?;
    let own = store.claim(&request.resource, name).await?;
    let own_id = match &own {
        Some(Claim::Group { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    let before = store.claim(&request.resource, request.name()).await?;
    let found = match filed(store, wish, &wish.name).await? {
        Some(found) if is_own(request, name, own_id, &found.group.id) => Some(found),
        Some(_) => return Ok(failed(request, &Fault::Exists { what: format!("Deployment group {name}") })),
        None => match &before {
            Some(Claim::Group { name: old, id, .. }) => {
                filed(store, wish, old).await?.filter(|found| found.group.id == *id)
            }
            Some(_) | None => None,
        },
    };
    if let Some(Filed { group: old, tags, .. }) = found {
        note(store, request, name, &claim_group(wish, &old.id)).await?;
        let mut new = group_like(&application, wish, old.id.clone())?;
        new.slot = old.slot.clone();
        let new = if new == old { new } else { replace_group(store, &application, &old, new).await? };
        replace_tags(store, Tagged::Group(&new), &tags, &wish.tags).await?;
        return Ok(Settlement::done(name));
    }
    if let Some(Claim::Group { application: old, name, id }) = &before
        && *old != wish.application
    {
        delete_own_group(store, old, name, id).await?;
    }
    let id = own_id.cloned().unwrap_or_else(|| request.new_id());
    note(store, request, name, &claim_group(wish, &id)).await?;
    create_group(store, wish, quotas, id).await?;
    Ok(Settlement::done(name))
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
    application: &ApplicationName,
    name: &GroupName,
    id: &str,
) -> Result<(), Error> {
    let found = store.groups_named(application, std::slice::from_ref(name)).await?;
    if found.is_some_and(|(_, groups)| groups.iter().any(|found| found.group.id == id)) {
        delete_group(store, application, name).await?;
    }
    Ok(())
}

/// Notes what the resource is. A request that comes late gets no further.
async fn note(store: &impl StackStore, request: &StackRequest, name: &str, claim: &Claim) -> Result<(), Problem> {
    store.put_claim(&request.resource, name, Some(claim), request.asked_at).await
}

fn claim_group(wish: &NewGroup, id: &str) -> Claim {
    Claim::Group { application: wish.application.clone(), name: wish.name.clone(), id: id.to_owned() }
}

/// A group of the wanted application.
async fn filed(store: &impl Catalog, wish: &NewGroup, name: &GroupName) -> Result<Option<Filed>, Error> {
    let found = store.groups_named(&wish.application, std::slice::from_ref(name)).await?;
    Ok(found.and_then(|(_, groups)| groups.into_iter().next()))
}

async fn replace_tags(store: &impl Catalog, of: Tagged<'_>, old: &[Tag], new: &[Tag]) -> Result<(), Error> {
    if old == new || store.replace_tags(of, old, new).await? {
        return Ok(());
    }
    Err(Rejection::Conflict("The tags".to_owned()).into())
}

/// A resource that could not be changed keeps its name: another one would have the stack delete the old one.
fn failed(request: &StackRequest, fault: &Fault) -> Settlement {
    Settlement::failed(request.name(), fault.to_string())
}
