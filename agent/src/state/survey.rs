//! What the folder of all deployments has, for those who look at it from outside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{INSTRUCTIONS, LOGS, ONGOING, Ongoing, Root, missing_is_none};
use crate::spec::is_safe_name;

const LAST_INSTALL: &str = "_last_successful_install";

/// A deployment group of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// The deployment whose revision is installed, and since when; none if there is none.
    pub installed: Option<(String, Timestamp)>,
    /// The folders of its deployments that are kept.
    pub deployments: Vec<PathBuf>,
    /// What they take.
    pub bytes: u64,
}

impl Root {
    /// The deployment groups of this host, by their ids.
    pub fn groups(&self) -> io::Result<Vec<Group>> {
        let Some(entries) = missing_is_none(fs::read_dir(&self.0))? else { return Ok(Vec::new()) };
        let mut groups = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(id) = name.to_str().filter(|id| is_safe_name(id) && ![INSTRUCTIONS, ONGOING].contains(id)) else {
                continue;
            };
            let deployments = if entry.file_type()?.is_dir() { deployments(&entry.path())? } else { Vec::new() };
            if !deployments.is_empty() {
                let bytes = deployments.iter().map(|folder| size_of(folder)).sum();
                groups.push(Group { id: id.to_owned(), installed: self.installed(id)?, deployments, bytes });
            }
        }
        groups.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(groups)
    }

    /// The folders besides those of groups, in which the agent keeps what it knows.
    pub fn own_folders(&self) -> [PathBuf; 2] {
        [INSTRUCTIONS, ONGOING].map(|name| self.0.join(name))
    }

    fn installed(&self, group: &str) -> io::Result<Option<(String, Timestamp)>> {
        let path = self.0.join(INSTRUCTIONS).join(format!("{group}{LAST_INSTALL}"));
        let Some(text) = missing_is_none(fs::read_to_string(&path))? else { return Ok(None) };
        let deployment = Path::new(text.trim()).file_name().and_then(|name| name.to_str()).map(str::to_owned);
        deployment.map(|deployment| Ok((deployment, modified(&path)?))).transpose()
    }

    /// The events that run, or whose end the service has not heard of, each with the moment since when.
    pub fn ongoing(&self) -> io::Result<Vec<(Ongoing, Timestamp)>> {
        let since = |ongoing: Ongoing| match modified(&self.0.join(ONGOING).join(&ongoing.deployment_id)) {
            Ok(since) => Some(Ok((ongoing, since))),
            // It ended between two looks.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(error)),
        };
        self.interrupted()?.into_iter().filter_map(since).collect()
    }
}

/// The folders of deployments in a folder. What else is there, where the folder of deployments is also one of other
/// things, is none: each deployment has a folder of logs from its first event on.
fn deployments(group: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(group)? {
        let entry = entry?;
        let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with("d-"));
        if is_named && entry.file_type()?.is_dir() && entry.path().join(LOGS).is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn modified(path: &Path) -> io::Result<Timestamp> {
    Ok(Timestamp::try_from(fs::metadata(path)?.modified()?).unwrap_or_default())
}

/// The bytes of a folder's files. What cannot be looked at counts nothing.
pub(super) fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
