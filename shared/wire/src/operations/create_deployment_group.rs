//! CreateDeploymentGroup.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::group::{DeploymentGroup, NewGroup};

use crate::input::{APPLICATION, GROUP, Object, ROLE, read};
use crate::shapes::{group_settings, tags};
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    service_role_arn: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

/// The request.
pub fn parse(body: &[u8], cx: &Context) -> Result<NewGroup, Exception> {
    let input: Input = read(body)?;
    let settings: group_settings::Input = read(body)?;
    let application = APPLICATION.required(input.application_name)?;
    let name = GROUP.required(input.deployment_group_name)?;
    let role = ROLE.required(input.service_role_arn)?;
    let settings = group_settings::parse(settings, cx)?;
    Ok(NewGroup { application, name, role, settings, tags: tags::parse(input.tags, &cx.quotas)? })
}

/// The answer.
pub fn render(_: &NewGroup, group: &DeploymentGroup, _: &Context) -> Value {
    json!({ "deploymentGroupId": group.id })
}
