//! `ZonalConfig`.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::config::ZonalConfig;

use crate::codedeploy::configuration::minimum_healthy_hosts::{self, Fault};
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::Object;

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    first_zone_monitor_duration_in_seconds: Option<i64>,
    monitor_duration_in_seconds: Option<i64>,
    minimum_healthy_hosts_per_zone: Option<Object<minimum_healthy_hosts::Input>>,
}

const FIRST: &str = "firstZoneMonitorDurationInSeconds";
const EACH: &str = "monitorDurationInSeconds";
const HOSTS: &str = "minimumHealthyHostsPerZone";

/// What is given, checked.
pub(crate) fn parse(input: Input) -> Result<ZonalConfig, Exception> {
    let hosts = input.minimum_healthy_hosts_per_zone.map(|Object(given)| minimum_healthy_hosts::read(given));
    Ok(ZonalConfig {
        first_monitor_seconds: seconds(FIRST, input.first_zone_monitor_duration_in_seconds)?,
        monitor_seconds: seconds(EACH, input.monitor_duration_in_seconds)?,
        hosts_per_zone: hosts.transpose().map_err(|fault| {
            invalid(match fault {
                Fault::Percent(_) => "The value of the 'Minimum health hosts per zone' setting when configured with a \
                                      'Type' value of 'FLEET_PERCENT' must be positive and less than 100."
                    .to_owned(),
                Fault::Words(words) => format!("{HOSTS}.{words}"),
            })
        })?,
    })
}

fn seconds(member: &str, given: Option<i64>) -> Result<Option<u32>, Exception> {
    let parsed = given.map(|given| {
        u32::try_from(given)
            .map_err(|_| invalid(format!("{member} {given} is not valid: it may be from 0 to {} seconds.", u32::MAX)))
    });
    parsed.transpose()
}

/// As it is shown: what was given.
pub(crate) fn render(zones: ZonalConfig) -> Value {
    let members = [
        (FIRST, zones.first_monitor_seconds.map(|seconds| json!(seconds))),
        (EACH, zones.monitor_seconds.map(|seconds| json!(seconds))),
        (HOSTS, zones.hosts_per_zone.map(minimum_healthy_hosts::render)),
    ];
    let given = members.into_iter().filter_map(|(member, value)| Some((member.to_owned(), value?)));
    Value::Object(given.collect::<Map<String, Value>>())
}

/// The exception for everything about it.
pub(crate) fn invalid(words: String) -> Exception {
    Exception::new("InvalidZonalDeploymentConfigurationException", words)
}
