//! What becomes of instances that Auto Scaling launches: how a deployment to one of them begins, and which deployment
//! follows one during which they were launched.

use jiff::{SignedDuration, Timestamp};

use crate::catalog::environment::AutoScalingGroupName;
use crate::catalog::rollback::AutoRollback;
use crate::deployment::decision::{Decision, Move, Seen, seconds_until};
use crate::deployment::record::Deployment;
use crate::deployment::spec::{Creator, DeploymentSpec, Target};
use crate::names::{DeploymentId, GroupName};
use crate::server::host::HostId;
use crate::server::lifecycle_action::{ActionAnswer, ActionTold, HEARTBEAT_EVERY, Transition};
use crate::server::phase::Phase;
use crate::server::target::ServerTarget;

/// After how many failures in a row the next instance waits, and for how long: without that, Auto Scaling would launch and
/// terminate instances for as long as the revision fails.
const MOST_FAILED_LAUNCHES: u32 = 3;
const HOLD: SignedDuration = SignedDuration::from_hours(1);

/// Why an instance that Auto Scaling launched does not need what its deployment would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needless {
    /// It has the revision, since it comes out of a warm pool, or one that its group has deployed to it since.
    HasRevision,
    /// It is in an environment that a blue/green deployment moves the traffic away from; which deployment.
    Leaves(DeploymentId),
    /// Its deployment group no longer selects its Auto Scaling group; which deployment group.
    Unselected(GroupName),
}

impl Needless {
    /// In words.
    pub fn of(&self, host: &HostId) -> String {
        match self {
            Self::HasRevision => format!("{host} has this revision, or a later one of its deployment group."),
            Self::Leaves(deployment) => {
                format!("{host} is in an environment that deployment {deployment} moves the traffic away from.")
            }
            Self::Unselected(group) => {
                format!("Deployment group {group} no longer selects the Auto Scaling group of {host}.")
            }
        }
    }
}

impl Deployment {
    /// Whether it moves the traffic away from the instances of an Auto Scaling group, or has done so.
    pub fn leaves_group(&self, name: &str) -> bool {
        let is_in = |groups: &[AutoScalingGroupName]| groups.iter().any(|group| group.as_str() == name);
        match (self.replacement(), self.phase()) {
            _ if self.has_ended() => false,
            (Some(_), Phase::Leave) => is_in(self.originals().auto_scaling_groups),
            (Some(replacement), Phase::Return | Phase::Withdraw) => is_in(&replacement.auto_scaling_groups),
            (Some(_) | None, _) => false,
        }
    }

    /// Whether it stops the application of an instance that Auto Scaling terminates.
    pub fn ends_instance(&self) -> bool {
        self.spec.lifecycle_action.as_ref().is_some_and(|action| action.hook.transition == Transition::Terminating)
    }

    /// What is said once the instance that waits for the deployment may go on; `None` where the deployment is of no instance.
    pub(super) fn instance_is_ready(&self) -> Option<String> {
        let action = self.spec.lifecycle_action.as_ref()?;
        let what = match action.hook.transition {
            Transition::Launching => "go into service",
            Transition::Terminating => "be terminated",
        };
        Some(format!("Succeeded: {} is ready to {what}.", action.instance))
    }

    /// When Auto Scaling is next told that the instance is still being deployed to, where one waits for that.
    fn heartbeat_at(&self) -> Option<Timestamp> {
        self.spec.lifecycle_action.as_ref()?;
        Some(self.action_told.map_or(self.created_at, |told| told.at) + HEARTBEAT_EVERY)
    }

    /// The same, however the last attempt ended.
    pub(super) fn has_told(&mut self, now: Timestamp) {
        self.action_told = Some(ActionTold { answer: ActionAnswer::Heartbeat, at: now });
    }

    /// Tells Auto Scaling that the instance is still being deployed to, when that is due.
    pub(super) fn heartbeat(&self, now: Timestamp) -> Option<Decision> {
        let action = self.spec.lifecycle_action.as_ref().filter(|_| self.heartbeat_at().is_some_and(|at| at <= now))?;
        let instance = &action.instance;
        let why = format!("{instance} is still being deployed to, so that Auto Scaling has to wait for longer.");
        Some(Decision::new(Move::AnswerLifecycleAction, why))
    }

    /// A wait for hosts that ends when Auto Scaling is to be told.
    pub(super) fn until_heartbeat(&self, wait: Decision, now: Timestamp) -> Decision {
        match self.heartbeat_at() {
            Some(at) => wait.at_most(seconds_until(at, now)),
            None => wait,
        }
    }

    /// The wait before an instance is deployed to, where too many before it have failed.
    pub(super) fn hold(&self, now: Timestamp) -> Option<Decision> {
        let (spec, until) = (&self.spec, self.created_at + HOLD);
        let action = spec.lifecycle_action.as_ref()?;
        if spec.failed_launches < MOST_FAILED_LAUNCHES || until <= now {
            return None;
        }
        let why = format!(
            "The last {} instances that Auto Scaling launched in {} failed with this revision, so {} waits for 1 hour before it is \
             deployed to. Deploy a revision to deployment group {} that works, or stop this deployment to have the instance \
             replaced.",
            spec.failed_launches, action.hook.group, action.instance, spec.group
        );
        let wait = Decision::new(Move::AwaitHosts { seconds: seconds_until(until, now) }, why);
        Some(wait.waiting("the end of the pause after failed launches", until))
    }
}

/// The deployment that follows: to the instances that have another revision.
pub(crate) fn follow_up(last: &Deployment, seen: &Seen, now: Timestamp) -> Option<Box<Deployment>> {
    let Target::Server(target) = &last.spec.target else { return None };
    if !last.launched_meanwhile {
        return None;
    }
    let mut environment = last.spec.environment.clone();
    if let Some(replacement) = &target.replacement {
        environment.ec2_tags.clone_from(&replacement.ec2_tags);
        environment.auto_scaling_groups.clone_from(&replacement.auto_scaling_groups);
    }
    let spec = DeploymentSpec {
        environment,
        previous_revision: Some(last.spec.revision.clone()),
        target: Target::Server(ServerTarget { only_outdated: true, replacement: None, ..target.clone() }),
        rollback: AutoRollback::default(),
        creator: Creator::AutoUpdate,
        caller: None,
        description: None,
        rolls_back: None,
        follows: Some(last.spec.follows.as_ref().unwrap_or(&last.id).clone()),
        ..(*last.spec).clone()
    };
    let mut deployment = Deployment::new(seen.spare_id.clone(), spec, now);
    deployment.note = format!("Instances were launched during deployment {}.", last.id);
    Some(Box::new(deployment))
}
