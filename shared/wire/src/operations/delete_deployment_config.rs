//! DeleteDeploymentConfig.

use spillway_domain::names::ConfigName;

use super::get_deployment_config;
use crate::{Context, Exception};

/// The request.
pub fn parse(body: &[u8], cx: &Context) -> Result<ConfigName, Exception> {
    get_deployment_config::parse(body, cx)
}
