//! Set lifecycle hook: puts a lifecycle hook of a deployment group into an Auto Scaling group, or deletes it there.

use serde::{Deserialize, Serialize};
use spillway_domain::access::session::RoleSession;
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleHook};

use crate::ports::autoscaling::LifecycleHooks;

/// What is to become of a lifecycle hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookChange {
    /// As whom.
    pub session: RoleSession,
    /// The hook.
    pub hook: LifecycleHook,
    /// Whose it is from then on; `None` where it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<HookOwner>,
}

/// Makes the change. Making it twice is making it once.
pub async fn set_lifecycle_hook(hooks: &impl LifecycleHooks, change: &HookChange) -> Result<(), Problem> {
    let HookChange { session, hook, owner } = change;
    match owner {
        Some(owner) => hooks.put(session, hook, owner).await,
        None => hooks.delete(session, hook).await,
    }
}
