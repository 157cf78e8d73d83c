//! On-premises instances.

use spillway_domain::catalog::instance::{Instance, InstanceFilter, InstanceName};
use spillway_domain::catalog::page::Page;
use spillway_domain::problem::Problem;

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// It was written.
    Registered,
    /// A registered instance has the name.
    NameTaken,
    /// This registered instance has the identity.
    IdentityTaken(InstanceName),
}

/// The on-premises instances.
pub trait Instances {
    /// Those of these that are registered, or were, as they are at this moment, in the order of the names, of which
    /// none is given twice.
    async fn instances(&self, names: &[InstanceName]) -> Result<Vec<Instance>, Problem>;
    /// Writes an instance, over one of its name that was deregistered.
    async fn register_instance(&self, instance: &Instance) -> Result<Registration, Problem>;
    /// Writes all of these over the generation before, or none;
    /// [`Stale`](spillway_domain::problem::ProblemKind::Stale) when one was written since. The identity of one that is
    /// deregistered with it is free.
    async fn replace_instances(&self, instances: &[Instance]) -> Result<(), Problem>;
    /// The names of instances, in order. A page may have few or none, and others after it all the same.
    async fn list_instances(&self, filter: &InstanceFilter, after: Option<&str>)
    -> Result<Page<InstanceName>, Problem>;
}
