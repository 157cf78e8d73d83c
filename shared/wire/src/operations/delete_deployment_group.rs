//! DeleteDeploymentGroup.

use serde_json::{Value, json};
use spillway_domain::names::{ApplicationName, GroupName};

use super::get_deployment_group;
use crate::{Context, Exception};

/// The request.
pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, GroupName), Exception> {
    get_deployment_group::parse(body, cx)
}

/// The answer.
pub fn render(_: &(ApplicationName, GroupName), (): &(), _: &Context) -> Value {
    json!({ "hooksNotCleanedUp": [] })
}
