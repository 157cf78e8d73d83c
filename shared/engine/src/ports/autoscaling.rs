//! Auto Scaling: the lifecycle hooks of deployment groups in Auto Scaling groups, and the instances that wait at them.

use spillway_domain::access::session::RoleSession;
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::{ActionAnswer, HookOwner, LifecycleAction, LifecycleHook};

/// The lifecycle hooks of deployment groups, set with the service role.
pub trait LifecycleHooks {
    /// Puts a hook into its Auto Scaling group, over one of that name;
    /// [`Missing`](spillway_domain::problem::ProblemKind::Missing) where there is no such Auto Scaling group.
    async fn put(&self, session: &RoleSession, hook: &LifecycleHook, owner: &HookOwner) -> Result<(), Problem>;
    /// Deletes a hook. One that is not there is deleted already, and so is one whose Auto Scaling group is not there.
    async fn delete(&self, session: &RoleSession, hook: &LifecycleHook) -> Result<(), Problem>;
}

/// The instances that wait at lifecycle hooks, answered for with the service role.
pub trait LifecycleActions {
    /// Tells Auto Scaling how an instance is doing; `false` when the instance does not wait any more, so that nothing was
    /// told.
    async fn answer(
        &self,
        session: &RoleSession,
        action: &LifecycleAction,
        answer: ActionAnswer,
    ) -> Result<bool, Problem>;
}
