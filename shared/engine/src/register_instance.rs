//! RegisterOnPremisesInstance.

use jiff::Timestamp;
use spillway_domain::catalog::instance::{Instance, NewInstance};
use spillway_domain::rejection::Rejection;

use crate::{Error, Instances, Registration};

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
        Registration::NameTaken => Err(Rejection::InstanceExists(instance.name).into()),
        Registration::IdentityTaken(by) => Err(Rejection::IdentityTaken { identity: instance.identity, by }.into()),
    }
}
