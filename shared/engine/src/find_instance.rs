//! GetOnPremisesInstance.

use spillway_domain::catalog::instance::{Instance, InstanceName};
use spillway_domain::rejection::Rejection;

use crate::{Error, Instances};

/// An on-premises instance by name, also when it has been deregistered.
pub async fn find_instance(instances: &impl Instances, name: &InstanceName) -> Result<Instance, Error> {
    let found = instances.instances(std::slice::from_ref(name)).await?.pop();
    Ok(found.ok_or_else(|| Rejection::NotRegistered(name.clone()))?)
}
