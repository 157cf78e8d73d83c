//! BatchGetOnPremisesInstances.

use spillway_domain::catalog::instance::{Instance, InstanceName};

use crate::{Error, Instances};

/// On-premises instances by name. Those that were never registered are left out.
pub async fn find_instances(instances: &impl Instances, names: &[InstanceName]) -> Result<Vec<Instance>, Error> {
    Ok(instances.instances(names).await?)
}
