//! Applications, configurations and groups of a stack.
//!
//! What a resource is, by name and id, is noted before it is made: so a crash in between leaves nothing that nobody
//! deletes. What is there under another id was made by somebody else, and is left alone.

use jiff::Timestamp;
use spillway_domain::{
    Claim, Fault, Filed, GroupName, NewApplication, NewConfig, NewGroup, Problem, Quotas, Rejection, Settlement,
    StackRequest, Tag,
};

use crate::create_group::group_like;
use crate::update_group::replace_group;
use crate::{
    Catalog, Error, StackStore, Tagged, create_application, create_config, create_group, delete_application,
    delete_config, delete_group, find_application,
};

/// Makes an application what a template says. Another name is a rename, which keeps its history.
pub(crate) async fn change_application(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    wish: &NewApplication,
    fresh_id: String,
    now: Timestamp,
) -> Result<Settlement, Error> {
    let name = wish.name.as_str();
    let own = match store.claim(&request.resource, name).await? {
        Some(Claim::Application { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    let claim = |id: &str| Claim::Application { name: wish.name.clone(), id: id.to_owned() };
    if let Some((application, tags)) = store.application_and_tags(&wish.name).await? {
        if own.as_ref() != Some(&application.id) {
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
    let id = own.unwrap_or(fresh_id);
    note(store, request, name, &claim(&id)).await?;
    create_application(store, wish, quotas, id, now).await?;
    if is_gone(store, request, name).await? {
        delete_application(store, &wish.name).await?;
    }
    Ok(Settlement::done(name))
}

/// Makes a configuration. It never changes.
pub(crate) async fn change_config(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    wish: &NewConfig,
    fresh_id: String,
    now: Timestamp,
) -> Result<Settlement, Error> {
    let name = wish.name.as_str();
    let own = match store.claim(&request.resource, name).await? {
        Some(Claim::Config { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    if let Some(config) = store.config(&wish.name).await? {
        if own.as_ref() != Some(&config.id) {
            let what = format!("Deployment configuration {name}");
            return Ok(failed(request, &Fault::Exists { what }));
        }
        if (config.platform, &config.strategy) != (wish.platform, &wish.strategy) {
            return Ok(failed(request, &Fault::ConfigChanged(config.name)));
        }
        return Ok(Settlement::done(name));
    }
    let id = own.unwrap_or(fresh_id);
    note(store, request, name, &Claim::Config { name: wish.name.clone(), id: id.clone() }).await?;
    create_config(store, wish, quotas, id, now).await?;
    if is_gone(store, request, name).await? {
        delete_config(store, &wish.name).await?;
    }
    Ok(Settlement::done(name))
}

/// Makes a group what a template says: what the template leaves out is as it is by default, whatever it was before.
/// Another name is a rename, which keeps its history; another application has another group.
pub(crate) async fn change_group(
    store: &impl StackStore,
    quotas: &Quotas,
    request: &StackRequest,
    wish: &NewGroup,
    fresh_id: String,
) -> Result<Settlement, Error> {
    let name = wish.name.as_str();
    let application = find_application(store, &wish.application).await?;
    let own = store.claim(&request.resource, name).await?;
    let own_id = match &own {
        Some(Claim::Group { id, .. }) => Some(id),
        Some(_) | None => None,
    };
    let before = match &own {
        None => store.claim(&request.resource, request.name()).await?,
        Some(_) => own.clone(),
    };
    let found = match filed(store, wish, &wish.name).await? {
        Some(found) if own_id == Some(&found.group.id) => Some(found),
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
    if let Some(Claim::Group { application: old, name, .. }) = &before
        && *old != wish.application
    {
        delete_group(store, old, name).await?;
    }
    let id = own_id.cloned().unwrap_or(fresh_id);
    note(store, request, name, &claim_group(wish, &id)).await?;
    create_group(store, wish, quotas, id).await?;
    if is_gone(store, request, name).await? {
        delete_group(store, &wish.application, &wish.name).await?;
    }
    Ok(Settlement::done(name))
}

/// Notes what the resource is. A request that comes late gets no further.
async fn note(store: &impl StackStore, request: &StackRequest, name: &str, claim: &Claim) -> Result<(), Problem> {
    store.put_claim(&request.resource, name, Some(claim), request.received_at).await
}

/// Whether the resource was deleted while this function hung. Then what it has made goes as well.
async fn is_gone(store: &impl StackStore, request: &StackRequest, name: &str) -> Result<bool, Problem> {
    Ok(store.claim(&request.resource, name).await?.is_none())
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
