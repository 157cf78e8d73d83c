//! GetDeploymentGroup.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState};
use spillway_domain::names::{ApplicationName, GroupName};

use crate::input::{APPLICATION, GROUP, read};
use crate::shapes::deployment_group_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
}

/// The request.
pub fn parse(body: &[u8], _: &Context) -> Result<(ApplicationName, GroupName), Exception> {
    let input: Input = read(body)?;
    Ok((APPLICATION.required(input.application_name)?, GROUP.required(input.deployment_group_name)?))
}

/// The answer.
pub fn render(
    _: &(ApplicationName, GroupName),
    (application, group, state): &(Application, DeploymentGroup, GroupState),
    _: &Context,
) -> Value {
    json!({ "deploymentGroupInfo": deployment_group_info::render(application, group, state) })
}
