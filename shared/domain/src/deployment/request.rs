//! What callers ask for, in our own words: the wire has been left behind, and every member has been checked by itself.
//! What remains to be checked needs the table.

use jiff::Timestamp;

use crate::access::caller::Caller;
use crate::catalog::alarms::AlarmConfiguration;
use crate::catalog::revision::NewRevision;
use crate::catalog::rollback::AutoRollback;
use crate::deployment::lifecycle::EventName;
use crate::deployment::record::Status;
use crate::deployment::spec::Target;
use crate::names::{ApplicationName, ConfigName, DeploymentId, GroupName, HookExecutionId};
use crate::server::fleet::FleetRules;
use crate::server::target::{FileExists, Replacement, ServerTarget};

/// CreateDeployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment {
    /// The application.
    pub application: ApplicationName,
    /// The group.
    pub group: GroupName,
    /// The revision as it was given; the group's last successful one when absent, which is a restart.
    pub revision: Option<NewRevision>,
    /// What the revision says, where its text was given.
    pub target: Option<Target>,
    /// The configuration, in place of the group's.
    pub config: Option<ConfigName>,
    /// The caller's words.
    pub description: Option<String>,
    /// Automatic rollback, in place of the group's.
    pub rollback: Option<AutoRollback>,
    /// Alarms, in place of the group's.
    pub alarms: Option<AlarmConfiguration>,
    /// The first member that was given and has a meaning for servers only.
    pub for_servers: Option<ForServers>,
    /// How the hosts of a fleet go about it.
    pub hosts: HostOptions,
    /// Who asks for it, where that is known.
    pub caller: Option<Caller>,
}

/// What CreateDeployment says of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostOptions {
    /// `fileExistsBehavior`.
    pub file_exists: FileExists,
    /// `ignoreApplicationStopFailures`.
    pub ignores_stop_failures: bool,
    /// `updateOutdatedInstancesOnly`.
    pub only_outdated: bool,
    /// `targetInstances`, unless it selects nothing.
    pub replacement: Option<Replacement>,
}

impl HostOptions {
    /// What is deployed to a fleet with these options, under those rules.
    pub fn target(self, rules: FleetRules) -> ServerTarget {
        let Self { file_exists, ignores_stop_failures, only_outdated, replacement } = self;
        ServerTarget { rules, file_exists, ignores_stop_failures, only_outdated, replacement }
    }
}

/// A member of CreateDeployment that has a meaning for servers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForServers {
    /// `ignoreApplicationStopFailures`.
    IgnoreApplicationStopFailures,
    /// `updateOutdatedInstancesOnly`.
    UpdateOutdatedInstancesOnly,
    /// `targetInstances`.
    TargetInstances,
    /// `fileExistsBehavior`.
    FileExistsBehavior,
}

/// ListDeployments: which, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeploymentFilter {
    /// Only those of this group.
    pub group: Option<(ApplicationName, GroupName)>,
    /// Only those with one of these statuses; all when empty.
    pub statuses: Vec<Status>,
    /// Only those created at this time or later.
    pub from: Option<Timestamp>,
    /// Only those created at this time or earlier.
    pub to: Option<Timestamp>,
    /// At most so many on a page; as many as a page has when `None`.
    pub most: Option<usize>,
}

/// RollBackDeploymentGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackRequest {
    /// The application.
    pub application: ApplicationName,
    /// The group.
    pub group: GroupName,
    /// The deployment whose revision is deployed again; the one before what is deployed now when absent.
    pub to: Option<DeploymentId>,
    /// The configuration; all at once when absent, and for servers the group's.
    pub config: Option<ConfigName>,
    /// The caller's words.
    pub description: Option<String>,
    /// Who asks for it, where that is known.
    pub caller: Option<Caller>,
}

/// PutLifecycleEventHookExecutionStatus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The event that it is about.
    pub event: EventName,
    /// What the hook received.
    pub execution: HookExecutionId,
    /// Whether it said Succeeded.
    pub succeeded: bool,
}
