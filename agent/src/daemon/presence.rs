//! What the daemon leaves on the disk for `status`: one small file, written on a change and else at most each minute.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::client::fault::Fault;
use crate::diagnostics::Diagnostics;
use crate::http::AGENT_VERSION;
use crate::identity::Identity;
use crate::spec::DeploymentSpec;
use crate::system::clock::Clock;
use crate::system::running::Running;

/// How many of the last commands are kept.
pub const MOST_COMMANDS: usize = 20;
/// The most characters of a message that are kept.
const MOST_MESSAGE: usize = 300;
/// A contact like the one before is written at most so often.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// The state of an agent that its service answers.
const ANSWERED: &str = "answered";

/// How the daemon is, or was when it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// Its version.
    pub version: String,
    /// Its process.
    pub process: Option<Running>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended, if it was asked to.
    pub ended_at: Option<Timestamp>,
    /// The address of its service.
    pub service: String,
    /// The host that it speaks for; none before it has found out.
    pub host: Option<HostRecord>,
    /// Its last call to the service.
    pub contact: Option<Contact>,
    /// Its last commands, the newest last.
    pub commands: VecDeque<CommandRecord>,
    /// What it has installed, by the ids of deployment groups.
    pub groups: BTreeMap<String, GroupRecord>,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRecord {
    /// Its ARN.
    pub arn: String,
    /// Its region.
    pub region: String,
    /// What kind of host it is.
    pub kind: String,
    /// What names it.
    pub source: String,
}

/// The last call to the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// When it was.
    pub at: Timestamp,
    /// Since when calls end like this one.
    pub since: Timestamp,
    /// `answered`, or why it was not.
    pub state: String,
    /// What happened, where it was not answered.
    pub fault: Option<String>,
}

impl Contact {
    /// Whether the service has answered.
    pub fn is_answered(&self) -> bool {
        self.state == ANSWERED
    }
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub milliseconds: i64,
    /// The lifecycle event.
    pub event: String,
    /// The deployment.
    pub deployment: String,
    /// CodeDeploy's code of its outcome; 0 if it succeeded.
    pub code: u8,
    /// What happened.
    pub message: String,
}

/// A deployment group, as of the last revision that was installed for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// Its name.
    pub name: String,
    /// Its application.
    pub application: String,
    /// The deployment.
    pub deployment: String,
    /// Where the revision was.
    pub revision: String,
}

impl Record {
    /// Reads a record; none if no daemon has run with the folder, or what it has written cannot be read.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }
}

/// The daemon, as `status` sees it.
pub struct Presence<'a> {
    path: PathBuf,
    clock: &'a dyn Clock,
    inner: Mutex<Inner>,
}

struct Inner {
    record: Record,
    written_at: Timestamp,
}

impl<'a> Presence<'a> {
    /// The presence of this process. What an earlier one has done stays known.
    pub fn new(path: PathBuf, service: String, clock: &'a dyn Clock) -> Self {
        let earlier = Record::read(&path).unwrap_or_default();
        let (started_at, version) = (clock.now(), AGENT_VERSION.to_owned());
        let record =
            Record { version, process: Running::current(), started_at, service, ended_at: None, host: None, ..earlier };
        let presence = Self { path, clock, inner: Mutex::new(Inner { record, written_at: started_at }) };
        presence.change(|_, _| true);
        presence
    }

    /// Notes who the host is.
    pub fn identify(&self, identity: &Identity) {
        let (arn, region) = (identity.host.clone(), identity.region.clone());
        let host = HostRecord { arn, region, kind: identity.kind().to_owned(), source: identity.source() };
        self.change(|record, _| {
            record.host = Some(host);
            true
        });
    }

    /// Notes how a round of calls ended: with an answer to each, or with a fault.
    pub fn contact(&self, fault: Option<&Fault>) {
        let state = fault.map_or(ANSWERED, Fault::state);
        let fault = fault.map(|fault| cut(&fault.to_string()));
        self.change(|record, now| {
            let before = record.contact.take().filter(|before| before.state == state);
            let since = before.as_ref().map_or(now, |before| before.since);
            record.contact = Some(Contact { at: now, since, state: state.to_owned(), fault });
            before.is_none()
        });
    }

    /// Notes how a command ended that began at a moment.
    pub fn command(&self, spec: &DeploymentSpec, event: &str, began_at: Timestamp, diagnostics: &Diagnostics) {
        self.change(|record, now| {
            while record.commands.len() >= MOST_COMMANDS {
                record.commands.pop_front();
            }
            record.commands.push_back(CommandRecord {
                at: now,
                milliseconds: now.duration_since(began_at).as_millis().try_into().unwrap_or(i64::MAX),
                event: event.to_owned(),
                deployment: spec.deployment_id.clone(),
                code: diagnostics.code as u8,
                message: cut(&diagnostics.message),
            });
            if event == "Install" && diagnostics.is_success() {
                let installed = GroupRecord {
                    name: spec.group_name.clone(),
                    application: spec.application_name.clone(),
                    deployment: spec.deployment_id.clone(),
                    revision: spec.revision.to_string(),
                };
                record.groups.insert(spec.group_id.clone(), installed);
            }
            true
        });
    }

    /// Notes that the daemon ends because it was asked to.
    pub fn end(&self) {
        self.change(|record, now| {
            record.ended_at = Some(now);
            true
        });
    }

    /// Changes the record, and writes it if that is a change to tell at once, or if the last one is old.
    fn change(&self, work: impl FnOnce(&mut Record, Timestamp) -> bool) {
        let now = self.clock.now();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = work(&mut inner.record, now);
        // The time of day may have been set back.
        if is_news || now < inner.written_at || now >= inner.written_at + EVERY {
            inner.written_at = now;
            // A disk on which nothing can be written must not end the agent; commands fail by it, and say so.
            write(&self.path, &inner.record).ok();
        }
    }
}

/// Writes a record aside, and renames it. A record that is lost with the host's power is written anew a minute later, so
/// that it does not have to reach the disk.
fn write(path: &Path, record: &Record) -> io::Result<()> {
    let aside = path.with_added_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(&serde_json::to_vec(record)?)?;
    fs::rename(&aside, path)
}

fn cut(message: &str) -> String {
    message.chars().take(MOST_MESSAGE).collect()
}
