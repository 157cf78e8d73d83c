//! What is deployed to a fleet, and how its hosts go about it.

use serde::{Deserialize, Serialize};

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
