//! What Spillway answers, as far as the commands read it. `docs/reference/operator-api.md` has what it means.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// A moment, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        // Milliseconds are exact in a float; what is far outside saturates, and is refused.
        let at = Timestamp::from_millisecond((seconds * 1000.0).round() as i64);
        at.map(Self).map_err(serde::de::Error::custom)
    }
}

/// A deployment in few words.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub deployment_id: String,
    pub application_name: String,
    pub deployment_group_name: String,
    pub deployment_config_name: String,
    pub compute_platform: String,
    pub status: String,
    pub deploys: String,
    pub target: Option<String>,
    pub traffic_percent: Option<f64>,
    pub targets: Option<BTreeMap<String, u32>>,
    pub words: String,
    pub waits_until: Option<Moment>,
    pub halted_for: Option<String>,
    pub error_information: Option<ErrorInformation>,
    pub create_time: Moment,
    pub start_time: Option<Moment>,
    pub complete_time: Option<Moment>,
    pub caller: Option<String>,
    pub description: Option<String>,
    pub rolls_back: Option<String>,
    pub rolled_back_by: Option<String>,
    #[serde(default)]
    pub lifecycle_events: Vec<LifecycleEvent>,
}

/// Why a deployment did not succeed.
#[derive(Debug, Clone, Deserialize)]
pub struct ErrorInformation {
    pub code: String,
    pub message: String,
}

/// An event of an alias, a service or a host.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LifecycleEvent {
    pub lifecycle_event_name: String,
    pub status: String,
    pub start_time: Option<Moment>,
    pub end_time: Option<Moment>,
    pub diagnostics: Option<Diagnostics>,
}

/// Why an event failed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostics {
    #[serde(default)]
    pub error_code: String,
    #[serde(default)]
    pub script_name: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub log_tail: String,
}

/// An entry of a ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub time: Moment,
    pub generation: u64,
    pub seen: String,
    pub decided: String,
    pub why: String,
    pub waits_for: Option<String>,
    pub until: Option<Moment>,
}

/// GetDeploymentLedger.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    pub deployment: Summary,
    pub entries: Vec<Entry>,
    pub next_token: Option<String>,
    pub ask_again_seconds: Option<u64>,
}

/// ListDeploymentSummaries.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summaries {
    pub deployments: Vec<Summary>,
}

/// BatchGetDeploymentTargets, of hosts.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hosts {
    pub deployment_targets: Vec<DeploymentTarget>,
}

/// A target of a deployment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentTarget {
    pub instance_target: Option<InstanceTarget>,
}

/// A host.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceTarget {
    pub target_id: String,
    #[serde(default)]
    pub lifecycle_events: Vec<LifecycleEvent>,
}

impl LifecycleEvent {
    /// Whether it failed with these words.
    pub fn says(&self, words: Option<&str>) -> bool {
        self.diagnostics.as_ref().is_some_and(|diagnostics| Some(diagnostics.message.as_str()) == words)
    }
}

impl Summary {
    /// `APPLICATION/GROUP`.
    pub fn group(&self) -> String {
        format!("{}/{}", self.application_name, self.deployment_group_name)
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.complete_time.is_some()
    }

    /// Whether it is over, and succeeded.
    pub fn has_succeeded(&self) -> bool {
        self.status == "Succeeded"
    }
}
