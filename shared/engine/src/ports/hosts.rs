//! Hosts: which there are, their work, and what is known of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{AutoScalingGroupName, TagSelection};
use spillway_domain::catalog::revision::RevisionLocation;
use spillway_domain::problem::Problem;
use spillway_domain::server::diagnostics::HostDiagnostics;
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::progress::Roster;
use spillway_domain::server::work::{Ended, HostWork};

/// An EC2 instance, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInstance {
    /// Its id.
    pub id: HostId,
    /// Its ARN.
    pub arn: String,
    /// Its Availability Zone.
    pub zone: Option<String>,
    /// Its Auto Scaling group.
    pub auto_scaling_group: Option<AutoScalingGroupName>,
    /// The roles of its instance profile.
    pub roles: Vec<String>,
}

/// The customer's EC2 instances, found with the service role.
pub trait Fleets {
    /// The instances that fit the tags, or are in one of the Auto Scaling groups; running or stopped.
    async fn find(
        &self,
        session: &RoleSession,
        tags: &TagSelection,
        groups: &[AutoScalingGroupName],
    ) -> Result<Vec<FoundInstance>, Problem>;
    /// An instance, running or stopped.
    async fn instance(&self, session: &RoleSession, id: &HostId) -> Result<Option<FoundInstance>, Problem>;
    /// Those of these instances that are terminated, or about to be, or that EC2 no longer knows.
    async fn terminated(&self, session: &RoleSession, ids: &[HostId]) -> Result<Vec<HostId>, Problem>;
}

/// The end of the customer's EC2 instances, with the service role.
pub trait Terminations {
    /// Terminates instances, all of which EC2 knows. One that is terminated already stays so.
    async fn terminate(&self, session: &RoleSession, ids: &[HostId]) -> Result<(), Problem>;
    /// Gives an Auto Scaling group the size 0, so that it terminates its instances and launches none. One that is not there
    /// has none.
    async fn empty(&self, session: &RoleSession, group: &AutoScalingGroupName) -> Result<(), Problem>;
}

/// Work of a host that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWork {
    /// The list of work that it is in.
    pub roster: Roster,
    /// The host.
    pub host: HostId,
}

/// What a deployment group knows of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStatus {
    /// Whether the last deployment to it succeeded.
    pub is_healthy: bool,
    /// The revision that it has; `None` while that is not known.
    pub revision: Option<RevisionLocation>,
}

impl HostStatus {
    /// Whether the host has this revision and is healthy.
    pub fn has(&self, revision: &RevisionLocation) -> bool {
        self.is_healthy && self.revision.as_ref() == Some(revision)
    }
}

/// What is known of a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostDossier {
    /// The work that is not over, oldest first.
    pub open: Vec<OpenWork>,
    /// When its agent was last seen, to within [`crate::server::agent_api::SEEN_EVERY`].
    pub seen_at: Option<Timestamp>,
    /// When its agent said that it stops, unless it was seen since.
    pub stopped_at: Option<Timestamp>,
    /// What deployment groups know of it, by their ids.
    pub groups: BTreeMap<String, HostStatus>,
}

/// The work of hosts, in the table.
pub trait HostWorks {
    /// Writes the work of hosts, each as open work of its host.
    async fn create_works(&self, roster: &Roster, at: Timestamp, works: &[HostWork]) -> Result<(), Problem>;
    /// The work of all hosts, in no order. Each is read as it is at that moment, and the moments differ a little.
    async fn works(&self, roster: &Roster) -> Result<Vec<HostWork>, Problem>;
    /// The work of these hosts, as it is at this moment, in no order. No host is given twice.
    async fn works_of(&self, roster: &Roster, hosts: &[HostId]) -> Result<Vec<HostWork>, Problem>;
    /// Saves work over the generation before, with the diagnostics of an event;
    /// [`Stale`](spillway_domain::problem::ProblemKind::Stale) when another call came first.
    async fn save_work(&self, roster: &Roster, next: &HostWork, ended: Option<&Ended>) -> Result<(), Problem>;
    /// Keeps the end of the log of an event that the agent runs, unless another call has changed the work meanwhile.
    async fn note_log(
        &self,
        roster: &Roster,
        work: &HostWork,
        event: HostEvent,
        so_far: &HostDiagnostics,
    ) -> Result<(), Problem>;
    /// The diagnostics of the events of a host, as far as there are any.
    async fn diagnostics(
        &self,
        roster: &Roster,
        host: &HostId,
    ) -> Result<BTreeMap<HostEvent, HostDiagnostics>, Problem>;
}

/// What is known of hosts, in the table.
pub trait HostDossiers {
    /// What is known of a host, as it is at this moment.
    async fn dossier(&self, host: &HostIdentifier) -> Result<HostDossier, Problem>;
    /// The same for a poll, of which there are very many: what it shows may be a second old.
    async fn recent_dossier(&self, host: &HostIdentifier) -> Result<HostDossier, Problem>;
    /// Notes that the agent of a host was seen, or that it said it stops.
    async fn note_seen(&self, host: &HostIdentifier, at: Timestamp, stops: bool) -> Result<(), Problem>;
    /// Notes what a group knows of a host.
    async fn note_status(&self, host: &HostIdentifier, group_id: &str, status: &HostStatus) -> Result<(), Problem>;
    /// Removes work from the open work of a host.
    async fn close_work(&self, host: &HostIdentifier, roster: &Roster) -> Result<(), Problem>;
}
