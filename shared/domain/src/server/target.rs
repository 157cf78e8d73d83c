//! What is deployed to a fleet, and how its hosts go about it.

use serde::{Deserialize, Serialize};

use crate::catalog::environment::{AutoScalingGroupName, TagSelection};
use crate::server::fleet::FleetRules;

/// A revision for hosts. What it says is read by their agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTarget {
    /// How many hosts work at once.
    pub rules: FleetRules,
    /// What happens to a file that exists and that no earlier deployment of the group has put there.
    pub file_exists: FileExists,
    /// Whether a failure of ApplicationStop and of the scripts around BlockTraffic is ignored.
    pub ignores_stop_failures: bool,
    /// Whether hosts that have the revision already are left aside.
    pub only_outdated: bool,
    /// The hosts that a blue/green deployment moves the traffic to; `None` in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
}

/// The replacement environment of a blue/green deployment: CodeDeploy's `TargetInstances`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replacement {
    /// The EC2 instances.
    pub ec2_tags: TagSelection,
    /// The Auto Scaling groups whose instances are meant, too.
    pub auto_scaling_groups: Vec<AutoScalingGroupName>,
    /// In a rollback: whether load balancers have let originals go, which they take in again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub originals_return: bool,
    /// In a rollback: whether the deployment group has taken the replacement over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_taken_over: bool,
}

/// CodeDeploy's `FileExistsBehavior`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, strum::AsRefStr, strum::EnumString)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum FileExists {
    /// The deployment fails.
    #[default]
    Disallow,
    /// The file of the revision takes its place.
    Overwrite,
    /// The file stays.
    Retain,
}
