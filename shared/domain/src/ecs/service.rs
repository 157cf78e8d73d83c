//! A service as it was seen, with its task sets and its listeners.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ecs::listener::{Groups, Listener, ListenerRouting};
use crate::ecs::target::EcsTarget;
use crate::percent::Percent;

/// A service as it was seen. It may be in any state, since others may change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceState {
    /// Its ARN.
    pub arn: String,
    /// Whether it is active, and not being deleted.
    pub active: bool,
    /// Who replaces its tasks.
    pub controller: Controller,
    /// Its task sets.
    pub task_sets: Vec<TaskSet>,
    /// The target groups of the pair, in its order; none where they were known already.
    pub target_groups: Vec<TargetGroup>,
    /// The listener of the traffic.
    pub listener: Listener,
    /// The listener of the test traffic.
    pub test_listener: Option<Listener>,
    /// Why tasks of the replacement stopped, each in words; tasks that were meant to stop are not among them.
    pub deaths: Vec<String>,
    /// The last that ECS said about the replacement.
    pub said: Option<String>,
    /// The ARN of the latest ACTIVE revision of the task definition, where it was asked for.
    pub latest_definition: Option<String>,
}

/// ECS's deployment controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Controller {
    /// Whoever has the rights: this is what Spillway needs.
    External,
    /// AWS CodeDeploy, and nobody else.
    CodeDeploy,
    /// ECS itself.
    Ecs,
}

/// A target group, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A task set as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSet {
    /// Its id: `ecs-svc/` and a number.
    pub id: String,
    /// How it stands.
    pub status: TaskSetStatus,
    /// Whose it is: the id of the deployment that made it.
    pub external_id: Option<String>,
    /// What its target groups send traffic to.
    pub attachments: Vec<Attachment>,
    /// What runs in it, as an AppSpec would say it; container and port are those of the first attachment.
    pub target: EcsTarget,
    /// Whether all its tasks run, are healthy, and are as many as they should be.
    pub steady: bool,
    /// How many tasks there should be.
    pub desired: u32,
    /// How many are starting.
    pub pending: u32,
    /// How many run.
    pub running: u32,
}

/// What a target group sends traffic to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The ARN of the target group.
    pub target_group: String,
    /// The container.
    pub container: String,
    /// Its port.
    pub port: u16,
}

/// How a task set stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskSetStatus {
    /// It stands for the service.
    Primary,
    /// It is another one.
    Active,
    /// It is being deleted.
    Draining,
}

impl TaskSetStatus {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
        }
    }
}

impl TaskSet {
    /// Whether it is there to stay.
    pub fn is_live(&self) -> bool {
        match self.status {
            TaskSetStatus::Primary | TaskSetStatus::Active => true,
            TaskSetStatus::Draining => false,
        }
    }

    /// Whether it is behind the target group.
    pub fn is_behind(&self, group: &str) -> bool {
        self.attachments.iter().any(|own| own.target_group == group)
    }

    /// What runs in it, as an AppSpec for that target group would say it.
    pub fn target_behind(&self, group: &str) -> EcsTarget {
        let target = self.target.clone();
        match self.attachments.iter().find(|own| own.target_group == group).cloned() {
            Some(Attachment { container, port, .. }) => EcsTarget { container, port, ..target },
            None => target,
        }
    }
}

impl ServiceState {
    /// The task set that stands for the service.
    pub fn primary(&self) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.status == TaskSetStatus::Primary)
    }

    /// A task set that is not being deleted, by its id.
    pub fn live(&self, id: &str) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.id == id && set.is_live())
    }

    /// The task set that was made for the deployment with that id, unless it is being deleted.
    pub fn made_for(&self, deployment: &str) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.external_id.as_deref() == Some(deployment) && set.is_live())
    }

    /// Whether the listeners forward as `routing` says.
    pub fn routes(&self, groups: &Groups, routing: ListenerRouting) -> bool {
        let test = |listener: &Listener| listener.routes(groups, routing.test_share());
        self.listener.routes(groups, routing.share) && self.test_listener.as_ref().is_none_or(test)
    }

    /// Whether something has to be written for the listeners to forward so.
    pub fn needs(&self, groups: &Groups, routing: ListenerRouting) -> bool {
        let needs = |listener: &Listener, share| listener.needing(groups, share, routing.attached).next().is_some();
        needs(&self.listener, routing.share)
            || self.test_listener.as_ref().is_some_and(|listener| needs(listener, routing.test_share()))
    }

    /// The replacement's share of the production traffic, if it is the same everywhere.
    pub fn share(&self, groups: &Groups) -> Option<Percent> {
        let share = self.listener.of(groups).next()?.share(groups)?;
        self.listener.routes(groups, share).then_some(share)
    }

    /// Whether some traffic, be it for tests, still goes to the target group.
    pub fn sends_to(&self, group: &str) -> bool {
        self.listeners().any(|listener| listener.sends_to(group))
    }

    /// Both listeners, as far as there are two.
    pub fn listeners(&self) -> impl Iterator<Item = &Listener> {
        [Some(&self.listener), self.test_listener.as_ref()].into_iter().flatten()
    }
}

/// In words: every task set with its tasks, and what the listeners do.
impl fmt::Display for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, set) in self.task_sets.iter().enumerate() {
            let steady = if set.steady { "steady" } else { "not steady" };
            let status = set.status.as_str();
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{} {status} {} of {} tasks, {steady}", set.id, set.running, set.desired)?;
        }
        if let Some(arn) = &self.latest_definition {
            write!(f, "; latest task definition: {arn}")?;
        }
        for (what, listener) in [("listener", Some(&self.listener)), ("test listener", self.test_listener.as_ref())] {
            for forward in listener.iter().flat_map(|listener| &listener.forwards) {
                write!(f, "; {what}: {forward}")?;
            }
        }
        Ok(())
    }
}
