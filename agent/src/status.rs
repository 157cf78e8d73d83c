//! `status`: what the agent of this host does and has done, by what it keeps on the disk.

mod words;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Serialize;

use crate::daemon::presence::{CommandRecord, Contact, GroupRecord, HostRecord, MOST_COMMANDS, Record};
use crate::http::AGENT_VERSION;
use crate::settings::{FILE, Settings};
use crate::state::survey::Group;
use crate::state::{Ongoing, Root};
use crate::system::running::Running;
use crate::system::{service_manager, space};

/// The options of `status`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The configuration of the agent
    #[arg(long, default_value = FILE)]
    pub config: PathBuf,
    /// How the status is told
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub output: Form,
    /// How many of the last commands are told
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(..=MOST_COMMANDS as i64))]
    pub commands: u8,
}

/// How a status is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For a reader.
    Text,
    /// For a program.
    Json,
}

/// All that is told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// When this was so.
    pub at: Timestamp,
    /// The version of the program that tells it.
    pub version: String,
    /// The folder of all deployments.
    pub root: PathBuf,
    /// The daemon; none if none has run with the folder.
    pub daemon: Option<DaemonStatus>,
    /// What systemd says of the daemon's unit; none without systemd, or without the unit.
    pub unit: Option<String>,
    /// The host.
    pub host: Option<HostRecord>,
    /// The address of the service.
    pub service: String,
    /// The last call to the service.
    pub last_contact: Option<Contact>,
    /// The commands that run, and those whose end the service has not heard of.
    pub current: Vec<Current>,
    /// The last commands that have ended, the newest last.
    pub commands: Vec<CommandRecord>,
    /// The deployment groups that have deployed to this host.
    pub groups: Vec<GroupStatus>,
    /// What all revisions take.
    pub bytes: u64,
    /// What the file system of the folder has left.
    pub free_bytes: u64,
}

/// The daemon.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonStatus {
    /// Whether it runs.
    pub is_running: bool,
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: Option<u32>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended, if it was asked to.
    pub ended_at: Option<Timestamp>,
}

/// A command that has not ended for the service.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Current {
    /// The lifecycle event.
    pub event: String,
    /// The deployment.
    pub deployment: String,
    /// The deployment group, by its id.
    pub group: String,
    /// How far it is.
    pub phase: Phase,
    /// Since when it is so.
    pub since: Timestamp,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// The agent asks the service for it.
    Claimed,
    /// It runs.
    Running,
    /// It has ended, and the service has not heard of it.
    Unreported,
    /// It ran when the agent ended, and is reported when the agent starts again.
    Interrupted,
}

/// A deployment group.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    /// Its id.
    pub id: String,
    /// What is known of it by name; none for one that the daemon has not installed.
    pub known: Option<GroupRecord>,
    /// The deployment whose revision is installed.
    pub deployment: Option<String>,
    /// Since when it is installed.
    pub installed_at: Option<Timestamp>,
    /// How many revisions are kept.
    pub revisions: usize,
    /// What they take.
    pub bytes: u64,
}

/// Tells the status. Whether the daemon runs.
pub fn run(options: &Options, now: Timestamp, out: &mut dyn Write) -> Result<bool> {
    let settings = Settings::read(&options.config)?;
    let unit = service_manager::unit_state();
    let status = find(&settings.root, &settings.service.to_string(), unit, options.commands.into(), now)?;
    match options.output {
        Form::Text => out.write_all(words::tell(&status).as_bytes())?,
        Form::Json => writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?,
    }
    Ok(status.daemon.is_some_and(|daemon| daemon.is_running))
}

fn find(folder: &Path, service: &str, unit: Option<String>, commands: usize, now: Timestamp) -> Result<Status> {
    let root = Root(folder.to_owned());
    let look = || {
        let shown = folder.display();
        format!(
            "the folder of deployments {shown} cannot be read; run this as the user of the agent, which is root for most"
        )
    };
    check_readable(&root.status_file()).with_context(look)?;
    let record = Record::read(&root.status_file());
    let is_running = record.as_ref().and_then(|record| record.process).is_some_and(Running::is_alive);
    let current = root.ongoing().with_context(look)?;
    let groups = root.groups().with_context(look)?;
    let space = folder.ancestors().find_map(|folder| space::of(folder).ok());
    let mut last = record.clone().unwrap_or_default();
    last.commands.drain(..last.commands.len().saturating_sub(commands));
    Ok(Status {
        at: now,
        version: AGENT_VERSION.to_owned(),
        root: folder.to_owned(),
        daemon: record.map(|record| DaemonStatus {
            is_running,
            version: record.version,
            pid: record.process.map(|process| process.pid),
            started_at: record.started_at,
            ended_at: record.ended_at,
        }),
        unit,
        host: last.host,
        service: service.to_owned(),
        last_contact: last.contact,
        current: current.into_iter().map(|(ongoing, since)| current_of(ongoing, since, is_running)).collect(),
        commands: last.commands.into(),
        bytes: groups.iter().map(|group| group.bytes).sum(),
        groups: groups.into_iter().map(|group| group_of(group, &last.groups)).collect(),
        free_bytes: space.map_or(0, |space| space.bytes),
    })
}

/// A file that is not there tells that no daemon has run; one that this user must not look at tells nothing.
fn check_readable(file: &Path) -> io::Result<()> {
    match std::fs::File::open(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn current_of(ongoing: Ongoing, since: Timestamp, is_running: bool) -> Current {
    // What has no command is of `deploy-local`, whose process is another one.
    let phase = match &ongoing {
        Ongoing { outcome: Some(_), .. } => Phase::Unreported,
        Ongoing { command: Some(_), .. } if !is_running => Phase::Interrupted,
        Ongoing { claims: Some(_), .. } => Phase::Claimed,
        Ongoing { .. } => Phase::Running,
    };
    Current { event: ongoing.event, deployment: ongoing.deployment_id, group: ongoing.group_id, phase, since }
}

fn group_of(group: Group, known: &std::collections::BTreeMap<String, GroupRecord>) -> GroupStatus {
    let Group { id, installed, deployments, bytes } = group;
    let (deployment, installed_at) = installed.unzip();
    // A deployment that the daemon has not made, as one of `deploy-local`, has another revision than it knows.
    let known = known.get(&id).filter(|known| Some(&known.deployment) == deployment.as_ref()).cloned();
    GroupStatus { id, known, deployment, installed_at, revisions: deployments.len(), bytes }
}
