//! What callers ask for, in our own words: the wire has been left behind, and every member has been checked by itself.
//! What remains to be checked needs the table.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AlarmConfiguration, ApplicationName, AutoRollback, AutoScalingGroupName, AutoScalingProcess, BlueGreen, Caller,
    ComputePlatform, ConfigName, DeploymentId, DeploymentStyle, EcsService, EventName, GroupName, HookExecutionId,
    LoadBalancerInfo, NewRevision, OutdatedInstances, RoleArn, Status, Strategy, TagFilter, Target, Trigger,
};

/// A tag of an application, a group or an on-premises instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// CreateDeploymentGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// The application.
    pub application: ApplicationName,
    /// Its name.
    pub name: GroupName,
    /// The service role.
    pub role: RoleArn,
    /// Its settings; what is absent is as the platform has it by default.
    pub settings: GroupSettings,
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
    /// Its new service role.
    pub role: Option<RoleArn>,
    /// Its new settings.
    pub settings: GroupSettings,
}

/// The settings of a group, as far as they are given. Empty is given: it takes a setting away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupSettings {
    /// The configuration of deployments that name none.
    pub config: Option<ConfigName>,
    /// The alarms.
    pub alarms: Option<AlarmConfiguration>,
    /// Automatic rollback.
    pub rollback: Option<AutoRollback>,
    /// Who is told.
    pub triggers: Option<Vec<Trigger>>,
    /// In place or blue/green.
    pub style: Option<DeploymentStyle>,
    /// How a blue/green deployment goes about it.
    pub blue_green: Option<BlueGreen>,
    /// What routes the traffic.
    pub load_balancer: Option<LoadBalancerInfo>,
    /// The ECS services.
    pub ecs_services: Option<Vec<EcsService>>,
    /// The EC2 instances, by one list of filters.
    pub ec2_tag_filters: Option<Vec<TagFilter>>,
    /// The EC2 instances, by several.
    pub ec2_tag_set: Option<Vec<Vec<TagFilter>>>,
    /// The on-premises instances, by one list of filters.
    pub on_premises_tag_filters: Option<Vec<TagFilter>>,
    /// The on-premises instances, by several.
    pub on_premises_tag_set: Option<Vec<Vec<TagFilter>>>,
    /// The Auto Scaling groups.
    pub auto_scaling_groups: Option<Vec<AutoScalingGroupName>>,
    /// What becomes of instances with an older revision.
    pub outdated_instances: Option<OutdatedInstances>,
    /// Whether a hook ends instances.
    pub termination_hook: Option<bool>,
    /// What Auto Scaling groups do not do meanwhile.
    pub suspended: Option<Vec<AutoScalingProcess>>,
}

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
    /// Who asks for it, where that is known.
    pub caller: Option<Caller>,
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

/// CodeDeploy's `DeploymentWaitType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitType {
    /// Before traffic moves.
    Ready,
    /// Before the original environment is ended.
    Termination,
}

impl WaitType {
    /// All of them.
    pub const ALL: [WaitType; 2] = [Self::Ready, Self::Termination];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY_WAIT",
            Self::Termination => "TERMINATION_WAIT",
        }
    }
}

/// One page of a list, and after what the next begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The key of its last item, when there is more.
    pub next: Option<String>,
}
