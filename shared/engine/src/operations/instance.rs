//! Operations on on-premises instances.

use jiff::Timestamp;
use spillway_domain::catalog::instance::{Instance, InstanceFilter, InstanceName, NewInstance, TagFilter};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::rejection::{InstanceRejection, Rejection};

use crate::operations::Error;
use crate::ports::instances::{Instances, Registration};
use crate::retry::{Tried, retry_stale, unless_stale};

/// Registers an on-premises instance with the given id. Its name and its identity must not be those of another that
/// is registered.
pub async fn register_instance(
    instances: &impl Instances,
    request: &NewInstance,
    id: String,
    now: Timestamp,
) -> Result<(), Error> {
    let instance = Instance::new(request, id, now);
    match instances.register_instance(&instance).await? {
        Registration::Registered => Ok(()),
        Registration::NameTaken => Err(InstanceRejection::AlreadyExists(instance.name).into()),
        Registration::IdentityTaken(by) => {
            Err(InstanceRejection::IdentityTaken { identity: instance.identity, by }.into())
        }
    }
}

/// Deregisters an on-premises instance. One that is not registered needs nothing.
pub async fn deregister_instance(instances: &impl Instances, name: &InstanceName, now: Timestamp) -> Result<(), Error> {
    let change = |_: &InstanceName, found: Option<Instance>| {
        Ok(found.map(|mut instance| {
            instance.deregister(now);
            instance
        }))
    };
    change_instances(instances, std::slice::from_ref(name), change).await
}

/// An on-premises instance by name, also when it has been deregistered.
pub async fn find_instance(instances: &impl Instances, name: &InstanceName) -> Result<Instance, Error> {
    let found = instances.instances(std::slice::from_ref(name)).await?.pop();
    Ok(found.ok_or_else(|| InstanceRejection::NotRegistered(name.clone()))?)
}

/// On-premises instances by name. Those that were never registered are left out.
pub async fn find_instances(instances: &impl Instances, names: &[InstanceName]) -> Result<Vec<Instance>, Error> {
    Ok(instances.instances(names).await?)
}

/// The names of on-premises instances.
pub async fn list_instances(
    instances: &impl Instances,
    filter: &InstanceFilter,
    after: Option<&str>,
) -> Result<Page<InstanceName>, Error> {
    Ok(instances.list_instances(filter, after).await?)
}

/// Gives all of these instances these tags, or none of them any.
pub async fn tag_instances(
    instances: &impl Instances,
    names: &[InstanceName],
    tags: &[Tag],
    quotas: &Quotas,
) -> Result<(), Error> {
    let most = quotas.instance_tags;
    let change = |name: &InstanceName, found: Option<Instance>| {
        let mut instance = found.ok_or_else(|| InstanceRejection::NotRegistered(name.clone()))?;
        if !instance.add_tags(tags) {
            return Ok(None);
        }
        if instance.tags.len() > most {
            return Err(InstanceRejection::TooManyTags { instance: instance.name, tags: instance.tags.len(), most });
        }
        Ok(Some(instance))
    };
    change_instances(instances, names, change).await
}

/// How often a change is tried again after somebody else came first.
const MOST_TRIES: usize = 8;

/// Reads these instances, and writes what `change` makes of those that are registered: all of it, or nothing. It
/// answers `None` for what stays as it is.
pub(crate) async fn change_instances(
    instances: &impl Instances,
    names: &[InstanceName],
    change: impl Fn(&InstanceName, Option<Instance>) -> Result<Option<Instance>, InstanceRejection>,
) -> Result<(), Error> {
    let changed = retry_stale(MOST_TRIES, async || {
        let mut found = instances.instances(names).await?;
        found.retain(Instance::is_registered);
        let mut changed = Vec::new();
        for name in names {
            let own = found.iter().position(|instance| instance.name == *name).map(|index| found.swap_remove(index));
            changed.extend(change(name, own)?);
        }
        if changed.is_empty() {
            return Ok(Tried::Break(()));
        }
        Ok::<_, Error>(unless_stale(instances.replace_instances(&changed).await)?)
    });
    let conflict = || {
        let names: Vec<&str> = names.iter().map(InstanceName::as_str).collect();
        Rejection::Conflict(format!("On-premises instance {}", names.join(" or ")))
    };
    Ok(changed.await?.ok_or_else(conflict)?)
}

/// Takes from all of these instances the tags that fit, or from none of them any. Tags that they do not have need
/// nothing.
pub async fn untag_instances(
    instances: &impl Instances,
    names: &[InstanceName],
    tags: &[TagFilter],
) -> Result<(), Error> {
    let change = |name: &InstanceName, found: Option<Instance>| {
        let mut instance = found.ok_or_else(|| InstanceRejection::NotRegistered(name.clone()))?;
        Ok(instance.remove_tags(tags).then_some(instance))
    };
    change_instances(instances, names, change).await
}
