//! `MinimumHealthyHosts`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::HealthyHosts;

use crate::Exception;
use crate::input::cut;

/// As it is given.
#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<i64>,
}

/// What is given, checked.
pub(crate) fn parse(input: Input) -> Result<HealthyHosts, Exception> {
    let Some(value) = input.value else {
        return Err(invalid("minimumHealthyHosts.value is required and was not given.".to_owned()));
    };
    match (input.kind.as_deref(), u32::try_from(value)) {
        (Some("HOST_COUNT"), Ok(count)) => Ok(HealthyHosts::HostCount(count)),
        (Some("HOST_COUNT"), Err(_)) => Err(invalid(format!(
            "minimumHealthyHosts.value {value} of type HOST_COUNT should be 0 or a positive number of hosts."
        ))),
        (Some("FLEET_PERCENT"), Ok(percent)) if percent < 100 => Ok(HealthyHosts::FleetPercent(percent)),
        (Some("FLEET_PERCENT"), _) => Err(invalid(format!(
            "minimumHealthyHosts.value {value} of type FLEET_PERCENT should be positive and less than 100"
        ))),
        (kind, _) => Err(invalid(format!(
            "minimumHealthyHosts.type '{}' is not valid. Valid values are [HOST_COUNT, FLEET_PERCENT]",
            cut(kind.unwrap_or_default(), 120)
        ))),
    }
}

/// As it is shown. MOST_CONCURRENCY cannot be given, but is what CodeDeploy shows of its OneAtATime.
pub(crate) fn render(hosts: HealthyHosts) -> Value {
    let (kind, value) = match hosts {
        HealthyHosts::HostCount(count) => ("HOST_COUNT", count),
        HealthyHosts::FleetPercent(percent) => ("FLEET_PERCENT", percent),
        HealthyHosts::MostConcurrency(count) => ("MOST_CONCURRENCY", count),
    };
    json!({ "type": kind, "value": value })
}

/// The exception for everything about it.
pub(crate) fn invalid(words: String) -> Exception {
    Exception::new("InvalidMinimumHealthyHostValueException", words)
}
