//! Hosts and their lifecycle events, as tables.

use anyhow::Context;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use super::fleet::Fleet;
use super::pages::Answers;
use super::scene::Played;
use crate::demo::display::WIDTH;

/// The events, and what a column calls each.
const COLUMNS: [(&str, &str); 7] = [
    ("ApplicationStop", "Stop"),
    ("DownloadBundle", "Download"),
    ("BeforeInstall", "Before"),
    ("Install", "Install"),
    ("AfterInstall", "After"),
    ("ApplicationStart", "Start"),
    ("ValidateService", "Validate"),
];

/// A host in a deployment.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub host: String,
    pub zone: String,
    pub status: String,
    /// The events with their statuses, and the words of one that failed.
    pub events: Vec<(String, String)>,
    pub diagnostics: Option<String>,
}

impl Row {
    /// The last thing that has happened to the host.
    pub fn words(&self) -> String {
        let last = self
            .events
            .iter()
            .rev()
            .find(|(_, status)| matches!(status.as_str(), "InProgress" | "Succeeded" | "Failed"));
        match (last, &self.diagnostics) {
            (None, _) => String::new(),
            (Some((event, status)), Some(words)) if status == "Failed" => format!("{event} Failed: {words}"),
            (Some((event, status)), _) => format!("{event} {status}"),
        }
    }
}

/// All hosts of the fleet, as the API shows them in a deployment. Hosts that the deployment has not selected are left out.
pub(super) async fn look(fleet: &Fleet, id: &str) -> anyhow::Result<Vec<Row>> {
    let listed = fleet.codedeploy.list_deployment_targets().deployment_id(id).send().await;
    let ids = match listed {
        Err(error) if error.as_service_error().is_some_and(|error| error.is_deployment_not_started_exception()) => {
            return Ok(Vec::new());
        }
        listed => listed.context("ListDeploymentTargets failed")?.target_ids.unwrap_or_default(),
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let request = fleet.codedeploy.batch_get_deployment_targets().deployment_id(id).set_target_ids(Some(ids));
    let found =
        request.send().await.context("BatchGetDeploymentTargets failed")?.deployment_targets.unwrap_or_default();
    let targets: Vec<_> = found.into_iter().filter_map(|target| target.instance_target).collect();
    let row = |(host, zone): &(String, String)| {
        let target = targets.iter().find(|target| target.target_id() == Some(host.as_str()))?;
        let events = target.lifecycle_events().iter().map(|event| {
            let status = event.status().map_or("none", |status| status.as_str());
            (event.lifecycle_event_name().unwrap_or_default().to_owned(), status.to_owned())
        });
        let failed =
            target.lifecycle_events().iter().find(|event| event.status().is_some_and(|s| s.as_str() == "Failed"));
        let diagnostics = failed.and_then(|event| event.diagnostics()?.message().map(str::to_owned));
        let status = target.status().map_or("none", |status| status.as_str()).to_owned();
        Some(Row { host: host.clone(), zone: zone.clone(), status, events: events.collect(), diagnostics })
    };
    Ok(fleet.hosts.iter().filter_map(row).collect())
}

/// Hosts × events.
pub(super) fn table(hosts: &[Row]) -> String {
    let mut table = new_table();
    let names = COLUMNS.iter().map(|(_, name)| *name);
    table.set_header(["host"].into_iter().chain(names).chain(["status"]));
    for row in hosts {
        let mark = |(event, _): &(&str, &str)| {
            let status = row.events.iter().find(|(name, _)| name == event).map_or("", |(_, status)| status.as_str());
            match status {
                "Succeeded" => "✓",
                "Failed" => "✗",
                "InProgress" => "…",
                "Skipped" => "-",
                _ => "",
            }
        };
        let marks = COLUMNS.iter().map(mark);
        table.add_row([row.host.as_str()].into_iter().chain(marks).chain([row.status.as_str()]));
    }
    table.to_string()
}

/// How often which answer was given.
pub(super) fn answers(answers: &Answers) -> String {
    let mut all: Vec<&str> = answers.values().flat_map(|seen| seen.keys().map(String::as_str)).collect();
    all.sort_unstable();
    all.dedup();
    let mut table = new_table();
    table.set_header(["host"].into_iter().chain(all.iter().copied()));
    for (host, seen) in answers {
        let counts = all.iter().map(|answer| seen.get(*answer).copied().unwrap_or_default().to_string());
        table.add_row([host.clone()].into_iter().chain(counts));
    }
    for column in 1..=all.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// All deployments of all scenes.
pub(super) fn summary(scenes: &[Played]) -> String {
    let mut table = new_table();
    table.set_header(["deployment", "status", "error", "hosts that succeeded", "failed", "not touched"]);
    for seen in scenes.iter().flat_map(|scene| &scene.deployments) {
        let count = |status: &str| seen.hosts.iter().filter(|row| row.status == status).count().to_string();
        let (id, status, error) =
            (seen.id.clone(), seen.status.clone(), seen.error.clone().unwrap_or_else(|| "-".to_owned()));
        table.add_row([id, status, error, count("Succeeded"), count("Failed"), count("Skipped")]);
    }
    table.to_string()
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
    table
}
