//! DeleteDeploymentGroup.

use serde_json::{Value, json};
use spillway_domain::{ApplicationName, GroupName};

use super::get_deployment_group;
use crate::Exception;

/// The request.
pub fn parse(body: &[u8]) -> Result<(ApplicationName, GroupName), Exception> {
    get_deployment_group::parse(body)
}

/// The answer.
pub fn render() -> Value {
    json!({ "hooksNotCleanedUp": [] })
}
