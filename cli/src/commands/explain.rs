//! Why a deployment is where it is: what was seen, decided and waited for, the evidence of a failure, and what to do next.

mod next;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::arguments::Output;
use crate::card;
use crate::commands::follow::entry_line;
use crate::commands::{Group, Session, is_deployment};
use crate::failure::Failure;
use crate::model::{Entry, Hosts, LifecycleEvent, Summary};
use crate::style::{bold, faint, red};
use crate::terminal::{Terminal, span};

/// How many failed hosts are shown. The command for all is said.
const HOSTS: usize = 3;
/// How many of the last lines of a log are shown.
const LOG_LINES: usize = 10;
/// Waits shorter than this are not worth a line.
const SHORT: SignedDuration = SignedDuration::from_secs(1);

/// Explains a deployment, or the last one of a group.
pub async fn explain(session: &mut Session<'_>, what: &str) -> Result<(), Failure> {
    if is_deployment(what) {
        return explain_deployment(session, what).await;
    }
    let group = session.group(what).await?;
    let last = session.last(&group).await?;
    if session.output == Output::Table && last.has_ended() {
        for line in why_nothing_happens(session, &group, &last).await? {
            session.say(line)?;
        }
        session.say("")?;
    }
    explain_deployment(session, &last.deployment_id).await
}

/// Why nothing happens to a group that has no active deployment.
async fn why_nothing_happens(session: &Session<'_>, group: &Group, last: &Summary) -> Result<Vec<String>, Failure> {
    let found: Value = session.client.codedeploy("GetDeploymentGroup", &group.members()).await?;
    let info = &found["deploymentGroupInfo"];
    let alarms = &info["alarmConfiguration"];
    let names = alarms["alarms"].as_array().into_iter().flatten().filter_map(|alarm| alarm["name"].as_str());
    let names: Vec<&str> = names.collect();
    let alarms = match (alarms["enabled"] == true, names.is_empty()) {
        (true, false) => format!("It is stopped by the alarms {}.", names.join(", ")),
        (false, false) => format!("Its alarms {} are switched off.", names.join(", ")),
        (_, true) => "It has no alarms.".to_owned(),
    };
    let ended = last.complete_time.map(|end| format!(" at {}", session.terminal.moment(end.0))).unwrap_or_default();
    Ok(vec![
        format!("{}  Nothing is being deployed: the last deployment ended{ended}.", bold(&group.to_string())),
        format!(
            "  It deploys with {}, as {}. {alarms}",
            info["deploymentConfigName"].as_str().unwrap_or_default(),
            info["serviceRoleArn"].as_str().unwrap_or_default(),
        ),
    ])
}

async fn explain_deployment(session: &mut Session<'_>, id: &str) -> Result<(), Failure> {
    let mut after = 0;
    let (deployment, entries) = {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let page = session.ledger(id, after).await?;
            entries.extend(page.entries);
            match entries.last() {
                Some(last) if page.next_token.is_some() => after = last.generation,
                Some(_) | None => break (page.deployment, entries),
            }
        }
    };
    match session.output {
        Output::Json => {
            let body = json!({ "deploymentId": id });
            let answer: Value = session.client.operator("GetDeploymentLedger", &body).await?;
            session.say_json(&answer)
        }
        Output::Text => entries.iter().try_for_each(|entry| session.say(fields(entry))),
        Output::Table => {
            let evidence = evidence(session, &deployment).await?;
            let lines = sentences(&deployment, &entries, evidence, &session.terminal);
            lines.into_iter().try_for_each(|line| session.say(line))
        }
    }
}

fn fields(entry: &Entry) -> String {
    let until = entry.until.map(|until| until.0.to_string()).unwrap_or_default();
    let waits_for = entry.waits_for.as_deref().unwrap_or_default();
    let at = entry.time.0.to_string();
    [&at, &entry.decided, &entry.seen, &entry.why, waits_for, &until]
        .map(|field| field.replace(['\t', '\n'], " "))
        .join("\t")
}

fn sentences(deployment: &Summary, entries: &[Entry], evidence: Vec<String>, terminal: &Terminal<'_>) -> Vec<String> {
    let mut lines = headline(deployment, terminal);
    lines.push(String::new());
    if entries.is_empty() {
        lines.push(format!("  {}", deployment.words));
    }
    let mut seen = Seen::default();
    let mut rest = entries;
    while let Some(entry) = rest.first() {
        // What was decided again, for the same reason, is one wait.
        let same = rest.iter().take_while(|next| next.why == entry.why && next.waits_for == entry.waits_for).count();
        rest = &rest[same.max(1)..];
        lines.push(format!("  {}", entry_line(entry, terminal)));
        let indent = " ".repeat(2 + terminal.moment(entry.time.0).len() + 2);
        let new = seen.new_in(&entry.seen).map(|new| format!("seen: {new}"));
        let waited = waited(entry, rest.first().map(|next| next.time.0), deployment, terminal);
        lines.extend(new.into_iter().chain(waited).map(|words| format!("{indent}{}", faint(&words))));
    }
    section(&mut lines, "Evidence", evidence);
    section(&mut lines, "Next", next::steps(deployment, terminal));
    lines
}

/// What was seen so far, so that only what has changed is said.
#[derive(Default)]
struct Seen<'a> {
    last: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Seen<'a> {
    /// The parts of a look that the one before of its kind did not have. That a notification was sent is no look.
    fn new_in(&mut self, look: &'a str) -> Option<String> {
        let kind = look.split(':').next().unwrap_or_default();
        if kind == "news" || look.is_empty() {
            return None;
        }
        let parts: Vec<&str> = look.split("; ").collect();
        let before = self.last.insert(kind, parts.iter().copied().collect()).unwrap_or_default();
        let new: Vec<&str> = parts.into_iter().filter(|part| !before.contains(part)).collect();
        (!new.is_empty()).then(|| new.join("; "))
    }
}

/// What became of a deployment, when, and how long after its start; and why.
fn headline(deployment: &Summary, terminal: &Terminal<'_>) -> Vec<String> {
    let on = deployment.target.clone().unwrap_or_else(|| deployment.group());
    let subject = format!("{} ({} on {on})", bold(&deployment.deployment_id), deployment.deploys);
    let Some(end) = deployment.complete_time.map(|end| end.0) else {
        let is = match deployment.status.as_str() {
            "Created" => "is about to start",
            "Ready" => "waits to be continued",
            _ => "is in progress",
        };
        let so_far = span(terminal.now().duration_since(deployment.create_time.0));
        let first = format!("{subject} {is}, {so_far} after it was created.");
        return [first].into_iter().chain(card::words(deployment, terminal)).collect();
    };
    let ended = match deployment.status.as_str() {
        "Succeeded" => "succeeded",
        "Stopped" => "was stopped",
        _ => "failed",
    };
    let took = span(end.duration_since(deployment.create_time.0));
    let first = format!("{subject} {ended} at {}, {took} after it was created.", terminal.moment(end));
    let why = deployment.error_information.iter().map(|error| red(&format!("{}: {}", error.code, error.message)));
    [first].into_iter().chain(why).collect()
}

/// How long was waited after an entry, and for what.
fn waited(entry: &Entry, next: Option<Timestamp>, deployment: &Summary, terminal: &Terminal<'_>) -> Option<String> {
    let what = entry.waits_for.as_ref()?;
    match next {
        Some(next) => {
            let waited = next.duration_since(entry.time.0);
            (waited >= SHORT).then(|| format!("waited {} for {what}", span(waited)))
        }
        None if deployment.has_ended() => None,
        None => {
            let until = entry.until.map(|until| format!(", until {} at the latest", terminal.moment(until.0)));
            Some(format!("waits for {what}{}", until.unwrap_or_default()))
        }
    }
}

fn section(lines: &mut Vec<String>, title: &str, body: Vec<String>) {
    if !body.is_empty() {
        lines.extend([String::new(), bold(title)]);
        lines.extend(body.into_iter().map(|line| format!("  {line}")));
    }
}

/// What failed: the event with the hook's words and the end of its log; of a fleet, the first failed hosts.
async fn evidence(session: &Session<'_>, deployment: &Summary) -> Result<Vec<String>, Failure> {
    let error = deployment.error_information.as_ref().map(|error| error.message.as_str());
    // What has just been said is no evidence.
    let own = deployment.lifecycle_events.iter().filter(|event| !event.says(error));
    let mut lines: Vec<String> = own.flat_map(|event| failed(None, event)).collect();
    let failures = deployment.targets.as_ref().and_then(|targets| targets.get("Failed")).copied().unwrap_or_default();
    if failures > 0 {
        let body = json!({ "deploymentId": deployment.deployment_id, "targetFilters": { "TargetStatus": ["Failed"] } });
        let listed: Value = session.client.codedeploy("ListDeploymentTargets", &body).await?;
        let ids: Vec<&Value> = listed["targetIds"].as_array().into_iter().flatten().take(HOSTS).collect();
        let body = json!({ "deploymentId": deployment.deployment_id, "targetIds": ids });
        let hosts: Hosts = session.client.codedeploy("BatchGetDeploymentTargets", &body).await?;
        for host in hosts.deployment_targets.into_iter().filter_map(|target| target.instance_target) {
            let name = host.target_id.rsplit('/').next().unwrap_or_default();
            lines.extend(host.lifecycle_events.iter().flat_map(|event| failed(Some(name), event)));
        }
        if failures as usize > HOSTS {
            lines.push(format!("and {} more failed hosts", failures as usize - HOSTS));
        }
    }
    Ok(lines)
}

/// A failed event.
fn failed(host: Option<&str>, event: &LifecycleEvent) -> Vec<String> {
    let Some(why) = event.diagnostics.as_ref().filter(|_| event.status == "Failed") else { return Vec::new() };
    let host = host.map(|host| format!("{host}: ")).unwrap_or_default();
    let script = if why.script_name.is_empty() { String::new() } else { format!(" ({})", why.script_name) };
    let mut lines = vec![format!("{host}{}{script}: {}: {}", event.lifecycle_event_name, why.error_code, why.message)];
    let log: Vec<&str> = why.log_tail.lines().collect();
    let last = &log[log.len().saturating_sub(LOG_LINES)..];
    lines.extend(last.iter().map(|line| faint(&format!("  {line}"))));
    lines
}
