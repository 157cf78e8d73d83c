//! GetDeploymentConfig.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::DeploymentConfig;
use spillway_domain::names::ConfigName;

use crate::input::{CONFIG, config_name, read};
use crate::shapes::deployment_config_info;
use crate::{Context, Exception};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_config_name: Option<String>,
}

/// The request. A name that describes itself, `Steps.…`, is a routing from here on.
pub fn parse(body: &[u8], _: &Context) -> Result<ConfigName, Exception> {
    let input: Input = read(body)?;
    config_name(input.deployment_config_name)?.ok_or_else(|| CONFIG.missing())
}

/// The answer. A configuration without a moment of creation, one that nobody made, gets its id and moment here.
pub fn render(_: &ConfigName, config: &DeploymentConfig, _: &Context) -> Value {
    json!({ "deploymentConfigInfo": deployment_config_info::render(config) })
}
