//! What callers ask for, in our own words: the wire has been left behind, and every member has been checked by itself.
//! What remains to be checked needs the table.

use jiff::Timestamp;

use crate::{
    AlarmConfiguration, ApplicationName, AutoRollback, ComputePlatform, ConfigName, DeploymentId, GroupName,
    HookExecutionId, Revision, RoleArn, Status, Strategy, Target, Trigger,
};

/// A tag of an application or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// CreateApplication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApplication {
    /// Its name.
    pub name: ApplicationName,
    /// Its platform.
    pub platform: ComputePlatform,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// CreateDeploymentConfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConfig {
    /// Its name.
    pub name: ConfigName,
    /// Its platform.
    pub platform: ComputePlatform,
    /// How fast.
    pub strategy: Strategy,
}

/// CreateDeploymentGroup for a Lambda application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// The application.
    pub application: ApplicationName,
    /// Its name.
    pub name: GroupName,
    /// The configuration of deployments that name none.
    pub config: ConfigName,
    /// The service role.
    pub role: RoleArn,
    /// The alarms.
    pub alarms: AlarmConfiguration,
    /// Automatic rollback.
    pub rollback: AutoRollback,
    /// Who is told.
    pub triggers: Vec<Trigger>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// UpdateDeploymentGroup: what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupChange {
    /// The application.
    pub application: ApplicationName,
    /// The group's name so far.
    pub group: GroupName,
    /// Its new name.
    pub name: Option<GroupName>,
    /// Its new configuration.
    pub config: Option<ConfigName>,
    /// Its new service role.
    pub role: Option<RoleArn>,
    /// Its new alarms.
    pub alarms: Option<AlarmConfiguration>,
    /// Its new automatic rollback.
    pub rollback: Option<AutoRollback>,
    /// Its new triggers.
    pub triggers: Option<Vec<Trigger>>,
}

/// CreateDeployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment {
    /// The application.
    pub application: ApplicationName,
    /// The group.
    pub group: GroupName,
    /// The revision as it was given.
    pub revision: Revision,
    /// What the revision says.
    pub target: Target,
    /// The configuration, in place of the group's.
    pub config: Option<ConfigName>,
    /// The caller's words.
    pub description: Option<String>,
    /// Automatic rollback, in place of the group's.
    pub rollback: Option<AutoRollback>,
    /// Alarms, in place of the group's.
    pub alarms: Option<AlarmConfiguration>,
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
}

/// PutLifecycleEventHookExecutionStatus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// The deployment.
    pub deployment: DeploymentId,
    /// What the hook received.
    pub execution: HookExecutionId,
    /// Whether it said Succeeded.
    pub succeeded: bool,
}

/// One page of a list, and after what the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The key of its last item, when there is more.
    pub next: Option<String>,
}
