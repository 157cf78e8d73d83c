//! CreateDeploymentConfig.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::{ComputePlatform, DeploymentConfig, NewConfig, Strategy};
use spillway_domain::names::ConfigName;
use spillway_domain::words::cut;

use crate::input::{CONFIG, Object, read};
use crate::shapes::{minimum_healthy_hosts, platform, traffic_routing, zonal_config};
use crate::{Context, Exception};

/// Names that describe themselves, and names of the predefined configurations.
const RESERVED: [(&str, &str); 2] = [
    ("Steps.", "such a name describes itself and needs no creation; use it as it is"),
    ("CodeDeployDefault.", "such names are those of the predefined configurations; choose another"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_config_name: Option<String>,
    minimum_healthy_hosts: Option<Object<minimum_healthy_hosts::Input>>,
    traffic_routing_config: Option<Object<traffic_routing::Input>>,
    compute_platform: Option<String>,
    zonal_config: Option<Object<zonal_config::Input>>,
}

/// The request. Without a platform a configuration is for servers, as in CodeDeploy.
pub fn parse(body: &[u8], _: &Context) -> Result<NewConfig, Exception> {
    let input: Input = read(body)?;
    let given = input.deployment_config_name.ok_or_else(|| CONFIG.missing())?;
    if let Some((prefix, why)) = RESERVED.iter().find(|(prefix, _)| given.starts_with(prefix)) {
        return Err(Exception::new(
            CONFIG.invalid,
            format!("deploymentConfigName: '{}' begins with {prefix} and cannot be created: {why}.", cut(&given, 120)),
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

/// The answer.
pub fn render(_: &NewConfig, config: &DeploymentConfig, _: &Context) -> Value {
    json!({ "deploymentConfigId": config.id })
}
