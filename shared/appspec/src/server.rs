//! The AppSpec of EC2 and on-premises hosts.

mod environment;
mod files;
mod hooks;
mod permissions;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::check::{Check, cut, suggestion};
use crate::finding::Finding;
use crate::tree::{self, Key, Malformed, Node};

pub use environment::{ValueSource, Variable};
pub use files::{FileEntry, FileExistsBehavior};
pub use hooks::{DEFAULT_TIMEOUT_SECONDS, HOOKS, Hook, Script};
pub use permissions::{AclEntry, AclKind, Context, PathKind, Permission};

/// The most entries of files, of permissions, and scripts of hooks together.
const MOST_ENTRIES: usize = 1_000;

const KNOWN: [&str; 7] = ["version", "os", "files", "file_exists_behavior", "permissions", "environment", "hooks"];

/// The operating system that an AppSpec is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Os {
    /// Linux, of any kind.
    Linux,
    /// Windows Server.
    Windows,
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        })
    }
}

/// What an AppSpec says.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerAppSpec {
    /// The operating system.
    pub os: Os,
    /// What is copied, in the order of the file.
    pub files: Vec<FileEntry>,
    /// What happens to files that exist already, where the AppSpec says it.
    pub file_exists_behavior: Option<FileExistsBehavior>,
    /// Who owns what is copied, and who may do what with it.
    pub permissions: Vec<Permission>,
    /// The scripts of each event.
    pub hooks: Vec<Hook>,
}

impl ServerAppSpec {
    /// The scripts of an event.
    pub fn scripts(&self, event: &str) -> &[Script] {
        self.hooks.iter().find(|hook| hook.event == event).map_or(&[], |hook| &hook.scripts)
    }
}

/// What the reader of an AppSpec knows of the deployment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The operating system of the host; none where there is no host, as in a validation.
    pub os: Option<Os>,
    /// The events that there are, where the deployment lists them. Without a list, an unknown event is only warned of.
    pub events: Option<&'a [String]>,
}

/// An AppSpec, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it says; none if it is refused.
    pub appspec: Option<ServerAppSpec>,
    /// All that is wrong in it, in the order of its lines.
    pub findings: Vec<Finding>,
}

impl Reading {
    /// The AppSpec and the warnings, or the refusals.
    pub fn into_result(self) -> Result<(ServerAppSpec, Vec<Finding>), Vec<Finding>> {
        match self.appspec {
            Some(appspec) => Ok((appspec, self.findings)),
            None => Err(self.findings.into_iter().filter(Finding::is_refusal).collect()),
        }
    }
}

/// Reads an AppSpec.
pub fn read(content: &[u8], expected: &Expected<'_>) -> Reading {
    let mut check = Check::default();
    let appspec = read_document(&mut check, content, expected);
    let mut findings = check.into_findings();
    findings.sort_by_key(|finding| finding.line.unwrap_or(usize::MAX));
    let is_refused = findings.iter().any(Finding::is_refusal);
    Reading { appspec: appspec.filter(|_| !is_refused), findings }
}

fn read_document(check: &mut Check, content: &[u8], expected: &Expected<'_>) -> Option<ServerAppSpec> {
    const EMPTY: &str = "The deployment failed because the application specification file was empty.";
    let document = match tree::parse(content) {
        Ok(document) => document,
        Err(Malformed { line, detail }) => {
            check.refuse_as(line, "The deployment failed because the AppSpec file cannot be parsed.", detail);
            return None;
        }
    };
    if let Some(line) = document.second {
        check.warn(line, "a second document begins here and is ignored");
    }
    match document.root.filter(|root| !root.is_null()) {
        Some(root) => read_root(check, &root, expected),
        None => {
            check.refuse_as(None, EMPTY, "write at least version: 0.0 and os: linux");
            None
        }
    }
}

fn read_root(check: &mut Check, root: &Node, expected: &Expected<'_>) -> Option<ServerAppSpec> {
    let entries = check.map("the AppSpec", root, "version, os, files, permissions and hooks")?;
    let fields = check.fields("", entries, KNOWN, unknown_section);
    let [version, os, files, behavior, permissions, environment, hooks] = fields;
    read_version(check, version);
    let os = read_os(check, os, expected);
    let of = os.unwrap_or(Os::Linux);
    let files = files.map(|node| files::read(check, node, of)).unwrap_or_default();
    let behavior = behavior.and_then(|node| files::read_behavior(check, node));
    let permissions = permissions.map(|node| permissions::read(check, node, of)).unwrap_or_default();
    let shared = environment.map(|node| environment::read(check, "environment", node)).unwrap_or_default();
    let mut hooks = hooks.map(|node| hooks::read(check, node, of, expected)).unwrap_or_default();
    hooks.iter_mut().flat_map(|hook| &mut hook.scripts).for_each(|script| script.inherit(&shared));
    let scripts: usize = hooks.iter().map(|hook| hook.scripts.len()).sum();
    let count = files.len() + permissions.len() + scripts;
    if count > MOST_ENTRIES {
        let detail =
            format!("the AppSpec has {count} entries of files, permissions and hooks; it may have {MOST_ENTRIES}");
        check.refuse(root.line, detail);
    }
    Some(ServerAppSpec { os: os?, files, file_exists_behavior: behavior, permissions, hooks })
}

fn unknown_section(check: &mut Check, key: &Key) {
    let event = HOOKS.iter().find(|event| event.eq_ignore_ascii_case(&key.name));
    if let Some(event) = event {
        let detail = format!(
            "\"{}\" is at the top level, not under hooks; its scripts will not run. Indent it below hooks: as {event}",
            key.name
        );
        check.warn(key.line, detail);
    } else if matches!(key.name.as_str(), "Resources" | "resources" | "Hooks") {
        let detail = format!("{} belongs to the AppSpecs of Lambda and ECS and is ignored", key.name);
        check.warn(key.line, detail);
    } else {
        check.unknown("", key, &KNOWN);
    }
}

fn read_version(check: &mut Check, node: Option<&Node>) {
    let official = |value: &str| {
        format!(
            "The deployment failed because an invalid version value ({value}) was entered in the application \
             specification file."
        )
    };
    let Some(node) = node else {
        check.refuse_as(None, official(""), "version is missing; write version: 0.0 without quotes");
        return;
    };
    let Some(scalar) = check.scalar("version", node) else { return };
    let is_zero = scalar.text.parse::<f64>().is_ok_and(|number| number == 0.0);
    if scalar.quoted || !is_zero {
        check.refuse_as(Some(node.line), official(&cut(&scalar.text)), "write version: 0.0 without quotes");
    }
}

fn read_os(check: &mut Check, node: Option<&Node>, expected: &Expected<'_>) -> Option<Os> {
    let official = |value: &str| {
        format!(
            "The deployment failed because the application specification file specifies an unsupported operating \
             system ({value})."
        )
    };
    let Some(node) = node else {
        check.refuse_as(None, official(""), "os is missing; write os: linux or os: windows");
        return None;
    };
    let text = &check.scalar("os", node)?.text;
    let os = match text.as_str() {
        "linux" => Os::Linux,
        "windows" => Os::Windows,
        other => {
            let lower = other.to_ascii_lowercase();
            let meant = if lower.starts_with("win") { "windows".to_owned() } else { "linux".to_owned() };
            let detail = match suggestion(other, &["linux", "windows"]) {
                near if near.is_empty() => format!("os is the family, not the distribution; did you mean {meant}?"),
                near => format!("os is linux or windows, in lower case{near}"),
            };
            check.refuse_as(Some(node.line), official(&cut(other)), detail);
            return None;
        }
    };
    if let Some(host) = expected.os.filter(|host| *host != os) {
        check.refuse_as(Some(node.line), official(text), format!("the AppSpec is for {os}, and this host runs {host}"));
    }
    Some(os)
}
