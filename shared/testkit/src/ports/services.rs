//! The customer's ECS services.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use jiff::SignedDuration;
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::deployment::decision::LATEST_WRITE_SECONDS;
use spillway_domain::ecs::listener::Groups;
use spillway_domain::ecs::service::ServiceState;
use spillway_domain::ecs::target::{CapacityProvider, EcsTarget};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_engine::deployment::task::DeploymentRef;
use spillway_engine::ecs::observe_service::observe_service;
use spillway_engine::ecs::shift_listener::{Balancing, shift_listener};
use spillway_engine::ports::services::{ListenerShifts, NewTaskSet, Observation, ServiceSeen, Services, TaskSets};

use crate::World;
use crate::service::{Service, TaskPlan, Tasks, is_of};
use crate::world::Inner;

impl Inner {
    fn service(&mut self, service: &EcsService) -> Result<&mut Service, Problem> {
        self.refuse()?;
        let now = self.now;
        let missing = || Problem::new(ProblemKind::Missing, format!("ECS: there is no service {}.", service.address()));
        let found = self.services.get_mut(&service.address()).ok_or_else(missing)?;
        if found.hidden {
            let words = format!("ecs:DescribeServices of {} failed: AccessDenied.", service.address());
            return Err(Problem::new(ProblemKind::Denied, words));
        }
        if found.throttled {
            let words = format!("ecs:DescribeServices of {} failed: ThrottlingException.", service.address());
            return Err(Problem::new(ProblemKind::Transient, words));
        }
        found.tidy(now);
        Ok(found)
    }

    fn plan(&self, definition: &str) -> Result<TaskPlan, Problem> {
        let unknown = || Problem::new(ProblemKind::Refused, format!("ECS: there is no task definition {definition}."));
        self.definitions.get(definition).copied().ok_or_else(unknown)
    }

    /// Keeps what must never be.
    pub(super) fn look_for_darkness(&mut self, what: &str) {
        let dark = self.services.iter().filter(|(key, _)| !self.taken.contains(*key) && !self.darkened.contains(*key));
        let dark = dark.filter_map(|(_, service)| service.darkness()).next();
        self.faults.extend(dark.map(|words| format!("after {what}: {words}")));
    }
}

fn gone(task_set: &str) -> Problem {
    Problem::new(ProblemKind::Missing, format!("ECS: there is no task set {task_set}."))
}

/// The target groups of the other task set, but the replacement's for the one that is of the pair.
fn behind(like: &Tasks, pair: &Groups) -> Result<Vec<String>, Problem> {
    let mut groups = like.groups.clone();
    let Some(own) = groups.iter_mut().find(|group| is_of(pair, group)) else {
        let words = format!("ECS: task set {} is behind neither {} nor {}.", like.id, pair.original, pair.replacement);
        return Err(Problem::new(ProblemKind::Refused, words));
    };
    own.clone_from(&pair.replacement);
    Ok(groups)
}

/// What the target says, and for everything else what the other task set has. ECS knows no hooks.
fn filled(target: &EcsTarget, like: &EcsTarget) -> EcsTarget {
    let own = !target.capacity_providers.is_empty();
    let capacity_providers = if own { &target.capacity_providers } else { &like.capacity_providers }.clone();
    let is_fargate = |provider: &CapacityProvider| provider.name.starts_with("FARGATE");
    let may_be_fargate = capacity_providers.is_empty() || capacity_providers.iter().any(is_fargate);
    let as_now = like.platform_version.clone().filter(|_| may_be_fargate);
    EcsTarget {
        platform_version: target.platform_version.clone().or(as_now),
        network: target.network.clone().or_else(|| like.network.clone()),
        capacity_providers,
        hooks: Default::default(),
        ..target.clone()
    }
}

impl TaskSets for World {
    async fn read(&self, _session: &RoleSession, service: &EcsService) -> Result<ServiceSeen, Problem> {
        self.call(|world| {
            let now = world.now;
            let said = world.talkative.then(|| world.at_length("(task-set) has started 1 tasks."));
            let found = world.service(service)?;
            let ids = found.task_sets.iter().map(|set| set.id.as_str()).collect::<Vec<_>>().join(" ");
            let events = said.map(|said| format!("{ids}: {said}")).into_iter().collect();
            Ok(ServiceSeen {
                arn: format!("arn:aws:ecs:us-east-1:111122223333:service/{}", service.address()),
                active: true,
                controller: found.controller,
                task_sets: found.task_sets.iter().map(|set| set.seen(found, now)).collect(),
                events,
            })
        })
        .await
    }

    async fn latest(&self, _session: &RoleSession, family: &str) -> Result<String, Problem> {
        self.call(|world| {
            world.refuse()?;
            let own = world.definitions.keys().filter_map(|name| {
                let (of, revision) = name.rsplit('/').next()?.split_once(':')?;
                Some((revision.parse::<u32>().ok()?, name)).filter(|_| of == family)
            });
            let unknown = || Problem::new(ProblemKind::Missing, format!("ECS: nothing of {family} is ACTIVE."));
            own.max().map(|(_, name)| name.clone()).ok_or_else(unknown)
        })
        .await
    }

    async fn deaths(
        &self,
        _session: &RoleSession,
        service: &EcsService,
        task_set: &str,
    ) -> Result<Vec<String>, Problem> {
        self.call(|world| {
            let now = world.now;
            let found = world.service(service)?;
            let set = found.task_sets.iter().find(|set| set.id == task_set);
            let deaths = set.map_or_else(Vec::new, |set| set.deaths(now));
            Ok(deaths.iter().map(|words| world.at_length(words)).collect())
        })
        .await
    }

    async fn create(&self, _session: &RoleSession, service: &EcsService, new: &NewTaskSet<'_>) -> Result<(), Problem> {
        self.call(|world| {
            let now = world.now;
            let plan = world.plan(&new.target.task_definition);
            let is_there = world.target_groups.iter().any(|group| group.arn == new.groups.replacement);
            let found = world.service(service)?;
            let own = |id: &Option<String>| id.as_deref() == Some(new.deployment.as_str());
            if found.live().any(|set| own(&set.external_id)) {
                return Ok(());
            }
            let like = found.task_sets.iter().find(|set| set.id == new.like).ok_or_else(|| gone(new.like))?;
            let groups = behind(like, new.groups)?;
            let target = filled(new.target, &like.target);
            if !found.forwards_to(&new.groups.replacement) {
                let group = &new.groups.replacement;
                let words = format!("ECS: target group {group} does not have an associated load balancer.");
                let kind = if is_there { ProblemKind::Transient } else { ProblemKind::Refused };
                return Err(Problem::new(kind, words));
            }
            let made = found.make(Some(new.deployment), groups, target, plan?, now);
            world.write_diary("CreateTaskSet", &made);
            Ok(())
        })
        .await
    }

    async fn promote(&self, _session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        self.call(|world| {
            let found = world.service(service)?;
            if !found.live().any(|set| set.id == task_set) {
                return Err(gone(task_set));
            }
            found.promote(task_set);
            world.write_diary("UpdatePrimary", task_set);
            Ok(())
        })
        .await
    }

    async fn delete(&self, _session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem> {
        self.call(|world| {
            let now = world.now;
            let found = world.service(service)?;
            if found.deletions_locked {
                let words = format!("ecs:DeleteTaskSet for task set {task_set} failed: AccessDenied.");
                return Err(Problem::new(ProblemKind::Denied, words));
            }
            found.delete(task_set, now);
            world.write_diary("DeleteTaskSet", task_set);
            world.look_for_darkness("DeleteTaskSet");
            Ok(())
        })
        .await
    }
}

/// As the function for it does, which is another one than the caller's.
impl Services for World {
    async fn observe(&self, observation: &Observation) -> Result<ServiceState, Problem> {
        observe_service(self, self, observation).await
    }
}

/// As the function for it does, which is another one than the caller's.
impl ListenerShifts for World {
    async fn shift_listener(&self, subject: &DeploymentRef) -> Result<(), Problem> {
        let balancing = Balancing { listeners: self, task_sets: self };
        self.within_its_time(async { shift_listener(self, &balancing, subject, self.now()).await.map(|_| ()) }).await
    }
}

impl World {
    /// A function that is ended by Lambda when its time is over, however it hangs.
    pub(crate) async fn within_its_time<T>(
        &self,
        function: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let over = self.now() + SignedDuration::from_secs(i64::from(LATEST_WRITE_SECONDS));
        let mut function = pin!(function);
        poll_fn(|context| {
            if self.now() > over {
                return Poll::Ready(Err(Problem::new(ProblemKind::Transient, "the function's time was over")));
            }
            function.as_mut().poll(context)
        })
        .await
    }
}
