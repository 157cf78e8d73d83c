//! The shift of the traffic, and what every wait looks out for.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::{CLOCKS_DIFFER_BY, Decision, Move, lease_from, seconds_until};
use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::ecs::listener::ListenerRouting;
use crate::ecs::progress::EcsProgress;
use crate::ecs::service::ServiceState;
use crate::ecs::stage::EcsStage;
use crate::percent::Percent;

/// How long the replacement may be unsteady, once it was steady, as in CodeDeploy.
pub(super) const UNSTEADY_FOR: SignedDuration = SignedDuration::from_mins(5);
/// How seldom a service is looked at in a wait.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How seldom it is looked at while its replacement is not steady.
const RECOVERY_SECONDS: u32 = 30;

/// The test traffic to the replacement, and that share of the production traffic; `None` once it is so.
pub(super) fn route(next: &Deployment, service: &ServiceState, share: Percent, why: &str) -> Option<Decision> {
    let progress = next.ecs.as_ref()?;
    if service.routes(&progress.groups, ListenerRouting::to_replacement(share)) {
        return None;
    }
    Some(Decision::new(Move::RouteListener, why))
}

/// The shift from `step` on; `None` when the replacement has all traffic and stands for the service.
pub(super) fn shift(
    next: &mut Deployment,
    mut step: usize,
    service: &ServiceState,
    now: Timestamp,
) -> Option<Decision> {
    let progress = next.ecs.clone()?;
    let replacement = progress.replacement.as_ref()?;
    let is_steady = service.live(replacement).is_some_and(|set| set.steady);
    loop {
        let share = next.spec.routing.share(step);
        let arrived = service.routes(&progress.groups, ListenerRouting::to_replacement(share));
        let Some(current) = next.spec.routing.steps().get(step).copied() else {
            if !arrived && !is_steady {
                return Some(await_recovery(&progress, now));
            }
            if !arrived {
                let why = format!("All steps are done, so task set {replacement} gets all traffic.");
                return Some(Decision::new(Move::RouteListener, why));
            }
            return promote(service, replacement);
        };
        let what = format!("{} % to bake", current.percent);
        if !arrived && !is_steady {
            return Some(await_recovery(&progress, now));
        }
        if !arrived {
            let count = next.spec.routing.steps().len() + 1;
            let why = format!("Step {} of {count}: task set {replacement} gets {share} %.", step + 1);
            let until = next.bake_until.unwrap_or(now + SignedDuration::from_secs(i64::from(current.wait_seconds)));
            let seconds = seconds_until(until.min(lease_from(now)), now);
            return Some(Decision::new(Move::ShiftListener { seconds }, why).waiting(what, until));
        }
        if next.bake_until.is_none() {
            next.begin_bake(now);
        }
        match next.bake_until {
            Some(until) if until > now + CLOCKS_DIFFER_BY => {
                let why = format!("Task set {replacement} has {share} % and bakes.");
                let began = next.bake_began(step, until);
                let look = look_at(&progress, until, now).min(settling(began, now).unwrap_or(until));
                let bake = Move::Bake { seconds: seconds_until(look, now) };
                return Some(Decision::new(bake, why).waiting(what, until));
            }
            Some(_) | None => {
                step += 1;
                next.stage = Stage::Ecs(EcsStage::AllowTraffic { step });
                next.bake_until = None;
            }
        }
    }
}

/// When to look again in a wait: the replacement may have got unsteady, or steady again.
pub(super) fn look_at(progress: &EcsProgress, until: Timestamp, now: Timestamp) -> Timestamp {
    let unsteady = progress.unsteady_since.map(|_| now + SignedDuration::from_secs(i64::from(RECOVERY_SECONDS)));
    unsteady.unwrap_or(until).min(until).min(now + LOOK_EVERY)
}

/// When a move from before `began` has had its last effect, if that is still to come: then it can be put right.
pub(super) fn settling(began: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Some(lease_from(began)).filter(|lease| *lease > now)
}

/// Nothing moves to a replacement that is not steady.
pub(super) fn await_recovery(progress: &EcsProgress, now: Timestamp) -> Decision {
    let until = progress.unsteady_since.unwrap_or(now) + UNSTEADY_FOR;
    let why = "The replacement is not steady any more, so that no more traffic goes to it.";
    let seconds = seconds_until(until, now).min(RECOVERY_SECONDS);
    Decision::new(Move::Bake { seconds }, why).waiting("the replacement to get steady again", until)
}

pub(super) fn promote(service: &ServiceState, replacement: &str) -> Option<Decision> {
    if service.primary().is_some_and(|primary| primary.id == replacement) {
        return None;
    }
    let why = format!("Task set {replacement} has all traffic, and becomes PRIMARY.");
    Some(Decision::new(Move::PromoteTaskSet, why))
}
