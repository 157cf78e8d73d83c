//! Where a deployment to an ECS service is in its lifecycle.

use serde::{Deserialize, Serialize};

use crate::deployment::lifecycle::EventName;

/// The stages of a deployment to a service, in their order. Between them it waits at the kernel's gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EcsStage {
    /// The hook before the replacement is made.
    BeforeInstall,
    /// The replacement is made, and gets steady.
    Install,
    /// The hook after that.
    AfterInstall,
    /// The test traffic moves.
    AllowTestTraffic,
    /// The hook after it has moved.
    AfterAllowTestTraffic,
    /// The hook before traffic moves.
    BeforeAllowTraffic,
    /// Traffic moves: this step has been decided. The step past the last is 100 %.
    AllowTraffic {
        /// The index of the step.
        step: usize,
    },
    /// The hook after all traffic has moved.
    AfterAllowTraffic,
    /// The original is deleted; from here there is no way back.
    Termination,
}

impl EcsStage {
    /// Traffic begins to move.
    pub const FIRST_SHIFT: Self = Self::AllowTraffic { step: 0 };

    /// Its lifecycle event; the deletion of the original is none.
    pub fn event(self) -> Option<EventName> {
        match self {
            Self::BeforeInstall => Some(EventName::BeforeInstall),
            Self::Install => Some(EventName::Install),
            Self::AfterInstall => Some(EventName::AfterInstall),
            Self::AllowTestTraffic => Some(EventName::AllowTestTraffic),
            Self::AfterAllowTestTraffic => Some(EventName::AfterAllowTestTraffic),
            Self::BeforeAllowTraffic => Some(EventName::BeforeAllowTraffic),
            Self::AllowTraffic { .. } => Some(EventName::AllowTraffic),
            Self::AfterAllowTraffic => Some(EventName::AfterAllowTraffic),
            Self::Termination => None,
        }
    }
}
