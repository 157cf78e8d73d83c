//! Where a deployment to a fleet is in its lifecycle. The lifecycle events are those of its hosts.

use serde::{Deserialize, Serialize};

/// The stages of a deployment to a fleet. A blue/green deployment comes through the first two once a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ServerStage {
    /// The hosts are selected.
    Select,
    /// The hosts work, in waves.
    Deploy,
    /// The deployment group takes over the environment that has the traffic.
    Adopt,
    /// The original hosts are terminated.
    Terminate,
}
