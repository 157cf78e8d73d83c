//! DeregisterOnPremisesInstance.

use jiff::Timestamp;
use spillway_domain::catalog::instance::{Instance, InstanceName};

use crate::tag_instances::change_instances;
use crate::{Error, Instances};

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
