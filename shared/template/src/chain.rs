//! Waiting for longer than a custom resource may: a chain of them, each of which waits for a part.

use serde_json::{Value, json};
use spillway_domain::{MAX_TOTAL_WAIT_MINUTES, Routing};

use crate::alias::Alias;
use crate::duration::routings;
use crate::fault::Faults;
use crate::fragment::Members;

/// How long one resource waits; it has to answer within an hour.
const MINUTES_OF_A_LINK: u64 = 55;
/// How long a hook may take.
const MINUTES_OF_A_HOOK: u64 = 60;
/// What a step takes besides its wait, with functions that start cold.
const SECONDS_OF_A_STEP: u64 = 2;
/// What a deployment takes besides its steps and its hooks.
const SECONDS_OF_THE_REST: u64 = 60;
/// How long a shift takes of which the template tells nothing.
const LONGEST_SHIFT_MINUTES: u64 = 180;
const SETTING: &str = "LongestDeploymentMinutes";

/// How many minutes a shift takes at most of which the resources tell nothing.
pub(crate) fn longest_shift(fragment: &Value, faults: &mut Faults) -> u64 {
    let own = &fragment["Metadata"]["Spillway"];
    let Some(settings) = own.as_object() else {
        if !own.is_null() {
            faults.template("'Metadata.Spillway' should be a map.");
        }
        return LONGEST_SHIFT_MINUTES;
    };
    if let Some(other) = settings.keys().find(|name| *name != SETTING) {
        faults.template(format!("'Metadata.Spillway' has no '{other}', only '{SETTING}'."));
    }
    let minutes = match settings.get(SETTING) {
        None => Some(LONGEST_SHIFT_MINUTES),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    minutes.filter(|minutes| (1..=MAX_TOTAL_WAIT_MINUTES).contains(minutes)).unwrap_or_else(|| {
        faults.template(format!(
            "'Metadata.Spillway.{SETTING}' is {}; it should be a number from 1 to {MAX_TOTAL_WAIT_MINUTES}.",
            settings[SETTING]
        ));
        LONGEST_SHIFT_MINUTES
    })
}

/// How many resources have to wait after the alias itself.
pub(crate) fn links(resources: &Members, alias: &Alias<'_>, longest_shift: u64) -> u64 {
    let shift = match routings(resources, alias.group()) {
        Some(known) => known.iter().map(seconds).max().unwrap_or_default(),
        None => longest_shift * 60,
    };
    let all = shift + SECONDS_OF_THE_REST + u64::from(alias.hooks()) * MINUTES_OF_A_HOOK * 60;
    all.div_ceil(MINUTES_OF_A_LINK * 60).saturating_sub(1)
}

fn seconds(routing: &Routing) -> u64 {
    routing.steps().iter().map(|step| u64::from(step.wait_seconds) + SECONDS_OF_A_STEP).sum()
}

/// The logical ids of the resources that wait after `alias`, which is the new id.
pub(crate) fn ids(alias: &str, links: u64) -> Vec<String> {
    (1..=links).map(|number| format!("{alias}Wait{number}")).collect()
}

/// The resources that wait after `alias`, one after the other.
pub(crate) fn resources(alias: &str, ids: &[String], condition: Option<&Value>, service_token: &str) -> Vec<Value> {
    let link = |index: usize| {
        let mut link = json!({
            "Type": "Custom::SpillwayWait",
            "Properties": {
                "ServiceToken": service_token,
                "DeploymentId": {"Fn::GetAtt": [alias, "DeploymentId"]},
            },
        });
        if index + 1 < ids.len() {
            link["Properties"]["MoreWaiting"] = true.into();
        }
        if let Some(before) = index.checked_sub(1) {
            link["DependsOn"] = ids[before].as_str().into();
        }
        if let Some(condition) = condition {
            link["Condition"] = condition.clone();
        }
        link
    };
    (0..ids.len()).map(link).collect()
}
