//! `MinimumHealthyHosts`, of the whole fleet or per zone.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::HealthyHosts;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::one_of;

/// As it is given.
#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<i64>,
}

/// What is wrong with it.
pub(crate) enum Fault {
    /// It is no percentage below 100.
    Percent(i64),
    /// Anything else, after the name of the member.
    Words(String),
}

/// What is given for the whole fleet, checked.
pub(crate) fn parse(input: Input) -> Result<HealthyHosts, Exception> {
    read(input).map_err(|fault| {
        invalid(match fault {
            Fault::Percent(value) => {
                format!("minimumHealthyHosts.value {value} of type FLEET_PERCENT should be positive and less than 100")
            }
            Fault::Words(words) => format!("minimumHealthyHosts.{words}"),
        })
    })
}

/// What is given.
pub(crate) fn read(input: Input) -> Result<HealthyHosts, Fault> {
    let Some(value) = input.value else {
        return Err(Fault::Words("value is required and was not given.".to_owned()));
    };
    let number = u32::try_from(value);
    let kinds = [HealthyHosts::HostCount(0), HealthyHosts::FleetPercent(0)];
    let kind = one_of(&input.kind.unwrap_or_default(), kinds, text);
    match (kind.map_err(|words| Fault::Words(format!("type {words}")))?, number) {
        (HealthyHosts::FleetPercent(_), Ok(percent)) if percent < 100 => Ok(HealthyHosts::FleetPercent(percent)),
        (HealthyHosts::FleetPercent(_), _) => Err(Fault::Percent(value)),
        (HealthyHosts::HostCount(_) | HealthyHosts::MostConcurrency(_), Ok(count)) => {
            Ok(HealthyHosts::HostCount(count))
        }
        (HealthyHosts::HostCount(_) | HealthyHosts::MostConcurrency(_), Err(_)) => {
            Err(Fault::Words(format!("value {value} of type HOST_COUNT should be 0 or a positive number of hosts.")))
        }
    }
}

/// As it is shown. MOST_CONCURRENCY cannot be given, but is what CodeDeploy shows of its OneAtATime.
pub(crate) fn render(hosts: HealthyHosts) -> Value {
    let (HealthyHosts::HostCount(value) | HealthyHosts::FleetPercent(value) | HealthyHosts::MostConcurrency(value)) =
        hosts;
    json!({ "type": text(hosts), "value": value })
}

fn text(hosts: HealthyHosts) -> &'static str {
    match hosts {
        HealthyHosts::HostCount(_) => "HOST_COUNT",
        HealthyHosts::FleetPercent(_) => "FLEET_PERCENT",
        HealthyHosts::MostConcurrency(_) => "MOST_CONCURRENCY",
    }
}

/// The exception for everything about it.
pub(crate) fn invalid(words: String) -> Exception {
    Exception::new("InvalidMinimumHealthyHostValueException", words)
}
