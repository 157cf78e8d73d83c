//! ListOnPremisesInstances.

use spillway_domain::catalog::instance::{InstanceFilter, InstanceName};
use spillway_domain::catalog::page::Page;

use crate::{Error, Instances};

/// The names of on-premises instances.
pub async fn list_instances(
    instances: &impl Instances,
    filter: &InstanceFilter,
    after: Option<&str>,
) -> Result<Page<InstanceName>, Error> {
    Ok(instances.list_instances(filter, after).await?)
}
