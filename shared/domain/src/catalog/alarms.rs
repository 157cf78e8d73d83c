//! Alarms: what a group asks to be watched, and what was read of it.

use serde::{Deserialize, Serialize};

use crate::names::AlarmName;
use crate::problem::Problem;

/// CodeDeploy's `alarmConfiguration`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlarmConfiguration {
    /// Whether the alarms are watched at all.
    pub enabled: bool,
    /// Whether a deployment goes on when alarms cannot be read.
    pub ignore_poll_alarm_failure: bool,
    /// The alarms, by name.
    pub alarms: Vec<AlarmName>,
}

impl AlarmConfiguration {
    /// The alarms that count: none when the configuration is switched off.
    pub fn watched(&self) -> &[AlarmName] {
        if self.enabled { &self.alarms } else { &[] }
    }
}

/// What was read of the watched alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmReading {
    /// None is in state ALARM.
    Quiet,
    /// These are in state ALARM.
    Red(Vec<AlarmName>),
    /// Some could not be read, and none of the others is in ALARM; why.
    Unreadable(Problem),
}
