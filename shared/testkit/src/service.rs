//! An ECS service of the world, its task sets, and the load balancer before it. Time passes in it: tasks take a while to
//! run, and a while to go.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::listener::{Forward, Groups, Listener, ListenerKind};
use spillway_domain::ecs::service::{Attachment, Controller, TargetGroup, TaskSet, TaskSetStatus};
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;

use crate::world::Inner;

/// How long the tasks of a task set that is being deleted take to go.
const DRAINING: SignedDuration = SignedDuration::from_secs(40);

/// What becomes of the tasks of new task sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPlan {
    /// They run, after so many seconds.
    Run(i64),
    /// They die, one every so many seconds.
    Die(i64),
    /// There is no place for them.
    Wait,
}

/// What happens to a service from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceEvent {
    /// Somebody gives the second target group that share of the listener's traffic.
    ListenerWritten(Percent),
    /// Somebody has the listener forward nothing any more.
    ListenerReplaced,
    /// Somebody adds a rule that forwards elsewhere.
    RuleElsewhere,
    /// The service is scaled.
    DesiredCount(u32),
    /// Tasks of the replacement do not run, or run again.
    ReplacementHampered(bool),
    /// Somebody deletes the replacement task set.
    ReplacementDeleted,
    /// Somebody deletes the original task set.
    OriginalDeleted,
    /// Somebody has no listener forward to the second target group any more, and deletes it.
    TargetGroupDeleted,
    /// The service role may do nothing in ECS any more, or may again.
    Hidden(bool),
    /// ECS lets no call through any more, or does again.
    Throttled(bool),
    /// The service role may write no rule any more, or may again.
    RulesLocked(bool),
    /// The service role may delete no task set any more, or may again.
    DeletionsLocked(bool),
    /// Somebody has the original stand for the service again.
    OriginalPromoted,
    /// Another task definition, whose tasks run, is registered under that name.
    DefinitionRegistered(String),
}

/// An ECS service with a load balancer.
#[derive(Debug, Clone)]
pub struct Service {
    /// How many tasks each task set is to have.
    pub desired: u32,
    /// Who replaces its tasks.
    pub controller: Controller,
    /// Its task sets; those that are gone are not among them.
    pub task_sets: Vec<Tasks>,
    /// The listener of the traffic, and the one of the test traffic.
    pub listeners: Vec<Listener>,
    /// The target groups between which it goes back and forth.
    pub pair: Groups,
    /// Since when the desired count is what it is.
    pub desired_since: Timestamp,
    /// Whether nobody may see it.
    pub hidden: bool,
    /// Whether ECS lets no call through.
    pub throttled: bool,
    /// Whether nobody may write the rules of its listeners.
    pub rules_locked: bool,
    /// Whether nobody may delete a task set of it.
    pub deletions_locked: bool,
    pub(crate) made: u64,
}

/// A task set with its tasks.
#[derive(Debug, Clone)]
pub struct Tasks {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: TaskSetStatus,
    /// The deployment that made it.
    pub external_id: Option<String>,
    /// The ARNs of its target groups, one of which is of the pair.
    pub groups: Vec<String>,
    /// What runs in it.
    pub target: EcsTarget,
    /// When it was made.
    pub made_at: Timestamp,
    /// What becomes of its tasks.
    pub plan: TaskPlan,
    /// Whether somebody keeps its tasks from running.
    pub hampered: bool,
    /// When its tasks are gone, once it is being deleted.
    pub gone_at: Option<Timestamp>,
}

/// The ARN of a target group of the world.
pub fn target_group(name: &str) -> TargetGroup {
    let arn = format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/{name}/0123456789abcdef");
    TargetGroup { name: name.to_owned(), arn }
}

/// Whether the target group is one of the pair.
pub(crate) fn is_of(pair: &Groups, group: &str) -> bool {
    [&pair.original, &pair.replacement].into_iter().any(|own| own == group)
}

impl Tasks {
    /// As it is seen at a time.
    pub fn seen(&self, service: &Service, now: Timestamp) -> TaskSet {
        let running = match self.plan {
            TaskPlan::Run(after) => {
                let since = self.made_at.max(service.desired_since.min(now));
                let grown = now >= since + SignedDuration::from_secs(after);
                if grown && !self.hampered { service.desired } else { 0 }
            }
            TaskPlan::Die(_) | TaskPlan::Wait => 0,
        };
        let running = if self.gone_at.is_some() { 0 } else { running };
        let attachments: Vec<_> = self.groups.iter().map(|group| self.attachment(&service.pair, group)).collect();
        let (container, port) =
            attachments.first().map(|first| (first.container.clone(), first.port)).unwrap_or_default();
        let pending = if self.plan == TaskPlan::Wait || self.gone_at.is_some() { 0 } else { service.desired - running };
        TaskSet {
            id: self.id.clone(),
            status: self.status,
            external_id: self.external_id.clone(),
            target: EcsTarget { container, port, ..self.target.clone() },
            attachments,
            steady: running == service.desired,
            desired: service.desired,
            pending,
            running,
        }
    }

    /// What is not of the pair has another container behind it.
    fn attachment(&self, pair: &Groups, group: &str) -> Attachment {
        let (container, port) = if is_of(pair, group) {
            (self.target.container.clone(), self.target.port)
        } else {
            ("admin".to_owned(), 9000)
        };
        Attachment { target_group: group.to_owned(), container, port }
    }

    /// Why tasks of it have died by a time, newest first.
    pub fn deaths(&self, now: Timestamp) -> Vec<String> {
        match self.plan {
            TaskPlan::Run(_) | TaskPlan::Wait => Vec::new(),
            TaskPlan::Die(every) => {
                let count = now.duration_since(self.made_at).as_secs() / every.max(1);
                (0..count).map(|_| "Essential container in task exited: web: exit code 1".to_owned()).collect()
            }
        }
    }
}

impl Service {
    /// What the production listener forwards by default, to whom and how much.
    pub fn share(&self) -> Option<Percent> {
        self.listeners.first()?.of(&self.pair).next()?.share(&self.pair)
    }

    /// Whether one of its listeners forwards to the target group.
    pub(crate) fn forwards_to(&self, group: &str) -> bool {
        let forwards = self.listeners.iter().flat_map(|listener| &listener.forwards);
        forwards.flat_map(|forward| &forward.groups).any(|(listed, _)| listed == group)
    }

    /// The task sets that are not being deleted.
    pub fn live(&self) -> impl Iterator<Item = &Tasks> {
        self.task_sets.iter().filter(|set| set.gone_at.is_none())
    }

    /// Where traffic goes that nothing is there for, in words.
    pub fn darkness(&self) -> Option<String> {
        // The test listener of a Network Load Balancer forwards to the replacement before there is one.
        let meant = |place: usize, listener: &Listener| place == 0 || listener.kind == ListenerKind::Application;
        let listeners = self.listeners.iter().enumerate().filter(|(place, listener)| meant(*place, listener));
        let sent = listeners.flat_map(|(_, listener)| &listener.forwards).flat_map(|forward| &forward.groups);
        let (group, weight) = sent
            .filter(|(group, weight)| *weight > 0 && is_of(&self.pair, group))
            .find(|(group, _)| !self.live().any(|set| set.groups.contains(group)))?;
        Some(format!("{group} has weight {weight}, and nothing is behind it"))
    }

    /// A service without task sets.
    pub fn new(desired: u32, listeners: Vec<Listener>, pair: Groups, now: Timestamp) -> Self {
        let controller = Controller::External;
        Self {
            desired,
            controller,
            task_sets: Vec::new(),
            listeners,
            pair,
            desired_since: now,
            hidden: false,
            throttled: false,
            rules_locked: false,
            deletions_locked: false,
            made: 0,
        }
    }

    /// With a task set that stands for it, behind these target groups.
    pub fn with_primary(mut self, groups: Vec<String>, target: EcsTarget, plan: TaskPlan) -> Self {
        let id = self.make(None, groups, target, plan, self.desired_since);
        self.promote(&id);
        self
    }

    /// Makes a task set, and says its id.
    pub(crate) fn make(
        &mut self,
        external_id: Option<&DeploymentId>,
        groups: Vec<String>,
        target: EcsTarget,
        plan: TaskPlan,
        now: Timestamp,
    ) -> String {
        self.made += 1;
        let id = format!("ecs-svc/{}", self.made);
        self.task_sets.push(Tasks {
            id: id.clone(),
            status: TaskSetStatus::Active,
            external_id: external_id.map(ToString::to_string),
            groups,
            target,
            made_at: now,
            plan,
            hampered: false,
            gone_at: None,
        });
        id
    }

    pub(crate) fn promote(&mut self, id: &str) {
        for set in self.task_sets.iter_mut().filter(|set| set.gone_at.is_none()) {
            set.status = if set.id == id { TaskSetStatus::Primary } else { TaskSetStatus::Active };
        }
    }

    pub(crate) fn delete(&mut self, id: &str, now: Timestamp) {
        if let Some(set) = self.task_sets.iter_mut().find(|set| set.id == id && set.gone_at.is_none()) {
            set.status = TaskSetStatus::Draining;
            set.gone_at = Some(now + DRAINING);
        }
    }

    pub(crate) fn tidy(&mut self, now: Timestamp) {
        self.task_sets.retain(|set| set.gone_at.is_none_or(|at| at > now));
    }

    /// The task set that was made last and is there.
    fn newest(&mut self) -> Option<&mut Tasks> {
        self.task_sets.iter_mut().rfind(|set| set.gone_at.is_none() && set.external_id.is_some())
    }
}

impl Inner {
    /// Has something happen to a service, if it is there.
    pub(crate) fn change_service(&mut self, event: &ServiceEvent, key: &str) {
        let now = self.now;
        let Some(service) = self.services.get_mut(key) else { return };
        match event {
            ServiceEvent::ListenerWritten(share) => {
                let written = service.pair.weights(*share, ListenerKind::Application);
                for forward in &mut service.listeners[0].forwards {
                    forward.groups.clone_from(&written);
                }
                self.taken.insert(key.to_owned());
            }
            ServiceEvent::ListenerReplaced => {
                service.listeners[0].forwards.clear();
                self.taken.insert(key.to_owned());
            }
            ServiceEvent::RuleElsewhere => {
                let elsewhere = vec![(target_group("elsewhere").arn, 1)];
                service.listeners[0]
                    .forwards
                    .push(Forward { rule: Some("rule-elsewhere".to_owned()), groups: elsewhere });
            }
            ServiceEvent::DesiredCount(count) => {
                service.desired = *count;
                service.desired_since = now;
            }
            ServiceEvent::ReplacementHampered(hampered) => {
                if let Some(set) = service.newest() {
                    set.hampered = *hampered;
                }
            }
            ServiceEvent::ReplacementDeleted => {
                if let Some(id) = service.newest().map(|set| set.id.clone()) {
                    service.delete(&id, now);
                    // What is deployed for good can be deleted by anybody.
                    let settled = self.records.values().all(Deployment::is_settled);
                    let set = if settled { &mut self.taken } else { &mut self.darkened };
                    set.insert(key.to_owned());
                }
            }
            ServiceEvent::OriginalDeleted => {
                let original = service.live().next().map(|set| set.id.clone());
                if let Some(id) = original {
                    service.delete(&id, now);
                }
                self.taken.insert(key.to_owned());
            }
            ServiceEvent::Hidden(hidden) => service.hidden = *hidden,
            ServiceEvent::Throttled(throttled) => service.throttled = *throttled,
            ServiceEvent::RulesLocked(locked) => service.rules_locked = *locked,
            ServiceEvent::DeletionsLocked(locked) => service.deletions_locked = *locked,
            ServiceEvent::OriginalPromoted => {
                let original = service.live().next().map(|set| set.id.clone());
                service.promote(&original.unwrap_or_default());
                self.taken.insert(key.to_owned());
            }
            ServiceEvent::DefinitionRegistered(name) => {
                self.definitions.insert(name.clone(), TaskPlan::Run(20));
            }
            ServiceEvent::TargetGroupDeleted => {
                let Groups { original, replacement } = &service.pair;
                self.target_groups.retain(|group| group.arn != *replacement);
                // ELB keeps what a listener forwards to.
                for forward in service.listeners.iter_mut().flat_map(|listener| &mut listener.forwards) {
                    if forward.groups.iter().any(|(group, _)| group == replacement) {
                        forward.groups = vec![(original.clone(), 1)];
                    }
                }
                self.taken.insert(key.to_owned());
            }
        }
    }
}
