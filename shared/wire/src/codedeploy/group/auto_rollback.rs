//! `AutoRollbackConfiguration`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::rollback::{AutoRollback, AutoRollbackEvent};
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;

const EVENTS: [AutoRollbackEvent; 3] = [
    AutoRollbackEvent::DeploymentFailure,
    AutoRollbackEvent::DeploymentStopOnAlarm,
    AutoRollbackEvent::DeploymentStopOnRequest,
];

/// As it is given.
#[derive(Deserialize)]
pub(crate) struct Input {
    enabled: Option<bool>,
    events: Option<Vec<String>>,
}

/// What is given, checked.
pub(crate) fn parse(input: Input) -> Result<AutoRollback, Exception> {
    let invalid = |words: String| Exception::new("InvalidAutoRollbackConfigException", words);
    let enabled = input.enabled.unwrap_or(false);
    let mut events = Vec::new();
    for (n, given) in input.events.unwrap_or_default().into_iter().enumerate() {
        let Some(event) = EVENTS.into_iter().find(|event| text(*event) == given) else {
            return Err(invalid(format!(
                "events[{n}]: '{}' is not an event of automatic rollback. Valid values are [{}]",
                cut(&given, 120),
                EVENTS.map(text).join(", ")
            )));
        };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    if enabled && events.is_empty() {
        return Err(invalid(
            "Deployment Groups need to have at least one event specified when auto rollback is enabled".to_owned(),
        ));
    }
    Ok(AutoRollback { enabled, events })
}

/// As it is shown.
pub(crate) fn render(rollback: &AutoRollback) -> Value {
    let events: Vec<&str> = rollback.events.iter().copied().map(text).collect();
    json!({ "enabled": rollback.enabled, "events": events })
}

fn text(event: AutoRollbackEvent) -> &'static str {
    match event {
        AutoRollbackEvent::DeploymentFailure => "DEPLOYMENT_FAILURE",
        AutoRollbackEvent::DeploymentStopOnAlarm => "DEPLOYMENT_STOP_ON_ALARM",
        AutoRollbackEvent::DeploymentStopOnRequest => "DEPLOYMENT_STOP_ON_REQUEST",
    }
}
