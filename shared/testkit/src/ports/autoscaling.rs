//! Auto Scaling: the lifecycle hooks in its groups, and the instances that wait at them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::{
    ActionAnswer, HEARTBEAT_TIMEOUT, HookOwner, LifecycleAction, LifecycleHook, Transition,
};
use spillway_engine::ports::autoscaling::{LifecycleActions, LifecycleHooks};

use crate::World;
use crate::world::Inner;

/// What Auto Scaling knows.
#[derive(Debug, Default)]
pub(crate) struct AutoScaling {
    /// The hooks that were put, each with its owner.
    pub hooks: BTreeMap<LifecycleHook, HookOwner>,
    /// The Auto Scaling groups.
    pub groups: BTreeSet<AutoScalingGroupName>,
    /// The instances that have waited, by the token of the wait.
    pub waits: BTreeMap<String, Waiting>,
    /// What the event bus has not delivered yet.
    pub notices: Vec<(HookOwner, LifecycleAction)>,
}

/// An instance at a hook.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub instance: HostId,
    /// When Auto Scaling waits no longer.
    pub until: Timestamp,
    /// How it was answered for.
    pub answer: Option<ActionAnswer>,
}

impl Inner {
    /// An instance reaches those hooks of its Auto Scaling group.
    pub(crate) fn wait_at_hooks(&mut self, group: &AutoScalingGroupName, which: Transition, instance: &HostId) {
        let now = self.now;
        let scaling = &mut self.auto_scaling;
        let reached = |hook: &LifecycleHook| hook.group == *group && hook.transition == which;
        for (hook, owner) in scaling.hooks.iter().filter(|(hook, _)| reached(hook)) {
            let token = format!("token-{}", scaling.waits.len() + 1);
            let action = LifecycleAction { hook: hook.clone(), instance: instance.clone(), token: token.clone() };
            let until = now + HEARTBEAT_TIMEOUT;
            scaling.waits.insert(token, Waiting { instance: instance.clone(), until, answer: None });
            scaling.notices.push((owner.clone(), action));
        }
    }
}

impl LifecycleHooks for World {
    async fn put(&self, _: &RoleSession, hook: &LifecycleHook, owner: &HookOwner) -> Result<(), Problem> {
        self.call(|world| {
            let what = format!("autoscaling:PutLifecycleHook of {} in {} failed", hook.name, hook.group);
            if world.denied {
                return Err(Problem::new(ProblemKind::Denied, format!("{what}: AccessDenied.")));
            }
            if !world.auto_scaling.groups.contains(&hook.group) {
                let words = format!("{what}: ValidationError: there is no such Auto Scaling group.");
                return Err(Problem::new(ProblemKind::Missing, words));
            }
            world.auto_scaling.hooks.insert(hook.clone(), owner.clone());
            Ok(())
        })
        .await
    }

    async fn delete(&self, _: &RoleSession, hook: &LifecycleHook) -> Result<(), Problem> {
        self.call(|world| {
            if world.denied {
                let words = format!("autoscaling:DeleteLifecycleHook of {} failed: AccessDenied.", hook.name);
                return Err(Problem::new(ProblemKind::Denied, words));
            }
            world.auto_scaling.hooks.remove(hook);
            Ok(())
        })
        .await
    }
}

impl LifecycleActions for World {
    async fn answer(&self, _: &RoleSession, action: &LifecycleAction, answer: ActionAnswer) -> Result<bool, Problem> {
        self.call(|world| {
            if world.denied {
                let words = "autoscaling:CompleteLifecycleAction failed: AccessDenied.";
                return Err(Problem::new(ProblemKind::Denied, words));
            }
            let now = world.now;
            let Some(wait) = world.auto_scaling.waits.get_mut(&action.token) else { return Ok(false) };
            if wait.answer.is_some() || wait.until < now {
                return Ok(false);
            }
            match answer {
                ActionAnswer::Heartbeat => wait.until = now + HEARTBEAT_TIMEOUT,
                ActionAnswer::Continue | ActionAnswer::Abandon => wait.answer = Some(answer),
            }
            let words = format!("{}: {answer:?}", wait.instance);
            world.write_diary("Auto Scaling", &words);
            Ok(true)
        })
        .await
    }
}
