//! Lifecycle actions of Auto Scaling: an instance that a group launches or terminates waits until it is told how the
//! instance fared. A deployment group has a lifecycle hook in each of its Auto Scaling groups, which causes the wait.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::catalog::environment::AutoScalingGroupName;
use crate::catalog::group::DeploymentGroup;
use crate::deployment::record::{Deployment, Status};
use crate::server::host::HostId;

/// For how long Auto Scaling waits for an instance after it was told last: CodeDeploy's heartbeat timeout.
pub const HEARTBEAT_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);
/// How often Auto Scaling is told that an instance is still being deployed to: twice within its wait.
pub const HEARTBEAT_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// How long the agent of an instance that was just launched may take to begin: the instance has to start, and the agent
/// may have to be installed first.
pub const LAUNCHES_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Which way an instance goes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::EnumString, strum::AsRefStr,
)]
pub enum Transition {
    /// Into its Auto Scaling group.
    #[strum(serialize = "autoscaling:EC2_INSTANCE_LAUNCHING")]
    Launching,
    /// Out of it.
    #[strum(serialize = "autoscaling:EC2_INSTANCE_TERMINATING")]
    Terminating,
}

/// A lifecycle hook that a deployment group has in an Auto Scaling group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LifecycleHook {
    /// The Auto Scaling group.
    pub group: AutoScalingGroupName,
    /// The name of the hook in it.
    pub name: String,
    /// Which instances wait.
    pub transition: Transition,
}

/// Whose a hook is. Auto Scaling keeps it with the hook, as `<application>/<deployment group>`, and tells it with each
/// instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookOwner {
    /// The home of the application, which stays when the application is renamed.
    pub application: String,
    /// The id of the deployment group.
    pub deployment_group_id: String,
}

/// An instance that waits at a lifecycle hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleAction {
    /// The hook.
    pub hook: LifecycleHook,
    /// The instance.
    pub instance: HostId,
    /// Auto Scaling's name of this one wait.
    pub token: String,
}

/// What Auto Scaling is told of an instance that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionAnswer {
    /// It is still being deployed to: the wait begins anew.
    Heartbeat,
    /// The wait is over: an instance that was launched goes into service.
    Continue,
    /// The wait is over: an instance that was launched is terminated, and another is launched for it.
    Abandon,
}

/// What Auto Scaling was told last, or what it could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionTold {
    /// What.
    pub answer: ActionAnswer,
    /// When.
    pub at: Timestamp,
}

impl fmt::Display for HookOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.deployment_group_id)
    }
}

impl FromStr for HookOwner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (application, id) =
            text.rsplit_once('/').filter(|(home, id)| !home.is_empty() && !id.is_empty()).ok_or(())?;
        Ok(Self { application: application.to_owned(), deployment_group_id: id.to_owned() })
    }
}

impl Transition {
    /// What Auto Scaling is told once a deployment has ended. One that terminates an instance never keeps the instance.
    pub fn verdict(self, has_succeeded: bool) -> ActionAnswer {
        match (self, has_succeeded) {
            (Self::Launching, true) | (Self::Terminating, _) => ActionAnswer::Continue,
            (Self::Launching, false) => ActionAnswer::Abandon,
        }
    }
}

impl ActionAnswer {
    /// Whether the wait is over with it.
    pub fn ends_wait(self) -> bool {
        match self {
            Self::Continue | Self::Abandon => true,
            Self::Heartbeat => false,
        }
    }
}

impl Deployment {
    /// The instance that waits for this deployment, and what Auto Scaling is to be told of it now: that it is being
    /// deployed to, or how it fared.
    pub fn answer_due(&self) -> Option<(&LifecycleAction, ActionAnswer)> {
        let action = self.spec.lifecycle_action.as_ref()?;
        let answer = match self.status() {
            Status::Created | Status::InProgress | Status::Ready => ActionAnswer::Heartbeat,
            Status::Succeeded => action.hook.transition.verdict(true),
            Status::Failed | Status::Stopped => action.hook.transition.verdict(false),
        };
        Some((action, answer))
    }

    /// The same once the deployment has ended, until Auto Scaling was told.
    pub(crate) fn unanswered_action(&self) -> Option<(LifecycleAction, ActionAnswer)> {
        let is_told = self.action_told.is_some_and(|told| told.answer.ends_wait());
        let (action, answer) = self.answer_due().filter(|_| !is_told)?;
        answer.ends_wait().then(|| (action.clone(), answer))
    }
}

impl DeploymentGroup {
    /// The hooks that it has in its Auto Scaling groups. Their names are made of its id, so that setting them twice is
    /// setting them once.
    pub fn lifecycle_hooks(&self) -> Vec<LifecycleHook> {
        let hooks = self.environment.auto_scaling_groups.iter().flat_map(|group| {
            let launch = self.hook(group, Transition::Launching);
            let terminate = self.environment.termination_hook.then(|| self.hook(group, Transition::Terminating));
            std::iter::once(launch).chain(terminate)
        });
        hooks.collect()
    }

    /// The owner of these hooks.
    pub fn hook_owner(&self) -> HookOwner {
        HookOwner { application: self.lock.home.clone(), deployment_group_id: self.id.clone() }
    }

    fn hook(&self, group: &AutoScalingGroupName, transition: Transition) -> LifecycleHook {
        let what = match transition {
            Transition::Launching => "launch",
            Transition::Terminating => "termination",
        };
        LifecycleHook { group: group.clone(), name: format!("Spillway-{what}-{}", self.id), transition }
    }
}
