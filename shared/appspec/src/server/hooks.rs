//! `hooks`: the scripts of each event.

use super::environment::{self, Variable};
use super::files::inside;
use super::{Expected, Os};
use crate::check::{Check, cut, suggestion};
use crate::tree::{Key, Node, Scalar, Value};

/// The events that have scripts, in the order of a deployment with a load balancer.
pub const HOOKS: [&str; 9] = [
    "BeforeBlockTraffic",
    "AfterBlockTraffic",
    "ApplicationStop",
    "BeforeInstall",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];
/// The events that the agent or the service does itself.
const WITHOUT_SCRIPTS: [&str; 4] = ["DownloadBundle", "Install", "BlockTraffic", "AllowTraffic"];

/// The seconds that a script has where the AppSpec does not say it, and those after which the service ends an event.
pub const DEFAULT_TIMEOUT_SECONDS: u32 = 3600;

/// The scripts of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The event.
    pub event: String,
    /// The line on which it begins.
    pub line: usize,
    /// Its scripts, in their order.
    pub scripts: Vec<Script>,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The line of the entry.
    pub line: usize,
    /// The path in the revision, as the AppSpec has it.
    pub written: String,
    /// The path in the revision, without a separator in front.
    pub location: String,
    /// After how many seconds it is ended.
    pub timeout_seconds: u32,
    /// The user as whom it runs.
    pub run_as: Option<String>,
    /// Whether it runs by sudo.
    pub sudo: bool,
    /// The variables that it gets, those of all scripts included.
    pub environment: Vec<Variable>,
}

impl Script {
    /// Adds the variables of all scripts that it has not set itself.
    pub(super) fn inherit(&mut self, shared: &[Variable]) {
        let is_own = |name: &str| self.environment.iter().any(|own| own.name == name);
        let new: Vec<Variable> = shared.iter().filter(|variable| !is_own(&variable.name)).cloned().collect();
        self.environment.splice(0..0, new);
    }
}

const OF: &str = "\"- location: …\"";

pub(super) fn read(check: &mut Check, node: &Node, os: Os, expected: &Expected<'_>) -> Vec<Hook> {
    let mut hooks: Vec<Hook> = Vec::new();
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        return hooks;
    }
    let Some(events) = check.map("hooks", node, "an event each, such as AfterInstall") else { return hooks };
    let mut unknown = Vec::new();
    for (key, node) in events {
        let place = format!("hooks.{}", cut(&key.name));
        if !is_known(&key.name, expected) {
            unknown.push(key);
        }
        let items = check.list(&place, node, OF);
        let scripts = items.iter().enumerate();
        let scripts: Vec<Script> =
            scripts.filter_map(|(n, node)| read_script(check, &format!("{place}[{n}]"), node, os)).collect();
        let total: u64 = scripts.iter().map(|script| u64::from(script.timeout_seconds)).sum();
        if total > u64::from(DEFAULT_TIMEOUT_SECONDS) && scripts.len() > 1 {
            let detail = format!(
                "the timeouts of {place} add up to {total} seconds; the service ends an event after \
                 {DEFAULT_TIMEOUT_SECONDS}"
            );
            check.warn(key.line, detail);
        }
        let hook = Hook { event: key.name.clone(), line: key.line, scripts };
        match hooks.iter_mut().find(|known| known.event == hook.event) {
            Some(known) => {
                let first = known.line;
                check.warn(key.line, format!("{place} stands in line {first} already; this, the last one, counts"));
                *known = hook;
            }
            None => hooks.push(hook),
        }
    }
    check_unknown(check, &unknown, expected);
    hooks.retain(|hook| !hook.scripts.is_empty());
    hooks
}

fn is_known(event: &str, expected: &Expected<'_>) -> bool {
    match expected.events {
        Some(events) => events.iter().any(|known| known == event) && !WITHOUT_SCRIPTS.contains(&event),
        None => HOOKS.contains(&event),
    }
}

/// An unknown event is refused where the deployment lists the events, as by CodeDeploy; else its scripts never run.
fn check_unknown(check: &mut Check, unknown: &[&Key], expected: &Expected<'_>) {
    let listed: Vec<&str> = expected.events.unwrap_or_default().iter().map(String::as_str).collect();
    let known: &[&str] = if expected.events.is_some() { &listed } else { &HOOKS };
    for key in unknown {
        let own = WITHOUT_SCRIPTS.iter().find(|event| event.eq_ignore_ascii_case(&key.name));
        let detail = match own {
            Some(event) => format!("{event} has no scripts: it is done by the agent or the service"),
            None => {
                let meant = suggestion(&key.name, known);
                format!("{} is not a lifecycle event of this deployment{meant}", cut(&key.name))
            }
        };
        if expected.events.is_some() && own.is_none() {
            let names: Vec<String> = unknown.iter().take(10).map(|key| format!("{:?}", cut(&key.name))).collect();
            let official = format!("appspec.yml file contains unknown lifecycle events: [{}]", names.join(", "));
            check.refuse_as(Some(key.line), official, detail);
        } else {
            check.warn(key.line, format!("{detail}; what stands here will not run"));
        }
    }
}

fn read_script(check: &mut Check, place: &str, node: &Node, os: Os) -> Option<Script> {
    const KNOWN: [&str; 5] = ["location", "timeout", "runas", "sudo", "environment"];
    const NO_LOCATION: &str =
        "The deployment failed because the application specification file specifies a script with no location value.";
    let Value::Map(entries) = &node.value else {
        check.refuse(node.line, format!("{place} must be a map with location, not {}; write {OF}", node.kind()));
        return None;
    };
    let [location, timeout, run_as, sudo, environment] =
        check.fields(place, entries, KNOWN, |check, key| check.unknown(place, key, &KNOWN));
    let timeout_seconds = timeout.map_or(Some(DEFAULT_TIMEOUT_SECONDS), |node| read_timeout(check, place, node));
    let run_as = check.text(&format!("{place}.runas"), run_as);
    let sudo = sudo.map(|node| read_bool(check, &format!("{place}.sudo"), node));
    let place_of = format!("{place}.environment");
    let environment = environment.map(|node| environment::read(check, &place_of, node)).unwrap_or_default();
    if sudo == Some(true) && !environment.is_empty() {
        let detail =
            format!("{place_of} reaches the script only as far as sudo keeps variables; use runas in place of sudo");
        check.warn(node.line, detail);
    }
    let Some(written) = check.text(&format!("{place}.location"), location) else {
        check.refuse_as(Some(node.line), NO_LOCATION, format!("{place} needs the path of a script of the revision"));
        return None;
    };
    let location = inside(check, &format!("{place}.location"), node.line, &written, os)?;
    if location.is_empty() {
        check.refuse_as(Some(node.line), NO_LOCATION, format!("{place}.location \"{}\" names no file", cut(&written)));
        return None;
    }
    Some(Script {
        line: node.line,
        written,
        location,
        timeout_seconds: timeout_seconds?,
        run_as,
        sudo: sudo == Some(true),
        environment,
    })
}

fn read_timeout(check: &mut Check, place: &str, node: &Node) -> Option<u32> {
    let place = format!("{place}.timeout");
    let text = check.scalar(&place, node)?.text.trim();
    if text.is_empty() {
        return Some(DEFAULT_TIMEOUT_SECONDS);
    }
    // Fractions of a second are dropped, as by the official agent.
    let seconds = text.parse::<u32>().ok().or_else(|| {
        let number = text.parse::<f64>().ok().filter(|number| (1.0..1e9).contains(number))?;
        format!("{:.0}", number.floor()).parse().ok()
    });
    let Some(seconds) = seconds.filter(|seconds| *seconds > 0) else {
        let official = "The deployment failed because an invalid timeout value was provided for a script in the \
                        application specification file.";
        let detail = format!("{place} is '{}'; write whole seconds above 0", cut(text));
        check.refuse_as(Some(node.line), official, detail);
        return None;
    };
    if seconds > DEFAULT_TIMEOUT_SECONDS {
        let detail = format!("{place} is {seconds}; the service ends an event after {DEFAULT_TIMEOUT_SECONDS} seconds");
        check.warn(node.line, detail);
    }
    Some(seconds)
}

/// True and false in all the words that YAML 1.1 has for them.
fn read_bool(check: &mut Check, place: &str, node: &Node) -> bool {
    let Some(Scalar { text, .. }) = check.scalar(place, node) else { return false };
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => true,
        "false" | "no" | "off" | "n" | "" => false,
        _ => {
            check.refuse(node.line, format!("{place} is '{}'; write true or false", cut(text)));
            false
        }
    }
}
