//! What the use cases need of the world.

mod access;
mod catalog;
mod clock;
mod instances;
mod revisions;
mod services;
mod stacks;

pub use access::{Access, Anyone};
pub use catalog::{Catalog, GroupWrite, Tagged};
pub use clock::Clock;
pub use instances::{Instances, Registration};
pub use revisions::Revisions;
pub use services::{ListenerShifts, Listeners, NewTaskSet, Observation, ServiceSeen, Services, TaskSets};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::S3Object;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AlarmName, DeploymentId, FunctionName};
use spillway_domain::problem::Problem;
pub use stacks::{Answers, Claims, OwnAliases, Requests, ResponseUrls, Waiters};

/// One save of a deployment: everything in it happens, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The record. It is saved only over the generation before its own.
    pub next: &'a Deployment,
    /// A line for the ledger.
    pub entry: Option<&'a LedgerEntry>,
    /// Whether this save ends the deployment, which frees the group's slot and the alias, or hands them to the successor.
    pub closes: bool,
    /// The rollback deployment that takes the slot, and the alias.
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
    /// The ledger of a deployment, oldest first.
    async fn ledger(&self, id: &DeploymentId) -> Result<Vec<LedgerEntry>, Problem>;
}

/// The customer's Lambda aliases.
pub trait Aliases {
    /// The alias as it is at this moment.
    async fn read(&self, session: &RoleSession, target: &LambdaTarget) -> Result<AliasState, Problem>;
    /// Whether the target version is there: [`Missing`](spillway_domain::problem::ProblemKind::Missing) when it is not.
    async fn find_version(&self, session: &RoleSession, target: &LambdaTarget) -> Result<(), Problem>;
    /// Makes the alias route so, if it is still at `revision`; else
    /// [`Stale`](spillway_domain::problem::ProblemKind::Stale). Answers with the revision that it is at then, which is a new one
    /// unless nothing has changed.
    async fn write(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<String, Problem>;
}

/// The customer's objects in S3.
pub trait Objects {
    /// The text of an object of at most so many bytes. One that is not there, or is another than was meant by its
    /// version or ETag, is [`Missing`](spillway_domain::problem::ProblemKind::Missing); one that is too large or is no text is
    /// [`Refused`](spillway_domain::problem::ProblemKind::Refused).
    async fn read(&self, session: &RoleSession, object: &S3Object, most: usize) -> Result<String, Problem>;
}

/// The customer's alarms.
pub trait Alarms {
    /// What can be read of these alarms. What cannot be read is part of the reading, not a problem.
    async fn read(&self, session: &RoleSession, names: &[AlarmName]) -> AlarmReading;
}

/// What a hook function returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookReply {
    /// A verdict.
    Verdict {
        /// Whether it said Succeeded.
        succeeded: bool,
        /// Its words.
        message: Option<String>,
        /// The end of its log.
        log_tail: String,
    },
    /// No verdict: it will call back, or has.
    Silent {
        /// What it did in place of giving one, after its name.
        said: String,
    },
    /// It may have run, and nobody knows what it answered.
    Lost {
        /// Why.
        why: String,
    },
    /// It threw, or timed out.
    Threw {
        /// Whether it timed out.
        timed_out: bool,
        /// Its own words.
        message: String,
        /// The end of its log.
        log_tail: String,
    },
}

/// The customer's hook functions.
pub trait Hooks {
    /// Invokes the hook of `event` once and waits for its return. A problem means that it did not run.
    async fn ask(
        &self,
        deployment: &Deployment,
        event: EventName,
        function: &FunctionName,
    ) -> Result<HookReply, Problem>;
}

/// Those who wait.
pub trait Wakes {
    /// Ends the wait behind the token. A token that is not waited for any more is no problem.
    async fn wake(&self, token: &str) -> Result<(), Problem>;
}

/// How an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// It runs.
    Running,
    /// It is over, one way or another.
    Ended,
    /// It was never started.
    Missing,
}

/// The executions of the state machine.
pub trait Executions {
    /// Starts one. One of that name that is there already is no problem.
    async fn start(&self, name: &str, id: &DeploymentId) -> Result<(), Problem>;
    /// How one is.
    async fn state(&self, name: &str) -> Result<ExecutionState, Problem>;
    /// Stops one. One that is over already is no problem.
    async fn stop(&self, name: &str) -> Result<(), Problem>;
}

/// Those who want to know.
pub trait Notices {
    /// Tells the triggers and the event bus of the deployment's start, or of its end when it has ended. Answers with
    /// what could not be told, in sentences for the deployment's messages; that harms nothing.
    async fn tell(&self, deployment: &Deployment) -> Vec<String>;
}
