//! The gates at which a deployment waits: until a caller continues it, and before its original is deleted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// CodeDeploy's `DeploymentGate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gate {
    /// Before traffic moves.
    Ready,
    /// Before the original environment is ended.
    Termination,
}

impl Gate {
    /// All of them.
    pub const ALL: [Gate; 2] = [Self::Ready, Self::Termination];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY_WAIT",
            Self::Termination => "TERMINATION_WAIT",
        }
    }
}

/// How far a deployment is with its gates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gates {
    /// Until when it waits to be continued.
    pub ready_until: Option<Timestamp>,
    /// Whether it was continued.
    pub continued: bool,
    /// When the original is to be deleted.
    pub terminate_at: Option<Timestamp>,
}

impl Gates {
    /// Until when it waits to be continued, unless it was.
    pub fn open_until(&self) -> Option<Timestamp> {
        self.ready_until.filter(|_| !self.continued)
    }
}
