//! Where a deployment to a Lambda alias is in its lifecycle.

use serde::{Deserialize, Serialize};

use crate::deployment::lifecycle::EventName;

/// The stages of a deployment to an alias, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LambdaStage {
    /// The hook before traffic moves.
    BeforeAllowTraffic,
    /// Traffic moves: this step has been decided. The step past the last is 100 %.
    AllowTraffic {
        /// The index of the step.
        step: usize,
    },
    /// The hook after all traffic has moved.
    AfterAllowTraffic,
}

impl LambdaStage {
    /// Traffic begins to move.
    pub const FIRST_SHIFT: Self = Self::AllowTraffic { step: 0 };

    /// Its lifecycle event.
    pub fn event(self) -> EventName {
        match self {
            Self::BeforeAllowTraffic => EventName::BeforeAllowTraffic,
            Self::AllowTraffic { .. } => EventName::AllowTraffic,
            Self::AfterAllowTraffic => EventName::AfterAllowTraffic,
        }
    }
}
