//! Decides what is done to the host. Pure: what was seen is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use spillway_appspec::server::{AclEntry, Context, FileExistsBehavior};

use super::inventory::Item;
use super::permissions::Rules;
use super::survey::Site;
use crate::system::{Attributes, Seen};

/// What a message lists.
const MOST_LISTED: usize = 20;

/// What deployments have installed on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owned {
    /// By this deployment group, in the order in which it was made.
    pub mine: Vec<PathBuf>,
    /// By others: the path, and the group.
    pub others: BTreeMap<PathBuf, String>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A folder is there, with these attributes.
    Folder {
        /// Where.
        path: PathBuf,
        /// Its attributes.
        attributes: Attributes,
    },
    /// A file is there.
    File {
        /// From where in the revision.
        from: PathBuf,
        /// Where.
        path: PathBuf,
        /// Its attributes.
        attributes: Attributes,
    },
    /// A symbolic link is there.
    Link {
        /// Where.
        path: PathBuf,
        /// To what.
        target: PathBuf,
    },
    /// A path has an access control list.
    Acl {
        /// Where.
        path: PathBuf,
        /// The list.
        entries: Vec<AclEntry>,
    },
    /// A path has an SELinux context.
    Context {
        /// Where.
        path: PathBuf,
        /// The context.
        context: Context,
    },
}

/// All that is done to install a revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What earlier deployments of the group made and this one does not make, in the order in which it goes.
    pub removals: Vec<PathBuf>,
    /// What is made.
    pub steps: Vec<Step>,
    /// What the group has made when the plan is done, in the order in which it is made.
    pub recorded: Vec<PathBuf>,
    /// What it may leave behind if it is interrupted: files that are written but not renamed.
    pub partial: Vec<PathBuf>,
    /// Files of the host that are replaced.
    pub replaced: Vec<PathBuf>,
    /// Files of the host that stay.
    pub retained: Vec<PathBuf>,
    /// What may not be meant.
    pub warnings: Vec<String>,
}

/// Decides, or says all that stands against it.
pub fn decide(
    sites: &[Site],
    owned: &Owned,
    behavior: FileExistsBehavior,
    rules: &Rules<'_>,
    aside: &str,
) -> Result<Plan, Vec<String>> {
    let mine: BTreeSet<&Path> = owned.mine.iter().map(PathBuf::as_path).collect();
    let mut plan = Plan::default();
    let (mut exist, mut problems) = (Vec::new(), Vec::new());
    let mut used = vec![false; rules.permissions.len()];
    let mut partial = BTreeSet::new();
    for site in sites {
        let path = &site.real;
        let is_mine = mine.contains(path.as_path());
        match (&site.target.item, site.seen) {
            (Item::Folder, None) => {}
            (Item::Folder, Some(Seen::Folder)) if is_mine => {}
            // The deployment group did not make this folder, so the agent neither changes nor removes it.
            (Item::Folder, Some(Seen::Folder)) => continue,
            (Item::Folder, Some(Seen::File | Seen::Link)) if is_mine => plan.removals.push(path.clone()),
            (Item::Folder, Some(Seen::File | Seen::Link | Seen::Other)) => {
                problems
                    .push(format!("{} must be a folder, and there is something else; move it away", path.display()));
                continue;
            }
            (Item::File | Item::Link(_), None) => {}
            (Item::File | Item::Link(_), Some(Seen::Folder)) if is_mine => plan.removals.push(path.clone()),
            (Item::File | Item::Link(_), Some(Seen::Folder | Seen::Other)) => {
                problems.push(format!("{} must be a file, and there is a folder; move it away", path.display()));
                continue;
            }
            (Item::File | Item::Link(_), Some(Seen::File | Seen::Link)) if is_mine => {}
            (Item::File | Item::Link(_), Some(Seen::File | Seen::Link)) => match behavior {
                FileExistsBehavior::Disallow => {
                    exist.push(path.as_path());
                    continue;
                }
                FileExistsBehavior::Overwrite => plan.replaced.push(path.clone()),
                FileExistsBehavior::Retain => {
                    plan.retained.push(path.clone());
                    continue;
                }
            },
        }
        let permissions = rules.matching(&site.target.path, &site.target.item);
        for (n, _) in &permissions {
            used[*n] = true;
        }
        if let [first, second, ..] = permissions[..] {
            problems.push(format!(
                "The deployment failed because the permissions of {} are specified more than once [lines {} and {}: \
                 leave one, or use except]",
                path.display(),
                first.1.line,
                second.1.line
            ));
        }
        let permission = permissions.first().map(|(_, permission)| *permission);
        let attributes = permission.map(|permission| rules.attributes(permission)).unwrap_or_default();
        if let Some(permission) = permission.filter(|permission| Path::new(&permission.object) == site.target.path) {
            problems.extend(Rules::check_file(permission));
        }
        plan.recorded.push(path.clone());
        plan.steps.push(match &site.target.item {
            Item::Folder => Step::Folder { path: path.clone(), attributes },
            Item::File => Step::File { from: site.target.source.clone(), path: path.clone(), attributes },
            Item::Link(target) => Step::Link { path: path.clone(), target: target.clone() },
        });
        if site.target.item != Item::Folder {
            partial.insert(path.with_file_name(aside));
        }
        if let Some(permission) = permission {
            if !permission.acls.is_empty() {
                let entries = permission.acls.iter().filter(|entry| !entry.default || site.target.item == Item::Folder);
                plan.steps.push(Step::Acl { path: path.clone(), entries: entries.cloned().collect() });
            }
            if let Some(context) = &permission.context {
                plan.steps.push(Step::Context { path: path.clone(), context: context.clone() });
            }
        }
    }
    if let Some(words) = tell_existing(&exist, owned) {
        problems.push(words);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let unused = rules.permissions.iter().zip(used).filter(|(_, used)| !used).map(|(permission, _)| permission);
    plan.warnings.extend(unused.map(|permission| {
        format!(
            "line {}: the permission of {} matches nothing that this deployment copies",
            permission.line, permission.object
        )
    }));
    plan.partial = partial.into_iter().collect();
    remove_rest(&mut plan, owned);
    Ok(plan)
}

/// What the group has made and no longer makes goes, unless another group has made it, too.
fn remove_rest(plan: &mut Plan, owned: &Owned) {
    let stays: BTreeSet<&Path> = plan.recorded.iter().map(PathBuf::as_path).collect();
    let mut changed = std::mem::take(&mut plan.removals);
    let gone = owned.mine.iter().rev();
    let gone = gone.filter(|path| !stays.contains(path.as_path()) && !owned.others.contains_key(*path));
    let mut removals: Vec<PathBuf> = gone.cloned().collect();
    // A folder that becomes a file goes when all that is in it has gone.
    changed.reverse();
    removals.append(&mut changed);
    plan.removals = removals;
}

/// CodeDeploy's sentence, and all paths that it is true of.
fn tell_existing(exist: &[&Path], owned: &Owned) -> Option<String> {
    let first = exist.first()?;
    let mut words =
        format!("The deployment failed because a specified file already exists at this location: {}", first.display());
    let mut notes = Vec::new();
    if exist.len() > 1 {
        let others = exist[1..].iter().take(MOST_LISTED).map(|path| path.display().to_string());
        let others = others.collect::<Vec<_>>().join(", ");
        let rest = exist.len().saturating_sub(MOST_LISTED + 1);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        notes.push(format!("and {} more: {others}{rest}", exist.len() - 1));
    }
    if let Some(group) = exist.iter().find_map(|path| owned.others.get(*path)) {
        notes.push(format!("deployment group {group} has installed some of them"));
    }
    notes.push("nothing was changed; remove them, or use file_exists_behavior OVERWRITE or RETAIN".to_owned());
    words.push_str(&format!(" [{}]", notes.join("; ")));
    Some(words)
}
