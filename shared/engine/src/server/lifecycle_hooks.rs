//! The lifecycle hooks that deployment groups have in their Auto Scaling groups. They are set before a group is written
//! that names further Auto Scaling groups, and deleted before a group is deleted: a hook without its group would hold up
//! every instance that Auto Scaling launches.

use spillway_domain::access::session::{Purpose, RoleSession};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::DeploymentGroup;
use spillway_domain::problem::ProblemKind;
use spillway_domain::rejection::GroupRejection;
use spillway_domain::server::lifecycle_action::LifecycleHook;

use crate::operations::Error;
use crate::ports::autoscaling::LifecycleHooks;

/// Sets hooks of a group. Where one cannot be set, those before it are deleted again.
pub(crate) async fn set_hooks(
    hooks: &impl LifecycleHooks,
    application: &Application,
    group: &DeploymentGroup,
    wanted: &[LifecycleHook],
) -> Result<(), Error> {
    let (session, owner) = (hook_session(application, group), group.hook_owner());
    for (index, hook) in wanted.iter().enumerate() {
        let Err(problem) = hooks.put(&session, hook, &owner).await else { continue };
        delete_hooks(hooks, application, group, &wanted[..index]).await;
        return Err(match problem.kind {
            ProblemKind::Missing | ProblemKind::Refused => {
                GroupRejection::NoLifecycleHook { hook: hook.clone(), words: problem.words }.into()
            }
            ProblemKind::Denied => GroupRejection::MayNotHook { role: group.role.clone(), words: problem.words }.into(),
            ProblemKind::Stale | ProblemKind::TooLarge | ProblemKind::Transient => problem.into(),
        });
    }
    Ok(())
}

/// Deletes hooks of a group, and answers with those that could not be deleted.
pub(crate) async fn delete_hooks(
    hooks: &impl LifecycleHooks,
    application: &Application,
    group: &DeploymentGroup,
    unwanted: &[LifecycleHook],
) -> Vec<LifecycleHook> {
    let session = hook_session(application, group);
    let mut left = Vec::new();
    for hook in unwanted {
        if let Err(problem) = hooks.delete(&session, hook).await {
            tracing::warn!(target: "spillway", hook = hook.name, "it could not be deleted: {problem}");
            left.push(hook.clone());
        }
    }
    left
}

/// The session in which the hooks of a group are set, and answered where no deployment is.
pub(crate) fn hook_session(application: &Application, group: &DeploymentGroup) -> RoleSession {
    RoleSession {
        role: group.role.clone(),
        application: application.name.clone(),
        purpose: Purpose::LifecycleHooks { group: group.name.clone() },
    }
}
