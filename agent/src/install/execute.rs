//! Does what a plan says.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;

use super::decide::{Plan, Step};
use crate::system::Host;

/// Removes and makes. Done again after an interruption, it leads to the same end.
///
/// Returns what could not be removed because something else is in it.
pub fn execute(host: &dyn Host, revision: &Dir, plan: &Plan) -> io::Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    let replaced: Vec<&Path> = plan.recorded.iter().map(PathBuf::as_path).collect();
    for path in &plan.removals {
        let removed = match host.look(path).map_err(named("look at", path))? {
            None => continue,
            Some(crate::system::Seen::Folder) => host.remove_folder(path),
            Some(_) => host.remove_file(path),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && !replaced.contains(&path.as_path()) => {
                kept.push(path.clone());
            }
            outcome => outcome.map_err(named("remove", path))?,
        }
    }
    for step in &plan.steps {
        match step {
            Step::Folder { path, attributes } => {
                host.make_folder(path, *attributes).map_err(named("make the folder", path))?;
            }
            Step::File { from, path, attributes } => {
                host.copy(revision, from, path, *attributes).map_err(named("write", path))?;
            }
            Step::Link { path, target } => host.link(target, path).map_err(named("make the link", path))?,
            Step::Acl { path, entries } => host.set_acl(path, entries).map_err(named("set the ACL of", path))?,
            Step::Context { path, context } => {
                host.set_context(path, context).map_err(named("set the context of", path))?;
            }
        }
    }
    Ok(kept)
}

fn named<'a>(what: &'a str, path: &'a Path) -> impl Fn(io::Error) -> io::Error + 'a {
    move |error| io::Error::new(error.kind(), format!("cannot {what} {}: {error}", path.display()))
}
