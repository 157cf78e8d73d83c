//! Where a deployment is in its lifecycle: what every platform has, and its platform's own.

use serde::{Deserialize, Serialize};

use crate::deployment::gate::Gate;
use crate::deployment::lifecycle::EventName;
use crate::ecs::stage::EcsStage;
use crate::lambda::stage::LambdaStage;
use crate::server::stage::ServerStage;

/// Where a deployment is in its lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Written, and nothing else.
    Created,
    /// In a stage of a deployment to a Lambda alias.
    Lambda(LambdaStage),
    /// In a stage of a deployment to an ECS service.
    Ecs(EcsStage),
    /// In a stage of a deployment to a fleet of hosts.
    Server(ServerStage),
    /// Waits at a gate.
    Gate(Gate),
    /// Over.
    Ended,
}

impl Stage {
    /// The event that is under way in it.
    pub fn event(self) -> Option<EventName> {
        match self {
            Self::Lambda(stage) => Some(stage.event()),
            Self::Ecs(stage) => stage.event(),
            Self::Created | Self::Server(_) | Self::Gate(_) | Self::Ended => None,
        }
    }

    /// The index of the traffic step that has been decided, while traffic moves.
    pub fn step(self) -> Option<usize> {
        match self {
            Self::Lambda(LambdaStage::AllowTraffic { step }) | Self::Ecs(EcsStage::AllowTraffic { step }) => Some(step),
            Self::Lambda(_) | Self::Ecs(_) | Self::Server(_) | Self::Created | Self::Gate(_) | Self::Ended => None,
        }
    }

    /// Whether a shift may have been made, or be under way.
    pub fn moves_traffic(self) -> bool {
        match self {
            Self::Lambda(stage) => stage >= LambdaStage::FIRST_SHIFT,
            Self::Ecs(stage) => stage >= EcsStage::FIRST_SHIFT,
            Self::Gate(gate) => gate == Gate::Termination,
            Self::Created | Self::Server(_) | Self::Ended => false,
        }
    }
}
