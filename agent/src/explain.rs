//! Says what a deployment would do, before it does it.

use std::fmt::Write;

use spillway_appspec::finding::Finding;
use spillway_appspec::server::ServerAppSpec;

use crate::install::decide::{Plan, Step};
use crate::system::Attributes;

/// What an event would do.
pub enum Effect<'a> {
    /// Unpack the revision.
    Unpack,
    /// Install files.
    Install(&'a Plan),
    /// Run scripts of an AppSpec.
    Scripts(&'a ServerAppSpec),
    /// Nothing: there is no revision whose scripts it would run.
    Nothing,
}

/// A text of an event and what it would do, one thing a line.
pub fn event(name: &str, effect: &Effect<'_>) -> String {
    let mut lines = Vec::new();
    match effect {
        Effect::Unpack => lines.push("unpack the revision and check its AppSpec".to_owned()),
        Effect::Install(plan) => install(plan, &mut lines),
        Effect::Scripts(appspec) => {
            for script in appspec.scripts(name) {
                let user = script.run_as.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
                let sudo = if script.sudo { " by sudo" } else { "" };
                let own: Vec<String> = script.environment.iter().map(ToString::to_string).collect();
                let own = if own.is_empty() { String::new() } else { format!(", with {}", own.join(", ")) };
                lines.push(format!("run {}{user}{sudo}, at most {} s{own}", script.location, script.timeout_seconds));
            }
        }
        Effect::Nothing => {}
    }
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    let mut text = format!("{name}\n");
    for line in lines {
        // A String takes all that is written to it.
        writeln!(text, "  {line}").ok();
    }
    text
}

/// The warnings of an AppSpec.
pub fn findings(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("warning: AppSpec: {finding}\n")).collect()
}

fn install(plan: &Plan, lines: &mut Vec<String>) {
    lines.extend(plan.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.extend(plan.retained.iter().map(|path| format!("keep {}, which exists", path.display())));
    lines.extend(plan.removals.iter().map(|path| format!("delete {}", path.display())));
    for step in &plan.steps {
        lines.push(match step {
            Step::Folder { path, attributes } => format!("make {}/{}", path.display(), tell(*attributes)),
            Step::File { from, path, attributes } => {
                let verb = if plan.replaced.contains(path) { "overwrite" } else { "copy" };
                format!("{verb} {} to {}{}", from.display(), path.display(), tell(*attributes))
            }
            Step::Link { path, target } => format!("link {} to {}", path.display(), target.display()),
            Step::Acl { path, entries } => {
                format!("set {} access control entries of {}", entries.len(), path.display())
            }
            Step::Context { path, context } => format!("set the SELinux type {} of {}", context.kind, path.display()),
        });
    }
}

fn tell(attributes: Attributes) -> String {
    let mode = attributes.mode.map(|mode| format!(" mode {mode:04o}"));
    let owner = attributes.owner.map(|owner| format!(" owner {owner}"));
    let group = attributes.group.map(|group| format!(" group {group}"));
    let all: String = [mode, owner, group].into_iter().flatten().collect();
    if all.is_empty() { all } else { format!(",{all}") }
}
