//! A status in words.

use std::fmt::Write;

use jiff::Timestamp;

use super::{Current, DaemonStatus, GroupStatus, Phase, Status};
use crate::daemon::presence::{CommandRecord, Contact};
use crate::system::service_manager::UNIT;

/// Lines of a name and what there is to say, each.
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, words: &str) {
        let name = if self.0.lines().any(|line| line.split(' ').next() == Some(name)) { "" } else { name };
        // Writing to a text does not fail.
        writeln!(self.0, "{name:<9}{words}").ok();
    }
}

/// All of it, a line for each thing.
pub(super) fn tell(status: &Status) -> String {
    let mut lines = Lines(String::new());
    lines.add("daemon", &daemon(status));
    if let Some(unit) = &status.unit {
        lines.add("unit", &format!("{UNIT}: {unit}"));
    }
    lines.add(
        "host",
        &status.host.as_ref().map_or_else(
            || "not known yet: the agent has not found out who this host is".to_owned(),
            |host| format!("{} in {}, {} by {}", host.arn, host.region, host.kind, host.source),
        ),
    );
    lines.add("service", &status.service);
    lines.add("contact", &contact(status.last_contact.as_ref(), status.at));
    if status.current.is_empty() {
        lines.add("now", "no command");
    }
    for command in &status.current {
        lines.add("now", &current(command, status.at));
    }
    if status.commands.is_empty() {
        lines.add("before", "no command");
    }
    for command in &status.commands {
        lines.add("before", &ended(command));
    }
    if status.groups.is_empty() {
        lines.add("groups", "no deployment yet");
    }
    for each in &status.groups {
        lines.add("groups", &group(each));
    }
    let (root, used, free) = (status.root.display(), size(status.bytes), size(status.free_bytes));
    lines.add("space", &format!("{used} in {root}, {free} free"));
    lines.0
}

fn daemon(status: &Status) -> String {
    let start =
        format!("start it with `systemctl start {UNIT}`, or find out what is wrong with `spillway-agent doctor`");
    match &status.daemon {
        None => format!("none has run with {}; {start}", status.root.display()),
        Some(DaemonStatus { is_running: true, version, pid, started_at, .. }) => {
            let process = pid.map(|pid| format!(" as process {pid}")).unwrap_or_default();
            let ago = span(*started_at, status.at);
            let newer = if *version == status.version {
                String::new()
            } else {
                format!("; {} is installed and runs after a restart", status.version)
            };
            format!("{version} runs{process} since {} ({ago}){newer}", time(*started_at))
        }
        Some(DaemonStatus { ended_at: Some(at), version, .. }) => {
            format!(
                "{version} does not run: it was asked to end at {} ({} ago); {start}",
                time(*at),
                span(*at, status.at)
            )
        }
        Some(DaemonStatus { started_at, version, .. }) => {
            format!("{version} does not run: the one of {} was killed; {start}", time(*started_at))
        }
    }
}

fn contact(contact: Option<&Contact>, now: Timestamp) -> String {
    let Some(contact) = contact else { return "none yet".to_owned() };
    let (at, ago, since) = (time(contact.at), span(contact.at, now), time(contact.since));
    match &contact.fault {
        None => format!("{at} ({ago} ago): the service answers, since {since}"),
        Some(fault) => format!("{at} ({ago} ago): {}, since {since}: {fault}", contact.state),
    }
}

fn current(current: &Current, now: Timestamp) -> String {
    let Current { event, deployment, phase, since, .. } = current;
    let words = match phase {
        Phase::Claimed => "is claimed from the service",
        Phase::Running => "runs",
        Phase::Unreported => "has ended, and the service has not heard of it",
        Phase::Interrupted => "ran when the agent ended, and is reported when the agent starts",
    };
    format!("{event} of deployment {deployment} {words}, since {} ({})", time(*since), span(*since, now))
}

fn ended(command: &CommandRecord) -> String {
    let CommandRecord { at, milliseconds, event, deployment, code, message } = command;
    let seconds = *milliseconds as f64 / 1_000.0;
    let outcome = match code {
        0 => "succeeded".to_owned(),
        _ => format!("failed with code {code}: {}", message.replace('\n', " ")),
    };
    format!("{} {event} of deployment {deployment}, {seconds:.1} s: {outcome}", time(*at))
}

fn group(group: &GroupStatus) -> String {
    let name = group.known.as_ref().map_or_else(
        || group.id.clone(),
        |known| format!("{} of application {} ({})", known.name, known.application, group.id),
    );
    let installed = match (&group.deployment, group.installed_at) {
        (Some(deployment), Some(at)) => {
            let from = group.known.as_ref().map(|known| format!(" from {}", known.revision)).unwrap_or_default();
            format!("deployment {deployment}, installed at {}{from}", time(at))
        }
        (_, _) => "no revision is installed".to_owned(),
    };
    format!("{name}: {installed}; {} kept, {}", plural(group.revisions, "revision"), size(group.bytes))
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// From one moment to another, in its largest unit.
fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Bytes, in the unit that leaves the fewest digits.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64 / 1_024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 1_024.0
        && let Some(next) = units.next()
    {
        (value, unit) = (value / 1_024.0, Some(next));
    }
    format!("{value:.1} {}", unit.unwrap_or(&"KiB"))
}
