//! Services of Amazon ECS: what is deployed to them, how they are seen, and what a deployment knows of its own.

mod desired;
mod listener;
mod service;
mod stray;

use std::collections::BTreeMap;

pub use desired::LATEST_WRITE_SECONDS;
pub(crate) use desired::lease_from;
use jiff::Timestamp;
pub use listener::{Forward, Groups, Listener, ListenerKind, ListenerRouting};
use serde::{Deserialize, Serialize};
pub use service::{Attachment, Controller, ServiceState, TargetGroup, TaskSet, TaskSetStatus};

use crate::{EventName, FunctionName};

/// What the AppSpec of an ECS service says. Service, target groups and listeners come from the deployment group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcsTarget {
    /// The task definition: its ARN, or its family and revision. Without a revision, it is the latest ACTIVE one when the
    /// deployment begins, which takes its place then.
    pub task_definition: String,
    /// The container that gets the traffic.
    pub container: String,
    /// Its port.
    pub port: u16,
    /// The version of Fargate's platform; as it is now unless given.
    pub platform_version: Option<String>,
    /// The network; as it is now unless given.
    pub network: Option<AwsvpcConfiguration>,
    /// Where tasks run; as it is now when empty.
    pub capacity_providers: Vec<CapacityProvider>,
    /// The hooks, by their events.
    pub hooks: BTreeMap<EventName, FunctionName>,
}

/// The network of tasks that have addresses of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsvpcConfiguration {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// Whether tasks get public addresses, too.
    pub assign_public_ip: bool,
}

/// One item of a capacity provider strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityProvider {
    /// The provider's name.
    pub name: String,
    /// How many tasks it runs at least.
    pub base: u32,
    /// Its share of the others.
    pub weight: u32,
}

/// What a deployment has found out about its service, and what it waits for.
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
    #[serde(default)]
    pub kept: Option<String>,
    /// Since when no move is under way that changes the service; `None` while one may be.
    #[serde(default)]
    pub quiet_since: Option<Timestamp>,
    /// Since when the new task set is not steady, once it was.
    pub unsteady_since: Option<Timestamp>,
    /// Until when the deployment waits to be continued.
    pub ready_until: Option<Timestamp>,
    /// Whether it was continued.
    pub continued: bool,
    /// When the original task set is to be deleted.
    pub terminate_at: Option<Timestamp>,
    /// The task sets, as they were last seen.
    pub seen: Vec<TaskSet>,
    /// The family whose latest revision is deployed, where the AppSpec names no revision.
    #[serde(default)]
    pub family: Option<String>,
}

impl EcsTarget {
    /// The family of the task definition, while it is still to be seen which revision is the latest.
    pub fn unresolved_family(&self) -> Option<&str> {
        let name = self.task_definition.rsplit('/').next()?;
        (!name.contains(':')).then_some(name)
    }

    /// An AppSpec that says the same.
    pub fn appspec(&self) -> String {
        let mut properties = serde_json::json!({
            "TaskDefinition": self.task_definition,
            "LoadBalancerInfo": { "ContainerName": self.container, "ContainerPort": self.port },
        });
        if let Some(version) = &self.platform_version {
            properties["PlatformVersion"] = version.as_str().into();
        }
        if let Some(network) = &self.network {
            properties["NetworkConfiguration"] = serde_json::json!({ "AwsvpcConfiguration": {
                "Subnets": network.subnets,
                "SecurityGroups": network.security_groups,
                "AssignPublicIp": if network.assign_public_ip { "ENABLED" } else { "DISABLED" },
            }});
        }
        if !self.capacity_providers.is_empty() {
            let strategy = self.capacity_providers.iter().map(|provider| {
                serde_json::json!({
                    "CapacityProvider": provider.name, "Base": provider.base, "Weight": provider.weight,
                })
            });
            properties["CapacityProviderStrategy"] = strategy.collect();
        }
        let mut appspec = serde_json::json!({
            "version": 0.0,
            "Resources": [{ "TargetService": { "Type": "AWS::ECS::Service", "Properties": properties } }],
        });
        if !self.hooks.is_empty() {
            let hooks = self.hooks.iter().map(|(event, hook)| serde_json::json!({ event.as_str(): hook.as_str() }));
            appspec["Hooks"] = hooks.collect();
        }
        appspec.to_string()
    }
}
