//! DeregisterOnPremisesInstance.

use spillway_domain::catalog::instance::InstanceName;

use super::get_on_premises_instance;
use crate::{Context, Exception};

/// The instance.
pub fn parse(body: &[u8], cx: &Context) -> Result<InstanceName, Exception> {
    get_on_premises_instance::parse(body, cx)
}
