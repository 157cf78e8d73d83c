//! Installs the files of a revision: what to do is decided as a value, from what is seen, before anything is changed.

pub mod decide;
pub mod execute;
pub mod expand;
pub mod inventory;
pub mod permissions;
pub mod survey;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use spillway_appspec::server::{FileExistsBehavior, ServerAppSpec};

use crate::system::Host;
use decide::{Owned, Plan};

/// Why nothing is installed: all that stands against it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Refused(pub Vec<String>);

/// What is to be installed, and under which rules.
pub struct Order<'a> {
    /// What the AppSpec says.
    pub appspec: &'a ServerAppSpec,
    /// The revision.
    pub revision: &'a Dir,
    /// What happens to files that exist, where the AppSpec does not say it.
    pub behavior: FileExistsBehavior,
    /// The paths that this deployment group, and others, have installed.
    pub owned: &'a Owned,
    /// The name under which files are written before they are renamed.
    pub aside: &'a str,
}

/// Decides what to do to the host. Changes nothing.
pub fn prepare(host: &dyn Host, order: &Order<'_>) -> io::Result<Result<Plan, Refused>> {
    let inventory = match inventory::list(order.revision) {
        Ok(inventory) => inventory,
        Err(error) => return Ok(Err(Refused(vec![format!("the revision cannot be read: {error}")]))),
    };
    let expanded = match expand::expand(&order.appspec.files, &inventory) {
        Ok(expanded) => expanded,
        Err(problems) => return Ok(Err(Refused(problems))),
    };
    let (sites, mut problems) = survey::survey(host, &expanded.targets)?;
    let people = people(host, order.appspec, &mut problems)?;
    let rules = permissions::Rules { permissions: &order.appspec.permissions, people: &people };
    let behavior = order.appspec.file_exists_behavior.unwrap_or(order.behavior);
    let decided = decide::decide(&sites, order.owned, behavior, &rules, order.aside);
    Ok(match decided {
        Ok(plan) if problems.is_empty() => {
            let warnings = expanded.warnings.into_iter().chain(plan.warnings).collect();
            Ok(Plan { warnings, ..plan })
        }
        Ok(_) => Err(Refused(problems)),
        Err(own) => {
            problems.extend(own);
            Err(Refused(problems))
        }
    })
}

/// The numbers of users and groups, by their names.
#[derive(Debug, Default)]
pub struct People {
    /// Of users.
    pub users: BTreeMap<String, u32>,
    /// Of groups.
    pub groups: BTreeMap<String, u32>,
}

fn people(host: &dyn Host, appspec: &ServerAppSpec, problems: &mut Vec<String>) -> io::Result<People> {
    let mut people = People::default();
    for permission in &appspec.permissions {
        if let Some(name) = &permission.owner {
            match number(name, host.user(name)?) {
                Some(user) => drop(people.users.insert(name.clone(), user)),
                None => {
                    problems.push(format!("can't find user for {name} [line {}: create it first]", permission.line))
                }
            }
        }
        if let Some(name) = &permission.group {
            match number(name, host.group(name)?) {
                Some(group) => drop(people.groups.insert(name.clone(), group)),
                None => {
                    problems.push(format!("can't find group for {name} [line {}: create it first]", permission.line))
                }
            }
        }
        let needed = [
            ("setfacl", "acl", !permission.acls.is_empty()),
            ("semanage", "policycoreutils-python-utils", permission.context.is_some()),
        ];
        for (tool, package, is_needed) in needed {
            if is_needed && !host.has_program(tool) {
                let words =
                    format!("{tool} is not installed [line {}: install the package {package}]", permission.line);
                problems.push(words);
            }
        }
    }
    problems.dedup();
    Ok(people)
}

/// The user or group of that name; where the host has none of it and the name is a number, that number.
fn number(name: &str, found: Option<u32>) -> Option<u32> {
    found.or_else(|| name.parse().ok())
}

/// A path with a name added.
fn below(folder: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { folder.to_owned() } else { folder.join(rest) }
}
