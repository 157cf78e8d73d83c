//! Looks at the host where a revision is to be installed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::expand::Target;
use super::inventory::Item;
use crate::system::{Host, Seen};

/// A path that a revision makes, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// What is to be made.
    pub target: Target,
    /// The path without symbolic links in it.
    pub real: PathBuf,
    /// What is there.
    pub seen: Option<Seen>,
}

/// Looks at each path. Links of the host to folders are followed here, once, so that nothing follows one later.
pub fn survey(host: &dyn Host, targets: &[Target]) -> io::Result<(Vec<Site>, Vec<String>)> {
    let mut real: BTreeMap<&Path, PathBuf> = BTreeMap::new();
    let mut blocked: BTreeSet<&Path> = BTreeSet::new();
    let (mut sites, mut problems) = (Vec::new(), Vec::new());
    for target in targets {
        let parent = target.path.parent().unwrap_or(Path::new("/"));
        if blocked.contains(parent) {
            blocked.insert(&target.path);
            continue;
        }
        let name = target.path.file_name().unwrap_or_default();
        let mut here = match real.get(parent) {
            Some(folder) => folder.join(name),
            None => host.resolve(parent)?.join(name),
        };
        let mut seen = host.look(&here)?;
        if seen == Some(Seen::Link) && target.item == Item::Folder {
            match host.resolve(&here) {
                Ok(resolved) => {
                    here = resolved;
                    seen = host.look(&here)?;
                }
                Err(error) => {
                    problems.push(error.to_string());
                    blocked.insert(&target.path);
                    continue;
                }
            }
        }
        if target.item == Item::Folder {
            real.insert(&target.path, here.clone());
        }
        sites.push(Site { target: target.clone(), real: here, seen });
    }
    Ok((sites, problems))
}
