//! What each scene claims, compared with what was seen.

use std::fmt::Display;

use aws_sdk_codedeploy::types::LifecycleEvent;
use serde::Serialize;

use super::platform::Platform;
use super::routing::percent;
use super::scene::{Ended, Played};

/// One claim.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    /// What it is about.
    pub what: String,
    /// What was to be seen.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether that is the same.
    pub holds: bool,
}

impl Check {
    /// In a line.
    pub fn words(&self) -> String {
        let Self { what, expected, seen, holds } = self;
        if *holds { format!("✓ {what}: {seen}") } else { format!("✗ {what}: expected {expected}, seen {seen}") }
    }
}

/// The claims of a scene in which the deployment succeeds.
pub(super) fn succeeds(played: &Played) -> Vec<Check> {
    let target = played.scene.target;
    let events = played.deployment.target.events.iter();
    let (count_word, count) = played.scene.platform.events();
    let statuses: Vec<_> = events.map(|event| event.status().map_or("none", |status| status.as_str())).collect();
    let steps = played.scene.config.trim_start_matches("Steps.").split(',');
    let mut asked: Vec<&str> = steps.filter_map(|step| step.split('@').next()).collect();
    asked.push("100");
    let mut checks = vec![
        same("its status", "Succeeded", played.deployment.status()),
        same(&format!("its {count_word} lifecycle events"), vec!["Succeeded"; count].join(" "), statuses.join(" ")),
        same("the shares of the new version", asked.join(", "), shares(played)),
        same(&at_the_end(played), format!("100 % to version {target}"), &played.after.routing),
    ];
    if played.scene.platform == Platform::Ecs {
        checks.push(has_one_task_set(played));
    }
    checks.extend(as_asked(played));
    checks
}

/// The claims of a scene in which the first hook says no.
pub(super) fn is_refused_by_its_hook(played: &Played) -> Vec<Check> {
    let diagnostics = hook_words(&played.deployment).unwrap_or_else(|| "nothing".to_owned());
    let mut checks = vec![
        same("its status", "Failed", played.deployment.status()),
        same("its error", "HOOK_EXECUTION_FAILURE", error(&played.deployment).0),
        ownership(
            "the hook's own words",
            "answered a test order with an error",
            &diagnostics,
            diagnostics.contains("a test order with an error"),
        ),
        same(&at_the_end(played), &played.before.routing, &played.after.routing),
        same(played.scene.platform.mark(), &played.before.mark, &played.after.mark),
        same(&format!("how often the {} changed", played.router()), 0, played.shifts.len()),
        same(&format!("how many calls version {} answered", played.scene.target), 0, played.met),
    ];
    checks.extend(as_asked(played));
    checks
}

/// The claims of a scene in which the alarm goes off.
pub(super) fn is_rolled_back(played: &Played) -> Vec<Check> {
    let original = &played.original;
    let (status, why) = played.rollback.as_ref().map_or(("none", None), |rollback| {
        let info = rollback.info.rollback_info();
        (rollback.status(), info.and_then(|info| info.rollback_triggering_deployment_id()))
    });
    let restored = match played.alarm.as_ref().map(|alarm| alarm.to_restored) {
        Some(lasted) => (format!("{} ms", lasted.as_millis()), true),
        None => ("the alarm moved no traffic".to_owned(), false),
    };
    let mut checks = vec![
        same("its status", "Stopped", played.deployment.status()),
        same("its error", "ALARM_ACTIVE", error(&played.deployment).0),
        same("the shares of the new version", "25, 0", shares(played)),
        same(&at_the_end(played), format!("100 % to version {original}"), &played.after.routing),
        ownership("from the alarm until the traffic was back", "any time", restored.0, restored.1),
        same("the status of the rollback deployment", "Succeeded", status),
        same("the deployment that it says it rolls back", played.deployment.id(), why.unwrap_or("none")),
    ];
    if played.scene.platform == Platform::Ecs {
        checks.push(same(played.scene.platform.mark(), &played.before.mark, &played.after.mark));
    }
    checks.extend(as_asked(played));
    checks
}

/// The new version's task set is all that is left of the service's.
fn has_one_task_set(played: &Played) -> Check {
    let (before, after) = (&played.before.mark, &played.after.mark);
    let expected = format!(", version {}, PRIMARY", played.scene.target);
    let is_alone = !after.contains(';') && after.ends_with(&expected);
    ownership(played.scene.platform.mark(), &format!("another one alone{expected}"), after, is_alone && before != after)
}

fn at_the_end(played: &Played) -> String {
    format!("the {} at the end", played.router())
}

/// The shares of the new version, one after the other.
fn shares(played: &Played) -> String {
    let shares = played.shifts.iter().map(|(_, routing)| percent(routing.share(played.scene.target)).to_string());
    shares.collect::<Vec<_>>().join(", ")
}

/// The callers saw the old version alone before, what was asked for in between, and one version alone after.
fn as_asked(played: &Played) -> Vec<Check> {
    let periods = &played.periods;
    let odd: Vec<String> = periods
        .iter()
        .filter(|period| !period.is_as_asked())
        .map(|period| {
            let (asked, seen, calls) = (period.asked_percent, period.seen_percent(), period.calls);
            format!("{seen} % where {asked} % was asked for ({calls} calls)")
        })
        .collect();
    let seen = if odd.is_empty() { "as asked for".to_owned() } else { odd.join("; ") };
    let ends = [periods.first(), periods.last()].iter().flatten().map(|period| period.calls).min().unwrap_or(0);
    vec![
        same("what the callers saw", "as asked for", seen),
        ownership("the fewest calls before or after", "some", ends, ends > 0),
    ]
}

/// The code and the words with which a deployment failed.
pub(super) fn error(ended: &Ended) -> (&str, &str) {
    let error = ended.info.error_information();
    let code = error.and_then(|error| error.code()).map_or("none", |code| code.as_str());
    (code, error.and_then(|error| error.message()).unwrap_or_default())
}

/// What the hook that failed has said.
pub(super) fn hook_words(ended: &Ended) -> Option<String> {
    let mut diagnostics = ended.target.events.iter().filter_map(LifecycleEvent::diagnostics);
    diagnostics.next()?.message().map(str::to_owned)
}

pub(super) fn same(what: &str, expected: impl Display, seen: impl Display) -> Check {
    let (expected, seen) = (expected.to_string(), seen.to_string());
    let holds = expected == seen;
    Check { what: what.to_owned(), expected, seen, holds }
}

fn ownership(what: &str, expected: &str, seen: impl Display, holds: bool) -> Check {
    Check { what: what.to_owned(), expected: expected.to_owned(), seen: seen.to_string(), holds }
}
