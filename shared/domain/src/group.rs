//! Applications and deployment groups: what a deployment is made from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AlarmConfiguration, ApplicationName, AutoRollback, ComputePlatform, ConfigName, DeploymentId, GroupName, Revision,
    RoleArn, Status, TopicArn, TriggerName,
};

/// An application: a name for a platform, over its groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its UUID, by which everything else refers to it.
    pub id: String,
    /// Its name.
    pub name: ApplicationName,
    /// What it deploys to, for ever.
    pub platform: ComputePlatform,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A deployment group: the settings that its deployments share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentGroup {
    /// Its UUID, by which its deployments refer to it.
    pub id: String,
    /// The id of its application.
    pub application_id: String,
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
    pub target_revision: Option<Revision>,
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
