//! What the agent keeps on the disk, where CodeDeploy's agents keep it. Every file is written aside and renamed, so that
//! it is whole at every moment.

pub mod survey;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

use crate::diagnostics::Diagnostics;
use crate::install::decide::Owned;
use crate::spec::{DeploymentSpec, is_safe_name};
use crate::system::Host;
use survey::size_of;

const INSTRUCTIONS: &str = "deployment-instructions";
const ONGOING: &str = "ongoing-deployment";
const CLEANUP: &str = "-cleanup";
const LOGS: &str = "logs";
/// Lists are of this agent's making, and not longer than this.
const MOST_LIST: u64 = 256 << 20;

/// The folder of all deployments.
#[derive(Debug, Clone)]
pub struct Root(pub PathBuf);

/// A command that ran when the agent ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ongoing {
    /// The deployment.
    pub deployment_id: String,
    /// The deployment group.
    pub group_id: String,
    /// The event.
    pub event: String,
    /// The command of the service, if it is one.
    #[serde(default)]
    pub command: Option<String>,
    /// By what the service knows the deployment, where the agent was about to claim the command: only the service knows
    /// whether it is claimed.
    #[serde(default)]
    pub claims: Option<String>,
    /// How it ended, if it ended and the service has not heard of it.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether it succeeded.
    pub succeeded: bool,
    /// The diagnostics, as the service takes them.
    pub payload: String,
}

impl From<&Diagnostics> for Outcome {
    fn from(diagnostics: &Diagnostics) -> Self {
        Self { succeeded: diagnostics.is_success(), payload: diagnostics.payload() }
    }
}

/// Where the files of a deployment are.
#[derive(Debug, Clone)]
pub struct Place {
    root: PathBuf,
    group: String,
    deployment: String,
}

/// A deployment group of this host, or its daemon's place, held by this process.
#[derive(Debug)]
pub struct Lock(fs::File);

impl Drop for Lock {
    /// A process that another thread is just starting has the file, too, and would hold the lock until it runs.
    fn drop(&mut self) {
        self.0.unlock().ok();
    }
}

fn missing_is_none<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path)
}

fn lock(path: &Path, held: impl FnOnce() -> String) -> io::Result<Lock> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(fs::TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::ResourceBusy, held())),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

impl Root {
    /// The place of a deployment. Fails if its names cannot be those of files.
    pub fn place(&self, spec: &DeploymentSpec) -> io::Result<Place> {
        for name in [&spec.group_id, &spec.deployment_id] {
            if !is_safe_name(name) || [INSTRUCTIONS, ONGOING].contains(&name.as_str()) {
                let words = format!("'{name}' cannot be the id of a deployment or its group: letters, digits, - and _");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
            }
        }
        Ok(Place { root: self.0.clone(), group: spec.group_id.clone(), deployment: spec.deployment_id.clone() })
    }

    /// Makes the folders that everything else is in. What they have is for the agent's user alone.
    pub fn prepare(&self) -> io::Result<()> {
        make_folder(&self.0, 0o755)?;
        make_folder(&self.0.join(INSTRUCTIONS), 0o700)?;
        make_folder(&self.0.join(ONGOING), 0o700)
    }

    /// Where the daemon says for `status` how it is.
    pub fn status_file(&self) -> PathBuf {
        self.0.join(INSTRUCTIONS).join("daemon.json")
    }

    /// Locks the commands of services for this process: another daemon would report them as interrupted.
    pub fn lock(&self) -> io::Result<Lock> {
        self.prepare()?;
        lock(&self.0.join(INSTRUCTIONS).join("daemon.lock"), || {
            format!("another spillway-agent runs with the folder {}; end it, or use another folder", self.0.display())
        })
    }

    /// The commands that ran when the agent ended, oldest first.
    pub fn interrupted(&self) -> io::Result<Vec<Ongoing>> {
        let Some(entries) = missing_is_none(fs::read_dir(self.0.join(ONGOING)))? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some() {
                continue;
            }
            if let Ok(ongoing) = serde_json::from_slice::<Ongoing>(&fs::read(&path)?) {
                found.push((fs::metadata(&path)?.modified()?, ongoing));
            }
        }
        found.sort_by_key(|(modified, _)| *modified);
        Ok(found.into_iter().map(|(_, ongoing)| ongoing).collect())
    }

    /// Forgets what ran in a deployment.
    pub fn forget(&self, host: &dyn Host, deployment_id: &str) -> io::Result<()> {
        match is_safe_name(deployment_id) {
            true => host.remove_file(&self.0.join(ONGOING).join(deployment_id)),
            false => Ok(()),
        }
    }
}

impl Place {
    /// The folder of the deployment.
    pub fn folder(&self) -> PathBuf {
        self.root.join(&self.group).join(&self.deployment)
    }

    /// The bundle, while it is fetched and unpacked.
    pub fn bundle(&self) -> PathBuf {
        self.folder().join("bundle.tar")
    }

    /// The unpacked revision.
    pub fn archive(&self) -> PathBuf {
        self.folder().join("deployment-archive")
    }

    /// The unpacked revision of another deployment of the group.
    pub fn archive_of(&self, deployment: &str) -> PathBuf {
        self.root.join(&self.group).join(deployment).join("deployment-archive")
    }

    /// Where a revision is unpacked before it is one.
    pub fn unpacking(&self) -> PathBuf {
        self.folder().join("unpacking")
    }

    /// What scripts write.
    pub fn scripts_log(&self) -> PathBuf {
        self.folder().join(LOGS).join("scripts.log")
    }

    /// Makes the deployment's folders.
    pub fn prepare(&self) -> io::Result<()> {
        make_folder(&self.folder().join(LOGS), 0o755)
    }

    fn instruction(&self, suffix: &str) -> PathBuf {
        self.root.join(INSTRUCTIONS).join(format!("{}{suffix}", self.group))
    }

    /// Locks the deployment group for this process.
    pub fn lock(&self) -> io::Result<Lock> {
        lock(&self.instruction(".lock"), || {
            format!("another process deploys to deployment group {} of this host", self.group)
        })
    }

    /// What this group has installed, and what others have.
    pub fn owned(&self) -> io::Result<Owned> {
        let mine = read_list(&self.instruction(CLEANUP))?;
        let mut others = BTreeMap::new();
        let entries = missing_is_none(fs::read_dir(self.root.join(INSTRUCTIONS)))?;
        for entry in entries.into_iter().flatten() {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some(group) = name.strip_suffix(CLEANUP).filter(|group| *group != self.group) {
                others.extend(read_list(&path)?.into_iter().map(|path| (path, group.to_owned())));
            }
        }
        Ok(Owned { mine, others })
    }

    /// Records what this group has installed, or may have while it installs.
    pub fn record_owned<'a>(&self, host: &dyn Host, paths: impl Iterator<Item = &'a PathBuf>) -> io::Result<()> {
        let mut text = Vec::new();
        for path in paths {
            text.extend_from_slice(path.as_os_str().as_encoded_bytes());
            text.push(b'\n');
        }
        host.write(&self.instruction(CLEANUP), &text)
    }

    /// The folder of the deployment whose revision was installed last.
    pub fn last_successful(&self) -> io::Result<Option<PathBuf>> {
        self.pointer("_last_successful_install")
    }

    /// The folder of the deployment whose revision was unpacked last.
    pub fn most_recent(&self) -> io::Result<Option<PathBuf>> {
        self.pointer("_most_recent_install")
    }

    /// Records that this deployment's revision is installed.
    pub fn record_last_successful(&self, host: &dyn Host) -> io::Result<()> {
        self.point(host, "_last_successful_install")
    }

    /// Records that this deployment's revision is unpacked.
    pub fn record_most_recent(&self, host: &dyn Host) -> io::Result<()> {
        self.point(host, "_most_recent_install")
    }

    fn point(&self, host: &dyn Host, suffix: &str) -> io::Result<()> {
        host.write(&self.instruction(suffix), self.folder().as_os_str().as_encoded_bytes())
    }

    /// A deployment of this group, whatever path stands there; none if it is gone.
    fn pointer(&self, suffix: &str) -> io::Result<Option<PathBuf>> {
        let text = missing_is_none(fs::read_to_string(self.instruction(suffix)))?;
        let name = text.as_deref().and_then(|text| Path::new(text.trim()).file_name());
        let folder = name.map(|name| self.root.join(&self.group).join(name));
        Ok(folder.filter(|folder| folder.is_dir()))
    }

    /// Records that a command is about to be claimed.
    pub fn claim(&self, host: &dyn Host, event: &str, command: &str, execution: &str) -> io::Result<()> {
        self.write_ongoing(host, &Ongoing { claims: Some(execution.to_owned()), ..self.ongoing(event, Some(command)) })
    }

    /// Records that a command begins.
    pub fn begin(&self, host: &dyn Host, event: &str, command: Option<&str>) -> io::Result<()> {
        self.write_ongoing(host, &self.ongoing(event, command))
    }

    /// Records how a command ended, until the service has heard of it.
    pub fn record_outcome(
        &self,
        host: &dyn Host,
        event: &str,
        command: &str,
        diagnostics: &Diagnostics,
    ) -> io::Result<()> {
        let outcome = Some(diagnostics.into());
        self.write_ongoing(host, &Ongoing { outcome, ..self.ongoing(event, Some(command)) })
    }

    fn ongoing(&self, event: &str, command: Option<&str>) -> Ongoing {
        Ongoing {
            deployment_id: self.deployment.clone(),
            group_id: self.group.clone(),
            event: event.to_owned(),
            command: command.map(str::to_owned),
            claims: None,
            outcome: None,
        }
    }

    fn write_ongoing(&self, host: &dyn Host, ongoing: &Ongoing) -> io::Result<()> {
        host.write(&self.root.join(ONGOING).join(&self.deployment), &serde_json::to_vec(ongoing)?)
    }

    /// Records that it has ended.
    pub fn end(&self, host: &dyn Host) -> io::Result<()> {
        host.remove_file(&self.root.join(ONGOING).join(&self.deployment))
    }

    /// Removes the oldest revisions of the group beyond a number and a size, never this one and the last that was
    /// installed.
    pub fn retain(&self, host: &dyn Host, revisions: usize, bytes: u64) -> io::Result<()> {
        let keep = [Some(self.folder()), self.last_successful()?];
        let mut found = Vec::new();
        for entry in fs::read_dir(self.root.join(&self.group))? {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                found.push((metadata.modified()?, path));
            }
        }
        found.sort();
        let mut sizes: Vec<u64> = found.iter().map(|(_, path)| size_of(path)).collect();
        let mut left = found.len();
        for (n, (_, path)) in found.iter().enumerate() {
            let total: u64 = sizes.iter().sum();
            if left <= revisions && total <= bytes {
                break;
            }
            if !keep.contains(&Some(path.clone())) {
                host.remove_tree(path)?;
                sizes[n] = 0;
                left -= 1;
            }
        }
        Ok(())
    }
}

/// The paths of a list. What others could have written is not believed: the agent removes what such a list names.
fn read_list(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(metadata) = missing_is_none(fs::symlink_metadata(path))? else { return Ok(Vec::new()) };
    let is_own = metadata.is_file() && metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o022 == 0;
    if !is_own || metadata.len() > MOST_LIST {
        let words = format!(
            "{} is not a file that only the agent's user can write, so what it lists is not removed; look at it, and \
             remove it",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    let text = fs::read_to_string(path)?;
    // Lines of the official agent for SELinux have a zero byte.
    let lines = text.lines().filter(|line| line.starts_with('/') && !line.contains('\0'));
    Ok(lines.map(PathBuf::from).collect())
}
