//! Where a deployment to a fleet is in its lifecycle. The lifecycle events are those of its hosts.

use serde::{Deserialize, Serialize};

/// The stages of a deployment to a fleet, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ServerStage {
    /// The hosts are selected.
    Select,
    /// The hosts work, in waves.
    Deploy,
}
