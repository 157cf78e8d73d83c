//! `DeploymentConfigInfo`.

use jiff::Timestamp;
use serde_json::{Value, json};
use spillway_domain::catalog::config::{DeploymentConfig, Strategy};
use uuid::Uuid;

use crate::codedeploy::configuration::{minimum_healthy_hosts, traffic_routing, zonal_config};
use crate::codedeploy::shapes::{platform, time};

/// When the configurations that no caller created are said to have been created: in the month of CodeDeploy's first for Lambda.
const ALWAYS: Timestamp = Timestamp::constant(1_511_460_000, 0);

/// As it is shown. A configuration that no caller created has an id that follows from its name.
pub(crate) fn render(config: &DeploymentConfig) -> Value {
    let name = config.name.as_str();
    let (id, created_at) = match config.created_at {
        Some(at) => (config.id.clone(), at),
        None => (Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string(), ALWAYS),
    };
    let mut info = json!({
        "deploymentConfigId": id,
        "deploymentConfigName": name,
        "createTime": time::render(created_at),
        "computePlatform": platform::text(config.platform),
    });
    if let Some(routing) = traffic_routing::render(&config.strategy) {
        info["trafficRoutingConfig"] = routing;
    }
    let (hosts, zones) = match config.strategy {
        Strategy::Hosts(hosts) => (Some(hosts), None),
        Strategy::HostsByZone { hosts, zones } => (Some(hosts), Some(zones)),
        Strategy::AllAtOnce
        | Strategy::TimeBasedCanary { .. }
        | Strategy::TimeBasedLinear { .. }
        | Strategy::Steps(_) => (None, None),
    };
    if let Some(hosts) = hosts {
        info["minimumHealthyHosts"] = minimum_healthy_hosts::render(hosts);
    }
    if let Some(zones) = zones {
        info["zonalConfig"] = zonal_config::render(zones);
    }
    info
}
