//! How far a deployment to a fleet is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::DeploymentId;
use crate::server::fleet::{HostState, Watermark};
use crate::server::host::HostId;
use crate::server::work::HostOutcome;

/// What a record knows of its fleet, from when the hosts were selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetProgress {
    /// Names the list of the hosts' work. A selection that was made twice has written two lists, and this is the one that
    /// counts.
    pub roster: String,
    /// What was selected.
    pub selection: Selection,
    /// How far the hosts are released.
    pub watermark: Watermark,
}

/// The list of the hosts' work of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Roster {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its name.
    pub name: String,
}

/// What was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// Hosts, each of which has a work item.
    Hosts {
        /// How many.
        count: u32,
        /// How many more belong to the fleet, are not touched, and count as healthy: they have the revision, or the
        /// deployment that is rolled back has not touched them.
        aside: u32,
    },
    /// None, since no original host is left that the traffic could go back to.
    NoOriginals,
    /// More hosts than a deployment may have.
    TooMany {
        /// How many.
        found: u32,
        /// How many it may have.
        most: u32,
    },
}

/// The hosts of a deployment, as one look shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetView {
    /// All of them, in the order of their ranks.
    pub hosts: Vec<HostState>,
    /// Why the first of them have failed.
    pub failures: Vec<HostFailure>,
    /// The hosts that have not begun, those first that are the least likely to.
    pub silent: Vec<SilentHost>,
}

/// A host that has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentHost {
    /// Its place in the order of work.
    pub rank: u32,
    /// The host, with when its agent was last seen.
    pub words: String,
}

/// Why a host has failed, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFailure {
    /// The host.
    pub host: HostId,
    /// The event, the message and the last line of the log.
    pub reason: String,
}

impl fmt::Display for FleetView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |outcome| self.hosts.iter().filter(|host| host.outcome == outcome).count();
        let begun = self.hosts.iter().filter(|host| host.outcome.is_none() && host.has_begun).count();
        let (succeeded, failed) = (count(Some(HostOutcome::Succeeded)), count(Some(HostOutcome::Failed)));
        write!(f, "{} in all, {begun} at work, {succeeded} succeeded, {failed} failed", self.hosts.len())?;
        match count(Some(HostOutcome::Gone)) {
            0 => Ok(()),
            gone => write!(f, ", {gone} gone"),
        }
    }
}
