//! What the use cases need of the world.

use spillway_domain::{
    AlarmName, AlarmReading, AliasRouting, AliasState, Application, ApplicationName, ConfigName, Deployment,
    DeploymentConfig, DeploymentFilter, DeploymentGroup, DeploymentId, EventName, FunctionName, GroupName, GroupState,
    LambdaTarget, LedgerEntry, Page, Problem, RoleArn, Tag,
};

/// One save of a deployment: everything in it happens, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The record. It is saved only over the generation before its own.
    pub next: &'a Deployment,
    /// A line for the ledger.
    pub entry: Option<&'a LedgerEntry>,
    /// Whether this save ends the deployment, which frees the group's slot or hands it to the successor.
    pub closes: bool,
    /// The rollback deployment that takes the slot.
    pub successor: Option<&'a Deployment>,
}

impl<'a> Change<'a> {
    /// A save of the record and a line for the ledger.
    pub fn of(next: &'a Deployment, entry: &'a LedgerEntry) -> Self {
        Self { next, entry: Some(entry), closes: false, successor: None }
    }

    /// A save of the record alone.
    pub fn quiet(next: &'a Deployment) -> Self {
        Self { next, entry: None, closes: false, successor: None }
    }
}

/// What became of the creation of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// It was written, and has the group's slot.
    Created,
    /// Another deployment has the slot.
    Busy(DeploymentId),
    /// The group is gone.
    NoGroup,
}

/// The records of deployments.
pub trait Deployments {
    /// The record, as it is at this moment.
    async fn load(&self, id: &DeploymentId) -> Result<Option<Deployment>, Problem>;
    /// Writes a new deployment and takes the group's slot, in one transaction.
    async fn create(&self, deployment: &Deployment) -> Result<Creation, Problem>;
    /// Saves a change in one transaction; [`Stale`](spillway_domain::ProblemKind::Stale) when somebody else saved.
    async fn save(&self, change: Change<'_>) -> Result<(), Problem>;
    /// The deployments that are not over, or whose end has not been told.
    async fn active(&self) -> Result<Vec<DeploymentId>, Problem>;
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

/// The applications, groups and configurations.
pub trait Catalog {
    /// An application by name.
    async fn application(&self, name: &ApplicationName) -> Result<Option<Application>, Problem>;
    /// The names of all applications, in order.
    async fn applications(&self, after: Option<&str>) -> Result<Page<ApplicationName>, Problem>;
    /// Writes a new application; `false` when there is one of that name.
    async fn create_application(&self, application: &Application, tags: &[Tag]) -> Result<bool, Problem>;
    /// Deletes an application that has no groups left.
    async fn delete_application(&self, application: &Application) -> Result<(), Problem>;
    /// A group by name.
    async fn group(&self, application_id: &str, name: &GroupName) -> Result<Option<DeploymentGroup>, Problem>;
    /// The names of the groups of an application, in order.
    async fn groups(&self, application_id: &str, after: Option<&str>) -> Result<Page<GroupName>, Problem>;
    /// What has changed in a group with its deployments.
    async fn group_state(&self, group_id: &str) -> Result<GroupState, Problem>;
    /// Writes a new group; `false` when there is one of that name.
    async fn create_group(&self, group: &DeploymentGroup, tags: &[Tag]) -> Result<bool, Problem>;
    /// Writes a group over an older state of itself. Stale when that state is past; `false` when its new name is taken.
    async fn replace_group(&self, old: &DeploymentGroup, new: &DeploymentGroup) -> Result<bool, Problem>;
    /// Deletes a group; when it has an active deployment, does not, and names it.
    async fn delete_group(&self, group: &DeploymentGroup) -> Result<Option<DeploymentId>, Problem>;
    /// A configuration that somebody made.
    async fn config(&self, name: &ConfigName) -> Result<Option<DeploymentConfig>, Problem>;
    /// The names of the configurations that somebody made, in order.
    async fn configs(&self, after: Option<&str>) -> Result<Page<ConfigName>, Problem>;
    /// Writes a new configuration; `false` when there is one of that name.
    async fn create_config(&self, config: &DeploymentConfig) -> Result<bool, Problem>;
    /// The secret of the installation; `fresh`, from then on, when it has none yet.
    async fn secret(&self, fresh: &str) -> Result<String, Problem>;
}

/// The customer's Lambda aliases.
pub trait Aliases {
    /// The alias as it is at this moment.
    async fn read(&self, role: &RoleArn, target: &LambdaTarget) -> Result<AliasState, Problem>;
    /// Makes the alias route so, if it is still at `revision`; else
    /// [`Stale`](spillway_domain::ProblemKind::Stale). Every write makes a new revision.
    async fn write(
        &self,
        role: &RoleArn,
        target: &LambdaTarget,
        routing: &AliasRouting,
        revision: &str,
    ) -> Result<(), Problem>;
}

/// The customer's alarms.
pub trait Alarms {
    /// What can be read of these alarms. What cannot be read is part of the reading, not a problem.
    async fn read(&self, role: &RoleArn, names: &[AlarmName]) -> AlarmReading;
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
    Silent,
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
    /// Invokes the hook of `event` once and waits for its return. A transient problem means that it did not run.
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
    /// what could not be told, in words; that harms nothing.
    async fn tell(&self, deployment: &Deployment) -> Vec<String>;
}
