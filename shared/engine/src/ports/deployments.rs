//! The records of deployments.

use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::names::{AlarmName, DeploymentId};
use spillway_domain::problem::Problem;

/// One save of a deployment: everything in it happens, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The record. It is saved only over the generation before its own.
    pub next: &'a Deployment,
    /// A line for the ledger.
    pub entry: Option<&'a LedgerEntry>,
    /// Whether this save ends the deployment, which frees the group's slot and the alias, or hands them to the successor.
    pub closes: bool,
    /// The deployment that takes the slot, and the alias: a rollback, or one that follows.
    pub successor: Option<&'a Deployment>,
    /// Whether this save takes the lock of the alias, which was not known before.
    pub locks: bool,
}

impl<'a> Change<'a> {
    /// A save of the record and a line for the ledger.
    pub fn of(next: &'a Deployment, entry: &'a LedgerEntry) -> Self {
        Self { next, entry: Some(entry), closes: false, successor: None, locks: false }
    }

    /// A save of the record alone.
    pub fn quiet(next: &'a Deployment) -> Self {
        Self { next, entry: None, closes: false, successor: None, locks: false }
    }
}

/// What became of the creation of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// It was written, and has the group's slot.
    Created,
    /// Another deployment has the slot.
    Busy(DeploymentId),
    /// Another deployment, of another group, has the alias.
    AliasBusy(DeploymentId),
    /// The group is gone.
    NoGroup,
}

/// The records of deployments.
pub trait Deployments {
    /// The record, as it is at this moment.
    async fn load(&self, id: &DeploymentId) -> Result<Option<Deployment>, Problem>;
    /// Those of these records that are there, as they are at this moment, in the order of the ids, of which none is
    /// given twice.
    async fn load_many(&self, ids: &[DeploymentId]) -> Result<Vec<Deployment>, Problem>;
    /// Writes a new deployment, takes the group's slot and the lock of its alias, where that is known, and registers the
    /// revision, with its text if it has one that is not registered yet, in one transaction.
    async fn create(&self, deployment: &Deployment, text: Option<&str>) -> Result<Creation, Problem>;
    /// Saves a change in one transaction; [`Stale`](spillway_domain::problem::ProblemKind::Stale) when somebody else saved, and
    /// [`Transient`](spillway_domain::problem::ProblemKind::Transient) when it is to lock an alias that another deployment has,
    /// and [`TooLarge`](spillway_domain::problem::ProblemKind::TooLarge) when the record or its line is more than the table holds.
    async fn save(&self, change: Change<'_>) -> Result<(), Problem>;
    /// The deployment that has the lock of an alias, by the alias's address.
    async fn holder(&self, alias: &str) -> Result<Option<DeploymentId>, Problem>;
    /// The deployments that are not over, or whose end has not been told.
    async fn active(&self) -> Result<Vec<DeploymentId>, Problem>;
    /// How many they are.
    async fn count_active(&self) -> Result<usize, Problem>;
    /// Those of them that watch an alarm.
    async fn watching(&self, alarm: &AlarmName) -> Result<Vec<DeploymentId>, Problem>;
    /// Deployments, newest first: of the group with that id, or all.
    async fn list(
        &self,
        group_id: Option<&str>,
        filter: &DeploymentFilter,
        after: Option<&str>,
    ) -> Result<Page<DeploymentId>, Problem>;
    /// The ledger of a deployment after a generation, oldest first: at most so many lines.
    async fn ledger(&self, id: &DeploymentId, after: u64, most: usize) -> Result<Vec<LedgerEntry>, Problem>;
}
