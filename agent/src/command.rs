//! Runs one lifecycle event of a deployment, and says how it ended.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use jiff::Timestamp;
use spillway_appspec::server::ServerAppSpec;

use crate::appspec_file;
use crate::bundle::{self, Kind, Limits};
use crate::diagnostics::Diagnostics;
use crate::hooks::{self, HookLog};
use crate::install::decide::{Owned, Plan};
use crate::install::{self, Refused};
use crate::progress::Progress;
use crate::secrets::Secrets;
use crate::spec::{Bundles, Commits, DeploymentSpec, GitHubCommit, Revision, S3Object};
use crate::state::{Place, Root};
use crate::system::{Host, Invocation};

/// What became of an archive that a deployment may use again.
enum Reused {
    /// It was copied.
    Copied,
    /// It was not, and why.
    Fetched(String),
}

/// Why an event failed, where no script is to blame.
type Failure = Box<dyn std::error::Error>;

/// How many revisions of a deployment group are kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// At most so many, the current one included.
    pub revisions: usize,
    /// At most so many bytes, the current and the last successful one always.
    pub bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { revisions: 5, bytes: 8 << 30 }
    }
}

/// The agent, as the events of all deployments see it.
pub struct Agent<'a> {
    /// The host.
    pub host: &'a dyn Host,
    /// Where deployments are.
    pub root: Root,
    /// The folder that stands for `/` in the destinations and permissions of AppSpecs, where it is another one.
    pub files_root: Option<PathBuf>,
    /// How large a revision may become.
    pub limits: Limits,
    /// How many are kept.
    pub keep: Keep,
    /// The agent's environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Where bundles are fetched from; none for an agent that has no access to a store.
    pub bundles: Option<&'a dyn Bundles>,
    /// Where commits are fetched from; none for an agent that has no access to GitHub.
    pub commits: Option<&'a dyn Commits>,
    /// Where the values of scripts' own variables are; none for an agent that has no access to them.
    pub secrets: Option<&'a dyn Secrets>,
    /// Between the request to end and the end by force.
    pub grace: Duration,
    /// The time of day.
    pub now: fn() -> Timestamp,
    /// What other threads see of the event that runs.
    pub progress: Progress,
}

impl<'a> Agent<'a> {
    /// An agent with the limits that it has unless told otherwise.
    pub fn new(
        host: &'a dyn Host,
        root: PathBuf,
        environment: Vec<(OsString, OsString)>,
        now: fn() -> Timestamp,
    ) -> Self {
        let (limits, keep) = (Limits::default(), Keep::default());
        let progress = Progress::default();
        Self {
            host,
            root: Root(root),
            files_root: None,
            limits,
            keep,
            environment,
            bundles: None,
            commits: None,
            secrets: None,
            grace: Invocation::GRACE,
            now,
            progress,
        }
    }

    /// The name under which a deployment group's files are written before they are renamed.
    pub fn aside(group_id: &str) -> String {
        format!(".spillway-{group_id}")
    }

    /// Runs an event. What an agent did that was killed in it, a second run completes.
    pub fn run(&self, spec: &DeploymentSpec, event: &str) -> Diagnostics {
        let outcome = self.locked(spec, |place| {
            place.begin(self.host, event, None)?;
            let outcome = self.do_event(spec, place, event);
            place.end(self.host)?;
            outcome
        });
        outcome.unwrap_or_else(|failure| Diagnostics::failure(&failure.to_string()))
    }

    /// Runs an event as the command of a service. How it ended stays on the disk until [`Root::forget`], so that the
    /// service hears it also from an agent that was killed before it could tell.
    pub fn run_command(&self, spec: &DeploymentSpec, event: &str, command: &str) -> Diagnostics {
        let outcome = self.locked(spec, |place| {
            place.begin(self.host, event, Some(command))?;
            let outcome = self.do_event(spec, place, event);
            let diagnostics = outcome.unwrap_or_else(|failure| Diagnostics::failure(&failure.to_string()));
            place.record_outcome(self.host, event, command, &diagnostics)?;
            Ok(diagnostics)
        });
        outcome.unwrap_or_else(|failure| Diagnostics::failure(&failure.to_string()))
    }

    /// Records that the agent is about to claim a command, so that it goes on with the command if it is killed before it
    /// has heard the answer, or before it begins.
    pub fn record_claim(&self, spec: &DeploymentSpec, event: &str, command: &str, execution: &str) -> io::Result<()> {
        self.root.prepare()?;
        self.root.place(spec)?.claim(self.host, event, command, execution)
    }

    /// Whether an event has nothing to do, since the revision has no scripts for it.
    pub fn is_noop(&self, spec: &DeploymentSpec, event: &str) -> Result<bool, Failure> {
        if matches!(event, "DownloadBundle" | "Install") {
            return Ok(false);
        }
        let place = self.root.place(spec)?;
        let Some(archive) = hooks::revision_of(event, spec, &place)? else { return Ok(true) };
        let revision = Dir::open_ambient_dir(&archive, ambient_authority())?;
        let (appspec, _) = appspec_file::read(&revision, spec.appspec_filename.as_deref(), None)?;
        Ok(appspec.scripts(event).is_empty())
    }

    fn locked<T>(&self, spec: &DeploymentSpec, work: impl FnOnce(&Place) -> Result<T, Failure>) -> Result<T, Failure> {
        let place = self.root.place(spec)?;
        self.root.prepare()?;
        let _lock = place.lock()?;
        place.prepare()?;
        work(&place)
    }

    fn do_event(&self, spec: &DeploymentSpec, place: &Place, event: &str) -> Result<Diagnostics, Failure> {
        match event {
            "DownloadBundle" => self.download(spec, place),
            "Install" => self.install(spec, place),
            hook => self.hook(spec, place, hook),
        }
    }

    /// Fetches a bundle into a file of the deployment, and returns the file.
    fn fetch(&self, object: &S3Object, place: &Place) -> Result<PathBuf, Failure> {
        let name = format!("s3://{}/{}", object.bucket, object.key);
        let bundles =
            self.bundles.ok_or_else(|| format!("{name} cannot be fetched: this agent has no access to S3"))?;
        let path = place.bundle();
        self.host.remove_tree(&path)?;
        let etag = bundles.fetch(object, &path).map_err(|error| format!("{name} cannot be fetched: {error}"))?;
        let bare = |etag: &str| etag.trim_matches('"').to_owned();
        match &object.etag {
            Some(expected) if bare(expected) != bare(&etag) => {
                let (expected, found) = (bare(expected), bare(&etag));
                Err(format!("Expected deployment artifact bundle etag {expected} but was actually {found}").into())
            }
            Some(_) | None => Ok(path),
        }
    }

    /// Fetches the archive of a commit into a file of the deployment, and returns the file.
    fn fetch_commit(&self, commit: &GitHubCommit, place: &Place) -> Result<PathBuf, Failure> {
        let commits =
            self.commits.ok_or_else(|| format!("{commit} cannot be fetched: this agent has no access to GitHub"))?;
        let path = place.bundle();
        self.host.remove_tree(&path)?;
        commits.fetch(commit, &path).map_err(|error| format!("{commit} cannot be fetched: {error}"))?;
        Ok(path)
    }

    /// Copies the archive of another deployment of the group, as if it were the bundle.
    fn reuse(&self, deployment: &str, place: &Place) -> Reused {
        let archive = place.archive_of(deployment);
        if !archive.is_dir() {
            return Reused::Fetched("this host has not kept it".to_owned());
        }
        let copied = unpack_all(&archive, Kind::Directory, &place.unpacking(), self.limits);
        let cleared = copied.or_else(|failure| {
            self.host.remove_tree(&place.unpacking())?;
            Err(failure)
        });
        cleared.map_or_else(|failure| Reused::Fetched(failure.to_string()), |()| Reused::Copied)
    }

    /// Unpacks the revision aside, and makes it the deployment's when it is whole and its AppSpec is one.
    fn download(&self, spec: &DeploymentSpec, place: &Place) -> Result<Diagnostics, Failure> {
        let unpacking = place.unpacking();
        self.host.remove_tree(&unpacking)?;
        let reused = spec.archive_of.as_deref().map(|deployment| self.reuse(deployment, place));
        let found = match &spec.revision {
            _ if matches!(reused, Some(Reused::Copied)) => unpacking.clone(),
            Revision::Local { location, kind } => unpack(location, *kind, &unpacking, self.limits)?,
            Revision::S3(object) => unpack(&self.fetch(object, place)?, Some(object.kind), &unpacking, self.limits)?,
            Revision::GitHub(commit) => unpack_commit(&self.fetch_commit(commit, place)?, &unpacking, self.limits)?,
        };
        self.host.remove_tree(&place.bundle())?;
        let revision = Dir::open_ambient_dir(&found, ambient_authority())?;
        let read = appspec_file::read(&revision, spec.appspec_filename.as_deref(), spec.events.as_deref());
        let (appspec, findings) = read?;
        let mut log = HookLog::open(&place.scripts_log(), self.now, &self.progress)?;
        log.note("LifecycleEvent - DownloadBundle")?;
        if let (Some(reused), Some(deployment)) = (&reused, &spec.archive_of) {
            log.note(&match reused {
                Reused::Copied => format!("the revision is that of deployment {deployment}, which this host has kept"),
                Reused::Fetched(why) => format!("the revision of deployment {deployment} is fetched anew, since {why}"),
            })?;
        }
        for finding in &findings {
            log.note(&format!("warning: AppSpec: {finding}"))?;
        }
        let scripts = appspec.hooks.iter().flat_map(|hook| hook.scripts.iter().map(|script| (&hook.event, script)));
        for (event, script) in scripts {
            if revision.metadata(&script.location).is_err() {
                log.note(&format!("warning: the script {} of {event} is not in the revision", script.written))?;
            }
        }
        self.host.remove_tree(&place.archive())?;
        self.host.rename(&found, &place.archive())?;
        self.host.remove_tree(&unpacking)?;
        place.record_most_recent(self.host)?;
        place.retain(self.host, self.keep.revisions, self.keep.bytes)?;
        Ok(Diagnostics::success(log.tail()))
    }

    /// Decides how to install a revision. Changes nothing.
    pub fn plan(
        &self,
        spec: &DeploymentSpec,
        revision: &Dir,
        appspec: &ServerAppSpec,
        owned: &Owned,
    ) -> io::Result<Result<Plan, Refused>> {
        let (behavior, aside) = (spec.file_exists_behavior, self.host.aside());
        let appspec = &self.placed(appspec);
        install::prepare(self.host, &install::Order { appspec, revision, behavior, owned, aside })
    }

    /// An AppSpec as it is meant on a host whose files have a folder of their own.
    fn placed(&self, appspec: &ServerAppSpec) -> ServerAppSpec {
        let mut placed = appspec.clone();
        if let Some(root) = &self.files_root {
            let place = |path: &mut String| {
                *path = format!("{}/{}", root.display(), path.trim_start_matches('/'));
            };
            placed.files.iter_mut().for_each(|file| place(&mut file.destination));
            placed.permissions.iter_mut().for_each(|permission| place(&mut permission.object));
        }
        placed
    }

    /// Decides what to do before anything is changed, records what may come to be, does it, and records what is.
    fn install(&self, spec: &DeploymentSpec, place: &Place) -> Result<Diagnostics, Failure> {
        let mut log = HookLog::open(&place.scripts_log(), self.now, &self.progress)?;
        log.note("LifecycleEvent - Install")?;
        let archive = place.archive();
        let missing = |error: io::Error| format!("the revision {} cannot be opened: {error}", archive.display());
        let revision = Dir::open_ambient_dir(&archive, ambient_authority()).map_err(missing)?;
        let (appspec, _) = appspec_file::read(&revision, spec.appspec_filename.as_deref(), spec.events.as_deref())?;
        let owned = place.owned()?;
        let plan = self.plan(spec, &revision, &appspec, &owned)??;
        for warning in &plan.warnings {
            log.note(&format!("warning: {warning}"))?;
        }
        place.record_owned(self.host, owned.mine.iter().chain(&plan.recorded).chain(&plan.partial))?;
        let kept = install::execute::execute(self.host, &revision, &plan)?;
        for path in kept {
            log.note(&format!("warning: {} stays, since it has what no deployment made", path.display()))?;
        }
        place.record_owned(self.host, plan.recorded.iter())?;
        place.record_last_successful(self.host)?;
        Ok(Diagnostics::success(log.tail()))
    }

    fn hook(&self, spec: &DeploymentSpec, place: &Place, event: &str) -> Result<Diagnostics, Failure> {
        let Some(archive) = hooks::revision_of(event, spec, place)? else {
            return Ok(Diagnostics::success(String::new()));
        };
        let revision = Dir::open_ambient_dir(&archive, ambient_authority())?;
        let (appspec, _) = appspec_file::read(&revision, spec.appspec_filename.as_deref(), None)?;
        let environment = hooks::environment(self.environment.iter().cloned(), spec, event);
        let mark = format!("{}/{event}/{}", spec.deployment_id, std::process::id());
        let grace = self.grace;
        let (environment, cancellation) = (&environment, &self.progress.cancellation);
        let (archive, mark, secrets) = (archive.as_path(), mark.as_str(), self.secrets);
        let event = hooks::Event { name: event, archive, environment, mark, grace, cancellation, secrets };
        let mut log = HookLog::open(&place.scripts_log(), self.now, &self.progress)?;
        Ok(hooks::run(self.host, &event, appspec.scripts(event.name), &mut log)?)
    }
}

/// Unpacks an archive of GitHub into a new folder, and returns the folder of the revision in it: the one in which such an
/// archive has everything, wherever the AppSpec is in it.
pub fn unpack_commit(location: &Path, into: &Path, limits: Limits) -> Result<PathBuf, Failure> {
    unpack_all(location, bundle::detect(location)?, into, limits)?;
    let folder = Dir::open_ambient_dir(into, ambient_authority())?;
    Ok(only_folder(&folder)?.map_or_else(|| into.to_owned(), |only| into.join(only)))
}

/// Unpacks a bundle into a new folder, and returns the folder of the revision in it: an archive that has everything in
/// one folder, and the AppSpec there, means that folder.
pub fn unpack(location: &Path, kind: Option<Kind>, into: &Path, limits: Limits) -> Result<PathBuf, Failure> {
    let kind = match kind {
        Some(kind) => kind,
        None => bundle::detect(location)?,
    };
    if kind == Kind::Directory
        && fs::canonicalize(into.parent().unwrap_or(into))?.starts_with(fs::canonicalize(location)?)
    {
        let (root, location) = (into.display(), location.display());
        return Err(format!(
            "the bundle {location} has the folder {root} in it, into which it is copied; use another --root"
        )
        .into());
    }
    unpack_all(location, kind, into, limits)?;
    let folder = Dir::open_ambient_dir(into, ambient_authority())?;
    if let Some(only) = only_folder(&folder)?
        && folder.open_dir(&only)?.entries()?.flatten().any(|entry| has_appspec(&entry.file_name()))
    {
        return Ok(into.join(only));
    }
    Ok(into.to_owned())
}

fn unpack_all(location: &Path, kind: Kind, into: &Path, limits: Limits) -> Result<(), Failure> {
    fs::create_dir(into)?;
    let folder = Dir::open_ambient_dir(into, ambient_authority())?;
    Ok(bundle::unpack(location, kind, &folder, limits)?)
}

/// The name of the folder that is all that a folder has.
fn only_folder(folder: &Dir) -> io::Result<Option<OsString>> {
    let mut entries = folder.entries()?;
    match (entries.next(), entries.next()) {
        (Some(Ok(only)), None) if only.file_type()?.is_dir() => Ok(Some(only.file_name())),
        (_, _) => Ok(None),
    }
}

fn has_appspec(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.contains("appspec"))
}
