//! Services of Amazon ECS: what is deployed to them, how they are seen, and what a deployment knows of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deployment::lifecycle::EventName;
use crate::names::FunctionName;

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
