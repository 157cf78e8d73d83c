//! The tables that people read, and the same for machines.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::callers::Period;
use super::checks::{self, Check};
use super::display::WIDTH;
use super::execution::Wait;
use super::routing::percent;
use super::scene::{Ended, Played};

/// Everything that was seen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    /// Whether every check holds, and everything has ended.
    pub passed: bool,
    /// How long it took, without the build.
    pub seconds: f64,
    pub scenes: Vec<SceneSummary>,
}

/// One scene.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SceneSummary {
    pub scene: &'static str,
    pub deployments: Vec<DeploymentSummary>,
    /// From just before SetAlarmState was sent until the original version was seen to get all traffic.
    pub alarm_to_restored_milliseconds: Option<u128>,
    /// From the same moment until the end of the last call that the version answered that was deployed.
    pub alarm_to_last_call_milliseconds: Option<u128>,
    pub callers: Vec<Period>,
    pub checks: Vec<Check>,
}

/// One deployment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeploymentSummary {
    pub deployment_id: String,
    pub status: String,
    /// The deployment that this one rolls back.
    pub rolls_back: Option<String>,
    pub steps: Vec<StepSummary>,
    pub waited_for: Vec<Wait>,
    pub state_transitions: usize,
    pub error: Option<String>,
    pub rollback_message: Option<String>,
}

/// A share of the new version, and when it was seen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepSummary {
    pub percent: f64,
    pub at_seconds: f64,
}

impl SceneSummary {
    pub fn new(played: &Played, checks: Vec<Check>) -> Self {
        let target = played.scene.target;
        let steps = played.shifts.iter();
        let steps = steps.map(|(at, routing)| StepSummary { percent: percent(routing.share(target)), at_seconds: *at });
        let mut deployments = vec![DeploymentSummary::new(&played.deployment, steps.collect())];
        deployments.extend(played.rollback.as_ref().map(|rollback| DeploymentSummary::new(rollback, Vec::new())));
        let alarm = played.alarm.as_ref();
        Self {
            scene: played.scene.name,
            deployments,
            alarm_to_restored_milliseconds: alarm.map(|alarm| alarm.to_restored.as_millis()),
            alarm_to_last_call_milliseconds: alarm
                .and_then(|alarm| alarm.to_last_call)
                .map(|lasted| lasted.as_millis()),
            callers: played.periods.clone(),
            checks,
        }
    }
}

impl DeploymentSummary {
    fn new(ended: &Ended, steps: Vec<StepSummary>) -> Self {
        let rollback = ended.info.rollback_info();
        let error = ended.info.error_information().map(|_| checks::error(ended));
        Self {
            deployment_id: ended.id().to_owned(),
            status: ended.status().to_owned(),
            rolls_back: rollback.and_then(|info| info.rollback_triggering_deployment_id()).map(str::to_owned),
            steps,
            waited_for: ended.execution.waits.clone(),
            state_transitions: ended.execution.transitions,
            error: error.map(|(code, words)| format!("{code}: {words}")),
            rollback_message: rollback.map(|_| ended.rollback_message().to_owned()),
        }
    }
}

/// What the callers saw in a scene.
pub(super) fn callers_table(played: &Played) -> String {
    let (original, target) = (&played.original, played.scene.target);
    let mut table = new_table();
    table.set_header([
        "seconds".to_owned(),
        format!("asked for version {target}"),
        format!("seen of version {target}"),
        "calls".to_owned(),
        format!("version {original}"),
        format!("version {target}"),
        "errors".to_owned(),
    ]);
    for period in &played.periods {
        let time = match (period.from_seconds, period.to_seconds) {
            (None, None) => "all the time".to_owned(),
            (None, Some(to)) => format!("until {to:.1}"),
            (Some(from), None) => format!("from {from:.1}"),
            (Some(from), Some(to)) => format!("{from:.1} to {to:.1}"),
        };
        let (asked, seen) = (format!("{} %", period.asked_percent), format!("{:.1} %", period.seen_percent()));
        let counts = [period.calls, period.original, period.target, period.failed].map(|count| count.to_string());
        table.add_row([time, asked, seen].into_iter().chain(counts));
    }
    align(&mut table, 1..7);
    table.to_string()
}

/// All deployments.
pub(super) fn summary_table(summary: &Summary) -> String {
    let mut table = new_table();
    let header = ["deployment", "status", "new version gets", "waited for", "state transitions", "alarm to restored"];
    table.set_header(header);
    for scene in &summary.scenes {
        for deployment in &scene.deployments {
            let name = match &deployment.rolls_back {
                Some(original) => format!("rollback of {original}"),
                None => scene.scene.to_owned(),
            };
            let restored = scene.alarm_to_restored_milliseconds.filter(|_| deployment.rolls_back.is_none());
            table.add_row([
                format!("{}\n{name}", deployment.deployment_id),
                deployment.status.clone(),
                steps(deployment),
                waits(deployment),
                deployment.state_transitions.to_string(),
                restored.map_or_else(|| "-".to_owned(), |milliseconds| format!("{milliseconds} ms")),
            ]);
        }
    }
    align(&mut table, 4..6);
    table.to_string()
}

fn steps(deployment: &DeploymentSummary) -> String {
    let steps = deployment.steps.iter().map(|step| format!("{} % at {:.1} s", step.percent, step.at_seconds));
    or_nothing(steps.collect())
}

fn waits(deployment: &DeploymentSummary) -> String {
    or_nothing(deployment.waited_for.iter().map(|wait| format!("{} {:.1} s", wait.what, wait.seconds)).collect())
}

fn or_nothing(lines: Vec<String>) -> String {
    if lines.is_empty() { "-".to_owned() } else { lines.join("\n") }
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
    table
}

fn align(table: &mut Table, columns: std::ops::Range<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
