//! The lifecycle hooks of Auto Scaling groups, and the instances that wait at them.

use spillway_aws_core::{Roles, code, problem};
use spillway_domain::access::session::RoleSession;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::lifecycle_action::{
    ActionAnswer, HEARTBEAT_TIMEOUT, HookOwner, LifecycleAction, LifecycleHook, Transition,
};

use crate::query::{Operation, ask};

/// The one error code that Auto Scaling has for what is not there.
const VALIDATION: &str = "ValidationError";

/// Auto Scaling groups, as the service roles may change them.
#[derive(Debug)]
pub struct AutoScaling {
    roles: Roles,
}

impl AutoScaling {
    /// Changed as one of `roles`.
    pub fn new(roles: &Roles) -> Self {
        Self { roles: roles.clone() }
    }
}

impl spillway_engine::ports::autoscaling::LifecycleHooks for AutoScaling {
    async fn put(&self, session: &RoleSession, hook: &LifecycleHook, owner: &HookOwner) -> Result<(), Problem> {
        let what = format!("autoscaling:PutLifecycleHook of {} in {}", hook.name, hook.group);
        // An instance that nobody answers for is not one that serves. One that goes is not kept.
        let default = match hook.transition {
            Transition::Launching => "ABANDON",
            Transition::Terminating => "CONTINUE",
        };
        let fields = fields(&[
            ("AutoScalingGroupName", hook.group.as_str()),
            ("LifecycleHookName", &hook.name),
            ("LifecycleTransition", hook.transition.as_ref()),
            ("HeartbeatTimeout", &HEARTBEAT_TIMEOUT.as_secs().to_string()),
            ("DefaultResult", default),
            ("NotificationMetadata", &owner.to_string()),
        ]);
        match Box::pin(ask(&self.roles.config(session), Operation::PutLifecycleHook, fields)).await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == Some(VALIDATION) => {
                Err(Problem { kind: ProblemKind::Missing, ..problem(&what, &error) })
            }
            Err(error) => Err(problem(&what, &error)),
        }
    }

    async fn delete(&self, session: &RoleSession, hook: &LifecycleHook) -> Result<(), Problem> {
        let what = format!("autoscaling:DeleteLifecycleHook of {} in {}", hook.name, hook.group);
        let fields = fields(&[("AutoScalingGroupName", hook.group.as_str()), ("LifecycleHookName", &hook.name)]);
        match Box::pin(ask(&self.roles.config(session), Operation::DeleteLifecycleHook, fields)).await {
            Err(error) if code(&error) != Some(VALIDATION) => Err(problem(&what, &error)),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl spillway_engine::ports::autoscaling::LifecycleActions for AutoScaling {
    async fn answer(
        &self,
        session: &RoleSession,
        action: &LifecycleAction,
        answer: ActionAnswer,
    ) -> Result<bool, Problem> {
        let (operation, result) = match answer {
            ActionAnswer::Heartbeat => (Operation::RecordLifecycleActionHeartbeat, None),
            ActionAnswer::Continue => (Operation::CompleteLifecycleAction, Some("CONTINUE")),
            ActionAnswer::Abandon => (Operation::CompleteLifecycleAction, Some("ABANDON")),
        };
        let mut fields = fields(&[
            ("AutoScalingGroupName", action.hook.group.as_str()),
            ("LifecycleHookName", &action.hook.name),
            ("LifecycleActionToken", &action.token),
            ("InstanceId", action.instance.as_str()),
        ]);
        fields.extend(result.map(|result| ("LifecycleActionResult".to_owned(), result.to_owned())));
        let what = format!("autoscaling:{operation:?} of {} in {}", action.instance, action.hook.group);
        match Box::pin(ask(&self.roles.config(session), operation, fields)).await {
            Ok(_) => Ok(true),
            Err(error) if code(&error) == Some(VALIDATION) => Ok(false),
            Err(error) => Err(problem(&what, &error)),
        }
    }
}

fn fields(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
