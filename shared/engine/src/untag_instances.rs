//! RemoveTagsFromOnPremisesInstances.

use spillway_domain::catalog::instance::{Instance, InstanceName, TagFilter};
use spillway_domain::rejection::Rejection;

use crate::tag_instances::change_instances;
use crate::{Error, Instances};

/// Takes from all of these instances the tags that fit, or from none of them any. Tags that they do not have need
/// nothing.
pub async fn untag_instances(
    instances: &impl Instances,
    names: &[InstanceName],
    tags: &[TagFilter],
) -> Result<(), Error> {
    let change = |name: &InstanceName, found: Option<Instance>| {
        let mut instance = found.ok_or_else(|| Rejection::NotRegistered(name.clone()))?;
        Ok(instance.remove_tags(tags).then_some(instance))
    };
    change_instances(instances, names, change).await
}
