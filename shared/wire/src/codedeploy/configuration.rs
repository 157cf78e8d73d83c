//! Deployment configurations.

pub(crate) mod deployment_config_info;
pub(crate) mod minimum_healthy_hosts;
pub(crate) mod traffic_routing;
pub(crate) mod zonal_config;

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::{ComputePlatform, DeploymentConfig, NewConfig, Strategy};
use spillway_domain::catalog::page::Page;
use spillway_domain::names::ConfigName;
use spillway_domain::rejection::ConfigurationRejection;
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{CONFIG, Object, config_name, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::shapes::platform;
use crate::codedeploy::token;

/// Names that describe themselves, and names of the predefined configurations.
const RESERVED: [(&str, &str); 2] = [
    ("Steps.", "such a name describes itself and needs no creation; use it as it is"),
    ("CodeDeployDefault.", "such names are those of the predefined configurations; choose another"),
];

/// Creates a deployment configuration.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDeploymentConfig {
    deployment_config_name: Option<String>,
    minimum_healthy_hosts: Option<Object<minimum_healthy_hosts::Input>>,
    traffic_routing_config: Option<Object<traffic_routing::Input>>,
    compute_platform: Option<String>,
    zonal_config: Option<Object<zonal_config::Input>>,
}

impl CreateDeploymentConfig {
    /// The request. Without a platform a configuration is for servers, as in CodeDeploy.
    pub fn parse(body: &[u8], _: &Context) -> Result<NewConfig, Exception> {
        let input: Self = read(body)?;
        let given = input.deployment_config_name.ok_or_else(|| CONFIG.missing())?;
        if let Some((prefix, why)) = RESERVED.iter().find(|(prefix, _)| given.starts_with(prefix)) {
            return Err(Exception::new(
                CONFIG.invalid,
                format!(
                    "deploymentConfigName: '{}' begins with {prefix} and cannot be created: {why}.",
                    cut(&given, 120)
                ),
            ));
        }
        let name: ConfigName = CONFIG.required(Some(given))?;
        let platform = platform::parse(input.compute_platform)?;
        let hosts = input.minimum_healthy_hosts.map(|Object(hosts)| hosts);
        let routing = input.traffic_routing_config.map(|Object(routing)| routing);
        let zones = input.zonal_config.map(|Object(zones)| zones);
        let strategy = match platform {
            ComputePlatform::Server => server(hosts, routing, zones)?,
            ComputePlatform::Lambda | ComputePlatform::Ecs => shift(platform, hosts, routing, zones)?,
        };
        Ok(NewConfig { name, platform, strategy })
    }

    /// The answer.
    pub fn render(_: &NewConfig, config: &DeploymentConfig, _: &Context) -> Value {
        json!({ "deploymentConfigId": config.id })
    }
}

fn server(
    hosts: Option<minimum_healthy_hosts::Input>,
    routing: Option<traffic_routing::Input>,
    zones: Option<zonal_config::Input>,
) -> Result<Strategy, Exception> {
    if routing.is_some() {
        return Err(traffic_routing::invalid(
            "Traffic routing configuration should be null for Server deployment configuration".to_owned(),
        ));
    }
    let hosts =
        hosts.ok_or_else(|| minimum_healthy_hosts::invalid("minimum healthy hosts argument is missing".to_owned()))?;
    let hosts = minimum_healthy_hosts::parse(hosts)?;
    match zones {
        Some(zones) => Ok(Strategy::HostsByZone { hosts, zones: zonal_config::parse(zones)? }),
        None => Ok(Strategy::Hosts(hosts)),
    }
}

fn shift(
    platform: ComputePlatform,
    hosts: Option<minimum_healthy_hosts::Input>,
    routing: Option<traffic_routing::Input>,
    zones: Option<zonal_config::Input>,
) -> Result<Strategy, Exception> {
    if hosts.is_some() {
        return Err(minimum_healthy_hosts::invalid(format!(
            "minimum healthy hosts should be null for {} deployment configuration",
            platform::text(platform)
        )));
    }
    let routing = routing.ok_or_else(|| {
        traffic_routing::invalid(
            "Traffic routing configuration cannot be null nor empty for deployment configurations on this platform."
                .to_owned(),
        )
    })?;
    let strategy = traffic_routing::parse(routing)?;
    if zones.is_some() {
        return Err(zonal_config::invalid("Zonal deployments are only supported with EC2 deployments.".to_owned()));
    }
    Ok(strategy)
}

/// Shows a deployment configuration.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeploymentConfig {
    deployment_config_name: Option<String>,
}

impl GetDeploymentConfig {
    /// The request. A name that describes itself, `Steps.…`, is a routing from here on.
    pub fn parse(body: &[u8], _: &Context) -> Result<ConfigName, Exception> {
        let input: Self = read(body)?;
        config_name(input.deployment_config_name)?.ok_or_else(|| CONFIG.missing())
    }

    /// The answer. A configuration without a moment of creation, which no caller created, gets its id and moment here.
    pub fn render(_: &ConfigName, config: &DeploymentConfig, _: &Context) -> Value {
        json!({ "deploymentConfigInfo": deployment_config_info::render(config) })
    }
}

/// Lists the names of deployment configurations.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeploymentConfigs {
    next_token: Option<String>,
}

impl ListDeploymentConfigs {
    /// The key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<Option<String>, Exception> {
        let input: Self = read(body)?;
        token::read(&cx.seal, Operation::ListDeploymentConfigs, "", input.next_token.as_deref())
    }

    /// The answer. Names of configurations, predefined ones and others.
    pub fn render(_: &Option<String>, page: &Page<impl fmt::Display>, cx: &Context) -> Value {
        Value::Object(token::render_page(&cx.seal, Operation::ListDeploymentConfigs, "", "deploymentConfigsList", page))
    }
}

/// Deletes a deployment configuration. Its request is that of [`GetDeploymentConfig`].
pub struct DeleteDeploymentConfig;

impl DeleteDeploymentConfig {
    /// The request.
    pub fn parse(body: &[u8], cx: &Context) -> Result<ConfigName, Exception> {
        GetDeploymentConfig::parse(body, cx)
    }
}

impl From<ConfigurationRejection> for Exception {
    fn from(rejection: ConfigurationRejection) -> Self {
        let (name, message) = match rejection {
            ConfigurationRejection::DoesNotExist { name, platform } => {
                let meant = ConfigName::suggestion(name.as_str(), platform);
                let meant = meant.map_or_else(String::new, |meant| format!(". Did you mean {meant}?"));
                (
                    "DeploymentConfigDoesNotExistException",
                    format!("No Deployment Configuration found for name: {name}{meant}"),
                )
            }
            ConfigurationRejection::AlreadyExists(name) => (
                "DeploymentConfigAlreadyExistsException",
                format!("Deployment configuration already exists with the name: {name}"),
            ),
            ConfigurationRejection::ForOtherPlatform { config, expected } => (
                "InvalidDeploymentConfigNameException",
                format!(
                    "Compute platform of deployment config {config} does not match expected compute platform, correct \
                     compute platform should be {}.",
                    platform::text(expected)
                ),
            ),
            ConfigurationRejection::TooFine { config } => (
                "InvalidDeploymentConfigNameException",
                format!(
                    "The deployment configuration {} has steps of hundredths of a percent, but the weights of a load \
                     balancer are in tenths of a percent. Choose one whose steps are, such as Steps.0.5@5m.",
                    cut(config.as_str(), 120)
                ),
            ),
            ConfigurationRejection::InUse(name) => (
                "DeploymentConfigInUseException",
                format!(
                    "The deployment configuration {name} is in use by a deployment group, and was not deleted. Give the \
                     groups that name it another one first."
                ),
            ),
            ConfigurationRejection::BuiltIn(name) => (
                "InvalidOperationException",
                format!(
                    "The deployment configuration {} is predefined, and cannot be deleted.",
                    cut(name.as_str(), 120)
                ),
            ),
        };
        Self::new(name, message)
    }
}
