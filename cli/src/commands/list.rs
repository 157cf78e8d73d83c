//! Deployments of the past, as tables.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ContentArrangement, Table};
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::commands::{Session, status};
use crate::failure::Failure;
use crate::model::{Summaries, Summary};
use crate::style;
use crate::terminal::span;

/// As wide as a table is where no terminal says it.
const COLUMNS: usize = 160;

/// Lists deployments, newest first.
pub async fn list(
    session: &mut Session<'_>,
    group: Option<&str>,
    statuses: &[String],
    limit: u16,
) -> Result<(), Failure> {
    let mut body = match group {
        Some(group) => session.group(group).await?.members(),
        None => json!({}),
    };
    body["maxResults"] = json!(limit);
    body["includeOnlyStatuses"] = json!(statuses);
    let Some(found) = ask(session, &body).await? else { return Ok(()) };
    if found.is_empty() {
        let is_all = group.is_none() && statuses.is_empty();
        return session.say(if is_all { "Nothing was deployed yet." } else { "There is no such deployment." });
    }
    let mut rows = vec![["DEPLOYMENT", "GROUP", "STATUS", "DEPLOYS", "CREATED", "TOOK"].map(Cell::new).to_vec()];
    rows.extend(found.iter().map(|deployment| {
        vec![
            Cell::new(&deployment.deployment_id),
            Cell::new(deployment.group()),
            style::cell(&deployment.status),
            Cell::new(&deployment.deploys),
            Cell::new(session.terminal.date(deployment.create_time.0)),
            Cell::new(took(deployment)),
        ]
    }));
    let lines = table(rows, session.terminal.columns.unwrap_or(COLUMNS));
    lines.iter().try_for_each(|line| session.say(line))
}

/// Shows what was deployed to a group, by whom, how it ended and why.
pub async fn history(session: &mut Session<'_>, group: &str, limit: u16) -> Result<(), Failure> {
    let group = session.group(group).await?;
    let mut body = group.members();
    body["maxResults"] = json!(limit);
    let Some(found) = ask(session, &body).await? else { return Ok(()) };
    if found.is_empty() {
        return session.say(format!("Nothing was ever deployed to {group}."));
    }
    let serving = found.iter().find(|deployment| deployment.has_succeeded());
    for deployment in &found {
        let is_serving = serving.is_some_and(|serving| serving.deployment_id == deployment.deployment_id);
        session.say(format!(
            "{}  {}  {}  {}{}",
            session.terminal.date(deployment.create_time.0),
            style::bold(&deployment.deployment_id),
            style::status(&deployment.status),
            deployment.deploys,
            if is_serving { "  ← what the group has now" } else { "" },
        ))?;
        for line in circumstances(deployment) {
            session.say(format!("    {line}"))?;
        }
    }
    Ok(())
}

/// Who asked for it and how long it took; why it did not succeed; what it has to do with another.
fn circumstances(deployment: &Summary) -> Vec<String> {
    let who = match (&deployment.rolls_back, &deployment.caller) {
        (Some(original), _) => format!("rolled back {original}"),
        (None, Some(caller)) => format!("by {caller}"),
        (None, None) => "by an unknown caller".to_owned(),
    };
    let took = if deployment.has_ended() { format!(", took {}", took(deployment)) } else { String::new() };
    let mut lines = vec![style::faint(&format!("{who}, {}{took}", deployment.deployment_config_name))];
    lines.extend(deployment.description.as_ref().map(|words| style::faint(words)));
    if let Some(error) = &deployment.error_information {
        lines.push(style::red(&format!("{}: {}", error.code, error.message)));
    }
    lines.extend(deployment.rolled_back_by.as_ref().map(|id| format!("rolled back by {id}")));
    lines
}

/// How long it took; `-` while it is not over.
fn took(deployment: &Summary) -> String {
    let end = deployment.complete_time.map(|end| span(end.0.duration_since(deployment.create_time.0)));
    end.unwrap_or_else(|| "-".to_owned())
}

/// The deployments; none where they were shown in another form than for people.
async fn ask(session: &mut Session<'_>, body: &Value) -> Result<Option<Vec<Summary>>, Failure> {
    let answer: Value = session.client.operator("ListDeploymentSummaries", body).await?;
    if session.output == Output::Json {
        return session.say_json(&answer).map(|()| None);
    }
    let found: Summaries = serde_json::from_value(answer).map_err(|error| Failure::Unreachable(error.into()))?;
    if session.output == Output::Text {
        found.deployments.iter().try_for_each(|deployment| session.say(status::line(deployment)))?;
        return Ok(None);
    }
    Ok(Some(found.deployments))
}

/// Rows below a head, in columns.
fn table(rows: Vec<Vec<Cell>>, columns: usize) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING).enforce_styling().set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}
