//! A deployment on a few lines: what it deploys, how far it is, and what it waits for.

use crate::model::{LifecycleEvent, Summary};
use crate::style::{bar, bold, faint, mark, percent, red, status};
use crate::terminal::{Terminal, span};

const BAR_COLUMNS: usize = 32;

/// The lines of a deployment.
pub fn lines(deployment: &Summary, terminal: &Terminal<'_>) -> Vec<String> {
    let on = deployment.target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
    let mut lines = vec![format!(
        "{}  {}  {}: {}{on}",
        bold(&deployment.deployment_id),
        status(&deployment.status),
        deployment.group(),
        deployment.deploys,
    )];
    let error = deployment.error_information.as_ref().map(|error| error.message.as_str());
    let events = deployment.lifecycle_events.iter();
    lines.extend(events.map(|event| format!("  {}", event_line(event, !event.says(error), terminal))));
    lines.extend(progress(deployment).map(|line| format!("  {line}")));
    lines.extend(words(deployment, terminal).into_iter().map(|line| format!("  {line}")));
    lines
}

/// How far it is: its traffic, or its hosts.
fn progress(deployment: &Summary) -> Option<String> {
    if let Some(targets) = &deployment.targets {
        let count = |status: &str| targets.get(status).copied().unwrap_or_default();
        let all: u32 = targets.values().sum();
        if all == 0 {
            return None;
        }
        let done = f64::from(count("Succeeded")) / f64::from(all) * 100.0;
        let more = [("InProgress", "at work"), ("Failed", "failed"), ("Skipped", "skipped"), ("Pending", "waiting")];
        let more = more.iter().filter(|(status, _)| count(status) > 0);
        let more: String = more.map(|(status, words)| format!(", {} {words}", count(status))).collect();
        return Some(format!("hosts    {} {} of {all} done{more}", bar(done, BAR_COLUMNS), count("Succeeded")));
    }
    let share = deployment.traffic_percent?;
    Some(format!("traffic  {} {}", bar(share, BAR_COLUMNS), percent(share)))
}

/// What it does or waits for, and why it goes back; once it is over, why it did not succeed.
pub fn words(deployment: &Summary, terminal: &Terminal<'_>) -> Vec<String> {
    if let Some(error) = &deployment.error_information {
        let by = deployment.rolled_back_by.as_ref().map(|id| format!("Deployment {id} rolls it back."));
        return [red(&format!("{}: {}", error.code, error.message))].into_iter().chain(by).collect();
    }
    let until = deployment
        .waits_until
        .map(|until| format!(" Until {} at the latest, {}.", terminal.moment(until.0), terminal.left(until.0)));
    let words = format!("{}{}", deployment.words, until.unwrap_or_default());
    deployment.halted_for.iter().map(|why| red(why)).chain([words]).collect()
}

/// An event: its sign, its name, how long it took, and why it failed, unless that is said elsewhere.
fn event_line(event: &LifecycleEvent, says_why: bool, terminal: &Terminal<'_>) -> String {
    let took = event.start_time.map(|start| {
        let end = event.end_time.map_or_else(|| terminal.now(), |end| end.0);
        faint(&span(end.duration_since(start.0)))
    });
    let why = event.diagnostics.as_ref().filter(|_| says_why).map(|diagnostics| format!("  {}", diagnostics.message));
    let name = &event.lifecycle_event_name;
    let line = format!("{} {name:<22} {}{}", mark(&event.status), took.unwrap_or_default(), why.unwrap_or_default());
    line.trim_end().to_owned()
}
