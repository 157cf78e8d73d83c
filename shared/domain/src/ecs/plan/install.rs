//! Install: the replacement, from nothing to steady.

use jiff::{SignedDuration, Timestamp};

use crate::catalog::environment::ReadyOption;
use crate::deployment::decision::{Decision, Move, seconds_until};
use crate::deployment::halt::Cause;
use crate::deployment::lifecycle::EventName;
use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::ecs::plan::shift::UNSTEADY_FOR;
use crate::ecs::progress::EcsProgress;
use crate::ecs::service::{ServiceState, TaskSet};
use crate::ecs::stage::EcsStage;

/// How long the replacement may take to get steady, as in CodeDeploy.
const STEADY_WITHIN: SignedDuration = SignedDuration::from_mins(60);

/// The replacement, from nothing to steady; `None` once it is.
pub(super) fn install(next: &mut Deployment, service: &ServiceState, now: Timestamp) -> Option<Decision> {
    let progress = next.ecs.as_ref()?;
    if let Some(set) = service.made_for(next.id.as_str()) {
        if set.steady {
            let minutes = match next.spec.environment.blue_green.ready {
                Some(ReadyOption::Stop { minutes }) => Some(minutes),
                Some(ReadyOption::Continue) | None => None,
            };
            let until = minutes.map(|minutes| now + SignedDuration::from_mins(i64::from(minutes)));
            next.gates.ready_until = until;
            return None;
        }
        return Some(await_steadiness(next, set, service, now));
    }
    // Without a listener, a target group is in no load balancer, and ECS refuses it.
    if next.listener_routing().is_some_and(|routing| service.needs(&progress.groups, routing)) {
        let why = "The replacement's target group is put behind the listeners, without traffic yet.";
        return Some(Decision::new(Move::RouteListener, why));
    }
    if let Some(kept) = next.kept_in_the_way(service) {
        let why = format!("Task set {} was kept by an earlier deployment, and is in the way.", kept.id);
        return Some(Decision::new(Move::RetireTaskSet, why));
    }
    Some(Decision::new(Move::InstallTaskSet, "The replacement task set is created."))
}

/// The longer it has taken, the less often it is looked at.
fn await_steadiness(next: &Deployment, set: &TaskSet, service: &ServiceState, now: Timestamp) -> Decision {
    let began = install_began(next).unwrap_or(now);
    let taken = now.duration_since(began).as_secs();
    let until = began + STEADY_WITHIN;
    let seconds = u32::try_from((taken / 4).clamp(2, 60)).unwrap_or(60).min(seconds_until(until, now));
    let why = format!("Task set {} runs {} of {} tasks.{}", set.id, set.running, set.desired, said(service));
    Decision::new(Move::Bake { seconds }, why).waiting("the replacement to get steady", until)
}

fn install_began(next: &Deployment) -> Option<Timestamp> {
    next.event(EventName::Install).and_then(|event| event.started_at)
}

fn said(service: &ServiceState) -> String {
    service.said.as_ref().map_or_else(String::new, |words| format!(" ECS says: {words}"))
}

/// What the replacement's tasks have against going on.
pub(super) fn unhealthy(
    next: &Deployment,
    progress: &EcsProgress,
    service: &ServiceState,
    now: Timestamp,
) -> Option<Cause> {
    let set = service.made_for(next.id.as_str()).filter(|set| !set.steady)?;
    let tasks = format!("Task set {} runs {} of {} tasks.{}", set.id, set.running, set.desired, said(service));
    match next.stage {
        Stage::Ecs(EcsStage::Install) => {
            // About as many as ECS's own circuit breaker takes.
            let most = usize::try_from((set.desired / 2).clamp(3, 100)).unwrap_or(200);
            if let Some(last) = service.deaths.first().filter(|_| service.deaths.len() >= most) {
                let count = service.deaths.len();
                return Some(Cause::TasksDie(format!("{count} have stopped so far, the last for this: {last}")));
            }
            let late = install_began(next).is_some_and(|began| now >= began + STEADY_WITHIN);
            late.then_some(Cause::NeverSteady(tasks))
        }
        Stage::Ecs(EcsStage::BeforeInstall | EcsStage::Termination)
        | Stage::Created
        | Stage::Server(_)
        | Stage::Lambda(_)
        | Stage::Ended => None,
        Stage::Ecs(_) | Stage::Gate(_) => {
            let late = progress.unsteady_since.is_some_and(|since| now >= since + UNSTEADY_FOR);
            late.then_some(Cause::Unsteady(tasks))
        }
    }
}
