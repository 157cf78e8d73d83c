//! Waiting for longer than a custom resource may: a chain of them, each of which waits for a part.

use serde_json::{Value, json};
use spillway_domain::Routing;

use crate::alias::Alias;
use crate::duration::routings;
use crate::fragment::Members;
use crate::settings::Settings;

/// How long one resource waits; it has to answer within an hour.
const MINUTES_OF_A_LINK: u64 = 55;
/// How long a hook may take.
const MINUTES_OF_A_HOOK: u64 = 60;
/// What a step takes besides its wait, with functions that start cold.
const SECONDS_OF_A_STEP: u64 = 2;
/// What a deployment takes besides its steps and its hooks.
const SECONDS_OF_THE_REST: u64 = 60;
/// What any of this may take longer than it should: a tenth of all, and this. A resource too many costs nothing; with one
/// too few, a deployment that is only slow is rolled back.
const SECONDS_OF_SLACK: u64 = 5 * 60;

/// How many resources have to wait after the alias itself.
pub(crate) fn links(resources: &Members, alias: &Alias<'_>, settings: &Settings) -> u64 {
    if !settings.waits {
        return 0;
    }
    let shift = match routings(resources, alias.group()) {
        Some(known) => known.iter().map(seconds).max().unwrap_or_default(),
        None => settings.longest_shift_minutes * 60,
    };
    let hooks: u64 = alias.hooks().map(|_| MINUTES_OF_A_HOOK * 60).sum();
    let all = shift + SECONDS_OF_THE_REST + hooks;
    (all + all / 10 + SECONDS_OF_SLACK).div_ceil(MINUTES_OF_A_LINK * 60).saturating_sub(1)
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
