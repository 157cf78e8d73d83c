//! What a deployment wants of its service at this moment: the few things that its moves make so.

use jiff::Timestamp;

use crate::deployment::decision::lease_from;
use crate::deployment::record::{Deployment, Status};
use crate::deployment::stage::Stage;
use crate::ecs::listener::ListenerRouting;
use crate::ecs::progress::EcsProgress;
use crate::ecs::service::{ServiceState, TaskSet};
use crate::ecs::stage::EcsStage;
use crate::names::DeploymentId;
use crate::percent::Percent;

impl Deployment {
    /// Whether it is past the point from which it touches the service, and not over.
    pub fn touches_service(&self) -> bool {
        match self.stage {
            Stage::Created | Stage::Ecs(EcsStage::BeforeInstall) => self.spec.rolls_back.is_some(),
            Stage::Ecs(_) | Stage::Gate(_) => true,
            Stage::Lambda(_) | Stage::Server(_) | Stage::Ended => false,
        }
    }

    fn is_in(&self, stage: EcsStage) -> bool {
        self.stage == Stage::Ecs(stage)
    }

    /// Whether all that it still does is to bring the service back to where it was.
    pub(crate) fn goes_back(&self) -> bool {
        self.halt.is_some() || self.spec.rolls_back.is_some()
    }

    /// How the listeners are to forward now. `None` where they are left alone.
    pub fn listener_routing(&self) -> Option<ListenerRouting> {
        let progress = self.ecs.as_ref().filter(|_| self.touches_service())?;
        if self.is_in(EcsStage::Termination) {
            return None;
        }
        if self.goes_back() {
            return Some(ListenerRouting::HOME);
        }
        let share = match self.stage {
            Stage::Ecs(EcsStage::BeforeInstall)
            | Stage::Created
            | Stage::Lambda(_)
            | Stage::Server(_)
            | Stage::Ended => return None,
            Stage::Ecs(EcsStage::Install | EcsStage::AfterInstall) => {
                return Some(ListenerRouting::attached(progress.kind));
            }
            Stage::Ecs(_) | Stage::Gate(_) if !self.moves_traffic() => Percent::ZERO,
            Stage::Ecs(_) | Stage::Gate(_) => {
                self.stage.step().map_or(Percent::ALL, |step| self.spec.routing.share(step))
            }
        };
        Some(ListenerRouting::to_replacement(share))
    }

    /// The task set that is to stand for the service now. `None` where that is left alone.
    pub fn desired_primary(&self) -> Option<&str> {
        let progress = self.ecs.as_ref().filter(|_| self.touches_service())?;
        if self.is_in(EcsStage::Termination) {
            return None;
        }
        if self.goes_back() {
            return Some(&progress.original);
        }
        let is_last = self.stage.step().is_none_or(|step| step >= self.spec.routing.steps().len());
        progress.replacement.as_deref().filter(|_| self.moves_traffic() && is_last)
    }

    /// Whether it wants a replacement task set.
    pub fn wants_replacement(&self) -> bool {
        self.is_in(EcsStage::Install) && !self.goes_back()
    }

    /// The task set that is to be deleted now: never one that gets traffic or stands for the service, and none before
    /// what was under way has come.
    pub fn to_retire<'a>(&self, service: &'a ServiceState, now: Timestamp) -> Option<&'a TaskSet> {
        let progress = self.ecs.as_ref().filter(|_| self.touches_service())?;
        let (set, group) = if self.is_in(EcsStage::Termination) {
            let replacement = service.live(progress.replacement.as_deref()?)?;
            let set = service.live(&progress.original).filter(|_| replacement.steady)?;
            (set, &progress.groups.original)
        } else if self.goes_back() {
            let set = service.made_for(self.maker().as_str()).filter(|_| now >= self.harmless_from())?;
            (set, &progress.groups.replacement)
        } else if self.wants_replacement() {
            (self.kept_in_the_way(service)?, &progress.groups.replacement)
        } else {
            return None;
        };
        let is_primary = service.primary().is_none_or(|primary| primary.id == set.id);
        let is_used = if self.wants_replacement() {
            // What was kept may get test traffic, which is the replacement's next.
            service.listener.sends_to(group)
        } else {
            service.sends_to(group) || self.has_lost_sight(service)
        };
        (!is_primary && !is_used).then_some(set)
    }

    /// Whether nobody can see where traffic goes that it may have moved: its listener forwards to neither target group
    /// any more, so that another one may.
    pub fn has_lost_sight(&self, service: &ServiceState) -> bool {
        let may_have_moved = self.moves_traffic() || self.spec.rolls_back.is_some();
        let sees = |progress: &EcsProgress| service.listener.of(&progress.groups).next().is_some();
        may_have_moved && !self.ecs.as_ref().is_some_and(sees)
    }

    /// A task set that an earlier deployment has kept, where the replacement has to stand.
    pub fn kept_in_the_way<'a>(&self, service: &'a ServiceState) -> Option<&'a TaskSet> {
        let progress = self.ecs.as_ref()?;
        service.task_sets.iter().find(|set| {
            let own = set.id == progress.original || set.external_id.as_deref() == Some(self.id.as_str());
            let is_known = set.is_of_a_deployment() || Some(&set.id) == progress.kept.as_ref();
            !own && set.is_live() && set.is_behind(&progress.groups.replacement) && is_known
        })
    }

    /// The task set that this deployment has left beside its own replacement in that service, once it has succeeded:
    /// its original, which it kept, or could not delete.
    pub fn left_behind(&self, service: &ServiceState) -> Option<&str> {
        let progress = self.ecs.as_ref().filter(|progress| progress.service_arn == service.arn)?;
        let replaced = self.status() == Status::Succeeded && self.spec.rolls_back.is_none();
        replaced.then_some(progress.original.as_str())
    }

    /// Notes that no move is under way that changes the service.
    pub(crate) fn quieted(&mut self, now: Timestamp) {
        let goes_back = self.goes_back();
        if let Some(progress) = self.ecs.as_mut().filter(|_| !goes_back) {
            progress.quiet_since.get_or_insert(now);
        }
    }

    /// From when, on the way home, no move of this deployment can still send traffic to its replacement, or make it.
    /// While none has sent it production traffic, that counts from the last move; else from the halt, since load
    /// balancers take a while to follow.
    pub(crate) fn harmless_from(&self) -> Timestamp {
        let since = self.halt.as_ref().map_or(self.created_at, |halt| halt.at);
        let quiet = self.ecs.as_ref().and_then(|progress| progress.quiet_since).filter(|_| !self.moves_traffic());
        lease_from(quiet.map_or(since, |quiet| quiet.min(since)))
    }
}

impl TaskSet {
    /// Whether a deployment has made it.
    pub fn is_of_a_deployment(&self) -> bool {
        self.external_id.as_deref().is_some_and(|id| id.parse::<DeploymentId>().is_ok())
    }
}
