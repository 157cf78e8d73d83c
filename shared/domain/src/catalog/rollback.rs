//! When a deployment rolls back by itself.

use serde::{Deserialize, Serialize};

/// CodeDeploy's `AutoRollbackEvent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutoRollbackEvent {
    /// The deployment failed.
    #[serde(rename = "DEPLOYMENT_FAILURE")]
    DeploymentFailure,
    /// An alarm stopped it.
    #[serde(rename = "DEPLOYMENT_STOP_ON_ALARM")]
    DeploymentStopOnAlarm,
    /// Somebody stopped it.
    #[serde(rename = "DEPLOYMENT_STOP_ON_REQUEST")]
    DeploymentStopOnRequest,
}

/// CodeDeploy's `autoRollbackConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AutoRollback {
    /// Whether any of the events counts.
    pub enabled: bool,
    /// The events that make a rollback deployment.
    pub events: Vec<AutoRollbackEvent>,
}

impl AutoRollback {
    /// Whether `event` makes a rollback deployment.
    pub fn covers(&self, event: AutoRollbackEvent) -> bool {
        self.enabled && self.events.contains(&event)
    }
}
