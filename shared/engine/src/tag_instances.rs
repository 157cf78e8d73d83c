//! AddTagsToOnPremisesInstances.

use spillway_domain::catalog::instance::{Instance, InstanceName};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::tags::Tag;
use spillway_domain::problem::ProblemKind;
use spillway_domain::rejection::Rejection;

use crate::{Error, Instances};

/// Gives all of these instances these tags, or none of them any.
pub async fn tag_instances(
    instances: &impl Instances,
    names: &[InstanceName],
    tags: &[Tag],
    quotas: &Quotas,
) -> Result<(), Error> {
    let most = quotas.instance_tags;
    let change = |name: &InstanceName, found: Option<Instance>| {
        let mut instance = found.ok_or_else(|| Rejection::NotRegistered(name.clone()))?;
        if !instance.add_tags(tags) {
            return Ok(None);
        }
        if instance.tags.len() > most {
            return Err(Rejection::TooManyInstanceTags { instance: instance.name, tags: instance.tags.len(), most });
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
    change: impl Fn(&InstanceName, Option<Instance>) -> Result<Option<Instance>, Rejection>,
) -> Result<(), Error> {
    for _ in 0..MOST_TRIES {
        let mut found = instances.instances(names).await?;
        found.retain(Instance::is_registered);
        let mut changed = Vec::new();
        for name in names {
            let own = found.iter().position(|instance| instance.name == *name).map(|index| found.swap_remove(index));
            changed.extend(change(name, own)?);
        }
        if changed.is_empty() {
            return Ok(());
        }
        match instances.replace_instances(&changed).await {
            Err(problem) if problem.kind == ProblemKind::Stale => {}
            written => return Ok(written?),
        }
    }
    let names: Vec<&str> = names.iter().map(InstanceName::as_str).collect();
    Err(Rejection::Conflict(format!("On-premises instance {}", names.join(" or "))).into())
}
