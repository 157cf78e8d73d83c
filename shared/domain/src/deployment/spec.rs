//! What is asked of a deployment: it never changes.

use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::catalog::alarms::AlarmConfiguration;
use crate::catalog::config::ComputePlatform;
use crate::catalog::environment::Environment;
use crate::catalog::group::{DeploymentLock, Trigger};
use crate::catalog::revision::RevisionLocation;
use crate::catalog::rollback::AutoRollback;
use crate::catalog::routing::Routing;
use crate::deployment::lifecycle::{EventName, LifecycleEvent};
use crate::ecs::target::EcsTarget;
use crate::lambda::target::LambdaTarget;
use crate::names::{ApplicationName, ConfigName, DeploymentId, FunctionName, GroupName, RoleArn};
use crate::server::lifecycle_action::LifecycleAction;
use crate::server::target::ServerTarget;

/// What was asked, with the group's settings as they were at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentSpec {
    /// The application's name.
    pub application: ApplicationName,
    /// The application's UUID.
    pub application_id: String,
    /// The group's name.
    pub group: GroupName,
    /// The group's UUID.
    pub group_id: String,
    /// Where the store files what changes in the group with this deployment.
    pub lock: DeploymentLock,
    /// What is deployed to.
    pub platform: ComputePlatform,
    /// The group's environment: for ECS, its service, listeners, target groups, and waits.
    pub environment: Environment,
    /// The configuration's name.
    pub config: ConfigName,
    /// Its steps.
    pub routing: Routing,
    /// Where the revision is.
    pub revision: RevisionLocation,
    /// The revision of the group's last successful deployment.
    pub previous_revision: Option<RevisionLocation>,
    /// What the revision says.
    pub target: Target,
    /// The role with which the customer's resources are touched.
    pub role: RoleArn,
    /// The alarms that count for this deployment.
    pub alarms: AlarmConfiguration,
    /// The alarms that were given with it in place of the group's.
    pub override_alarms: Option<AlarmConfiguration>,
    /// The automatic rollback that counts for it.
    pub rollback: AutoRollback,
    /// The topics that are told.
    pub triggers: Vec<Trigger>,
    /// Whether a caller or an automatic rollback made it.
    pub creator: Creator,
    /// The caller that made it, where it is known.
    pub caller: Option<Caller>,
    /// The deployment that it rolls back.
    pub rolls_back: Option<DeploymentId>,
    /// The caller's words.
    pub description: Option<String>,
    /// The instance that waits for it at a lifecycle hook of Auto Scaling; the deployment is for this instance alone then,
    /// and its group may have another meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_action: Option<LifecycleAction>,
    /// How many instances in a row have failed with its revision that Auto Scaling launched before this one.
    #[serde(default)]
    pub failed_launches: u32,
    /// The deployment that it follows, to the instances that were launched meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<DeploymentId>,
    /// Whether it deploys again what the group deployed last, so that no traffic has to move.
    pub restarts: bool,
    /// The deployment of the same revision whose archive hosts may still have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_of: Option<DeploymentId>,
}

/// What a revision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A Lambda alias.
    Lambda(LambdaTarget),
    /// An ECS service.
    Ecs(EcsTarget),
    /// A fleet of hosts.
    Server(ServerTarget),
    /// Nothing that could be deployed; every violation, each with its place.
    Invalid(Vec<String>),
    /// It lies in S3, and has not been read yet.
    Unread,
}

impl Target {
    /// What it is for a deployment that restarts what is deployed: from the target version to itself.
    pub fn restarted(self) -> Self {
        match self {
            Self::Lambda(target) => Self::Lambda(LambdaTarget { current: target.target, ..target }),
            Self::Ecs(_) | Self::Server(_) | Self::Invalid(_) | Self::Unread => self,
        }
    }

    /// The hook of an event.
    pub fn hook(&self, event: EventName) -> Option<&FunctionName> {
        match (self, event) {
            (Self::Lambda(target), EventName::BeforeAllowTraffic) => target.before.as_ref(),
            (Self::Lambda(target), EventName::AfterAllowTraffic) => target.after.as_ref(),
            (Self::Ecs(target), event) => target.hooks.get(&event),
            (Self::Lambda(_) | Self::Server(_) | Self::Invalid(_) | Self::Unread, _) => None,
        }
    }
}

/// Who made a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Creator {
    /// A caller.
    User,
    /// An automatic rollback.
    Rollback,
    /// An Auto Scaling group that launches an instance.
    AutoScaling,
    /// An Auto Scaling group that terminates an instance.
    AutoScalingTermination,
    /// A deployment during which instances were launched.
    AutoUpdate,
}

/// The events of a deployment, all still pending.
pub(crate) fn events_of(spec: &DeploymentSpec) -> Vec<LifecycleEvent> {
    let tests = spec.environment.load_balancer.pairs.iter().any(|pair| pair.test_listener.is_some());
    let names: &[EventName] = match spec.platform {
        ComputePlatform::Lambda => &EventName::OF_LAMBDA,
        ComputePlatform::Server => &[],
        ComputePlatform::Ecs => &EventName::ALL,
    };
    let names = names.iter().filter(|event| tests || !event.is_of_test_traffic());
    names.copied().map(LifecycleEvent::pending).collect()
}
