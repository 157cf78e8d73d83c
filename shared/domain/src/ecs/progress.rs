//! How far a deployment to an ECS service has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ecs::listener::{Groups, ListenerKind};
use crate::ecs::service::TaskSet;
use crate::ecs::target::EcsTarget;

/// What a deployment has found out about its service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcsProgress {
    /// The service's ARN.
    pub service_arn: String,
    /// The task set that had the traffic.
    pub original: String,
    /// What runs in it, as an AppSpec would say it, for the way back.
    pub original_target: EcsTarget,
    /// The target groups of the two task sets.
    pub groups: Groups,
    /// What kind of load balancer forwards to them.
    pub kind: ListenerKind,
    /// The new task set, from when it was first seen.
    pub replacement: Option<String>,
    /// The task set that the service's last deployment has left beside its own, and that this one may delete: the
    /// original of that deployment, whoever made it.
    pub kept: Option<String>,
    /// Since when no move is under way that changes the service; `None` while one may be.
    pub quiet_since: Option<Timestamp>,
    /// Since when the new task set is not steady, once it was.
    pub unsteady_since: Option<Timestamp>,
    /// The task sets, as they were last seen.
    pub seen: Vec<TaskSet>,
    /// The family whose latest revision is deployed, where the AppSpec names no revision.
    pub family: Option<String>,
}
