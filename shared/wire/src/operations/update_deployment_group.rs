//! UpdateDeploymentGroup.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::group::{DeploymentGroup, GroupChange};

use crate::input::{APPLICATION, CURRENT_GROUP, NEW_GROUP, ROLE, read};
use crate::shapes::group_settings;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    current_deployment_group_name: Option<String>,
    new_deployment_group_name: Option<String>,
    service_role_arn: Option<String>,
}

/// The request. What is absent stays; an empty list, or a block that is not enabled, takes a setting away.
pub fn parse(body: &[u8], cx: &Context) -> Result<GroupChange, Exception> {
    let input: Input = read(body)?;
    let settings: group_settings::Input = read(body)?;
    let application = APPLICATION.required(input.application_name)?;
    let group = CURRENT_GROUP.required(input.current_deployment_group_name)?;
    let name = NEW_GROUP.optional(input.new_deployment_group_name)?;
    let role = ROLE.optional(input.service_role_arn)?;
    let settings = group_settings::parse(settings, cx)?;
    Ok(GroupChange { application, group, name, role, settings })
}

/// The answer.
pub fn render(_: &GroupChange, _: &DeploymentGroup, _: &Context) -> Value {
    json!({ "hooksNotCleanedUp": [] })
}
