//! `TrafficRoutingConfig`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::config::Strategy;
use spillway_domain::catalog::routing::{MAX_TOTAL_WAIT_MINUTES, Routing};
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::Object;

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    #[serde(rename = "type")]
    kind: Option<String>,
    time_based_canary: Option<Object<CanaryInput>>,
    time_based_linear: Option<Object<LinearInput>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CanaryInput {
    canary_percentage: Option<i64>,
    canary_interval: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinearInput {
    linear_percentage: Option<i64>,
    linear_interval: Option<i64>,
}

/// What is given, checked.
pub(crate) fn parse(input: Input) -> Result<Strategy, Exception> {
    let Some(kind) = input.kind.filter(|kind| !kind.is_empty()) else {
        return Err(invalid("trafficRoutingConfig.type is required and was not given.".to_owned()));
    };
    let null = |name: &str| invalid(format!("TimeBased{name}Configuration should be null for {kind} type"));
    let needed = |name: &str| invalid(format!("TimeBased{name}Configuration should not be null for {kind} type"));
    match (kind.as_str(), input.time_based_canary, input.time_based_linear) {
        ("AllAtOnce", None, None) => Ok(Strategy::AllAtOnce),
        ("AllAtOnce" | "TimeBasedLinear", Some(_), _) => Err(null("Canary")),
        ("AllAtOnce" | "TimeBasedCanary", _, Some(_)) => Err(null("Linear")),
        ("TimeBasedCanary", Some(Object(block)), None) => canary(block),
        ("TimeBasedCanary", None, None) => Err(needed("Canary")),
        ("TimeBasedLinear", None, Some(Object(block))) => linear(block),
        ("TimeBasedLinear", None, None) => Err(needed("Linear")),
        (other, _, _) => Err(invalid(format!(
            "trafficRoutingConfig.type '{}' is not valid. Valid values are [TimeBasedCanary, TimeBasedLinear, AllAtOnce]",
            cut(other, 120)
        ))),
    }
}

fn canary(block: CanaryInput) -> Result<Strategy, Exception> {
    let percentage = percentage(block.canary_percentage)?;
    let minutes = minutes(block.canary_interval)
        .ok_or_else(|| invalid("Canary interval must be between 1 and 2880 minutes (2 days)".to_owned()))?;
    Ok(Strategy::TimeBasedCanary { percentage, minutes })
}

fn linear(block: LinearInput) -> Result<Strategy, Exception> {
    let percentage = percentage(block.linear_percentage)?;
    let minutes = minutes(block.linear_interval)
        .ok_or_else(|| invalid("Linear interval must be between 1 and 2880 minutes (2 days)".to_owned()))?;
    let total = u64::from(100 / percentage) * u64::from(minutes);
    if total > MAX_TOTAL_WAIT_MINUTES {
        return Err(invalid(format!(
            "Linear total duration must not be more than 2880 minutes (2 days); {percentage} percent every {minutes} \
             minutes takes {total}"
        )));
    }
    Ok(Strategy::TimeBasedLinear { percentage, minutes })
}

fn percentage(given: Option<i64>) -> Result<u32, Exception> {
    let found = given.filter(|percent| (1..=99).contains(percent)).and_then(|percent| u32::try_from(percent).ok());
    found.ok_or_else(|| invalid("Valid traffic routing percentage is from 1 to 99".to_owned()))
}

fn minutes(given: Option<i64>) -> Option<u32> {
    u32::try_from(given?).ok().filter(|minutes| (1..=2880).contains(minutes))
}

/// As it is shown; `None` for servers, and for steps that CodeDeploy has no words for.
pub(crate) fn render(strategy: &Strategy) -> Option<Value> {
    match strategy {
        Strategy::AllAtOnce => Some(json!({ "type": "AllAtOnce" })),
        Strategy::TimeBasedCanary { percentage, minutes } => Some(json!({
            "type": "TimeBasedCanary",
            "timeBasedCanary": { "canaryPercentage": percentage, "canaryInterval": minutes },
        })),
        Strategy::TimeBasedLinear { percentage, minutes } => Some(json!({
            "type": "TimeBasedLinear",
            "timeBasedLinear": { "linearPercentage": percentage, "linearInterval": minutes },
        })),
        Strategy::Steps(routing) => as_codedeploy(routing).as_ref().and_then(render),
        Strategy::Hosts(_) | Strategy::HostsByZone { .. } => None,
    }
}

/// The same steps in CodeDeploy's words, where it has some.
fn as_codedeploy(routing: &Routing) -> Option<Strategy> {
    let Some(first) = routing.steps().first() else {
        return Some(Strategy::AllAtOnce);
    };
    let minutes = first.wait_seconds / 60;
    let percentage =
        (1..=99).find(|percent| spillway_domain::percent::Percent::from_whole(*percent) == first.percent)?;
    let strategies =
        [Strategy::TimeBasedCanary { percentage, minutes }, Strategy::TimeBasedLinear { percentage, minutes }];
    strategies.into_iter().find(|strategy| strategy.routing().as_ref() == Some(routing))
}

/// The exception for everything about it.
pub(crate) fn invalid(words: String) -> Exception {
    Exception::new("InvalidTrafficRoutingConfigurationException", words)
}
