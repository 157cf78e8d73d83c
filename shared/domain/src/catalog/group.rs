//! Applications and deployment groups: what a deployment is made from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::alarms::AlarmConfiguration;
use crate::catalog::environment::{
    AutoScalingGroupName, AutoScalingProcess, BlueGreen, DeploymentStyle, EcsService, Environment, LoadBalancerInfo,
    OutdatedInstances,
};
use crate::catalog::instance::TagFilter;
use crate::catalog::revision::RevisionLocation;
use crate::catalog::rollback::AutoRollback;
use crate::catalog::tags::Tag;
use crate::deployment::record::Status;
use crate::names::{ApplicationName, ConfigName, DeploymentId, GroupName, RoleArn, TopicArn, TriggerName};

/// A deployment group: the settings that its deployments share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentGroup {
    /// Its UUID, by which its deployments refer to it.
    pub id: String,
    /// The id of its application.
    pub application_id: String,
    /// Where the store files what its deployments change.
    pub lock: DeploymentLock,
    /// Its name.
    pub name: GroupName,
    /// The configuration of deployments that name none.
    pub config: ConfigName,
    /// The role with which the customer's resources are touched.
    pub role: RoleArn,
    /// The alarms.
    pub alarms: AlarmConfiguration,
    /// Automatic rollback.
    pub rollback: AutoRollback,
    /// Who is told.
    pub triggers: Vec<Trigger>,
    /// What is deployed to, and how.
    pub environment: Environment,
}

impl DeploymentGroup {
    /// Takes over what is given; the rest stays.
    pub fn take_over(&mut self, given: &GroupSettings) {
        fn take<T: Clone>(own: &mut T, given: &Option<T>) {
            if let Some(given) = given {
                own.clone_from(given);
            }
        }
        let environment = &mut self.environment;
        take(&mut self.config, &given.config);
        take(&mut self.alarms, &given.alarms);
        take(&mut self.rollback, &given.rollback);
        take(&mut self.triggers, &given.triggers);
        take(&mut environment.style, &given.style);
        take(&mut environment.blue_green, &given.blue_green);
        take(&mut environment.load_balancer, &given.load_balancer);
        take(&mut environment.ecs_services, &given.ecs_services);
        take(&mut environment.ec2_tags.filters, &given.ec2_tag_filters);
        take(&mut environment.ec2_tags.set, &given.ec2_tag_set);
        take(&mut environment.on_premises_tags.filters, &given.on_premises_tag_filters);
        take(&mut environment.on_premises_tags.set, &given.on_premises_tag_set);
        take(&mut environment.auto_scaling_groups, &given.auto_scaling_groups);
        take(&mut environment.outdated_instances, &given.outdated_instances);
        take(&mut environment.termination_hook, &given.termination_hook);
        take(&mut environment.suspended, &given.suspended);
    }
}

/// Where the store files what the deployments of a group change: words of the store's, which stay when the group or its
/// application is renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentLock {
    /// The application's home.
    pub home: String,
    /// Its name there.
    pub name: String,
}

/// A topic that is told of some events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its name, unique in the group.
    pub name: TriggerName,
    /// The SNS topic.
    pub topic: TopicArn,
    /// Which events.
    pub events: Vec<TriggerEvent>,
}

/// CodeDeploy's `TriggerEventType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerEvent {
    /// A deployment started.
    DeploymentStart,
    /// It succeeded.
    DeploymentSuccess,
    /// It failed.
    DeploymentFailure,
    /// It was stopped.
    DeploymentStop,
    /// A rollback deployment started.
    DeploymentRollback,
    /// A blue/green deployment waits to be continued.
    DeploymentReady,
    /// An instance began.
    InstanceStart,
    /// An instance succeeded.
    InstanceSuccess,
    /// An instance failed.
    InstanceFailure,
    /// An instance is ready.
    InstanceReady,
}

/// A group with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGroup {
    /// The group.
    pub group: DeploymentGroup,
    /// What has changed in it with its deployments.
    pub state: GroupState,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// What changes in a group with its deployments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupState {
    /// The one active deployment.
    pub active: Option<DeploymentId>,
    /// The last that was created.
    pub last_attempted: Option<LastDeployment>,
    /// The last that succeeded.
    pub last_successful: Option<LastDeployment>,
    /// The revision of the last that succeeded.
    pub target_revision: Option<RevisionLocation>,
}

/// A past deployment in few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its status.
    pub status: Status,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
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
