//! CreateDeploymentGroup.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::{ConfigName, DeploymentGroup, NewGroup};

use crate::input::{APPLICATION, GROUP, Object, ROLE, read};
use crate::shapes::{group_settings, tags};
use crate::{Context, Exception};

/// What a group shifts by that names no configuration. CodeDeploy takes its OneAtATime, which is for servers, and then
/// refuses the group.
const DEFAULT_CONFIG: &str = "CodeDeployDefault.LambdaAllAtOnce";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    service_role_arn: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

/// The request. `deploymentStyle` may be left out; for a Lambda deployment group there is only one. Without
/// `deploymentConfigName` it is `CodeDeployDefault.LambdaAllAtOnce`.
pub fn parse(body: &[u8], cx: &Context) -> Result<NewGroup, Exception> {
    let input: Input = read(body)?;
    let settings: group_settings::Input = read(body)?;
    let application = APPLICATION.required(input.application_name)?;
    let name = GROUP.required(input.deployment_group_name)?;
    let role = ROLE.required(input.service_role_arn)?;
    let settings = group_settings::parse(settings, &cx.quotas)?;
    Ok(NewGroup {
        application,
        name,
        config: settings.config.unwrap_or_else(default_config),
        role,
        alarms: settings.alarms.unwrap_or_default(),
        rollback: settings.rollback.unwrap_or_default(),
        triggers: settings.triggers.unwrap_or_default(),
        tags: tags::parse(input.tags, &cx.quotas)?,
    })
}

fn default_config() -> ConfigName {
    DEFAULT_CONFIG.parse().expect("a predefined name is well-formed")
}

/// The answer.
pub fn render(_: &NewGroup, group: &DeploymentGroup, _: &Context) -> Value {
    json!({ "deploymentGroupId": group.id })
}
