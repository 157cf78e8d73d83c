//! The lifecycle of a deployment that nothing speaks against, from top to bottom.

use jiff::{SignedDuration, Timestamp};

use super::super::ending::{self, Homeward};
use super::super::forward::{CLOCKS_DIFFER_BY, is_untold};
use super::super::{Decision, Move, ProblemKind, Seen, clock, events, seconds_until};
use super::{fit, homeward};
use crate::ecs::lease_from;
use crate::{
    Cause, Deployment, EcsProgress, EventName, EventStatus, Halt, ListenerRouting, Percent, ReadyOption, ServiceState,
    Stage, TaskSet, TerminationAction,
};

/// How long the replacement may take to get steady, as in CodeDeploy.
const STEADY_WITHIN: SignedDuration = SignedDuration::from_mins(60);
/// How long it may be unsteady afterwards, as in CodeDeploy.
const UNSTEADY_FOR: SignedDuration = SignedDuration::from_mins(5);
/// How seldom a service is looked at in a wait.
const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How seldom it is looked at while its replacement is not steady.
const RECOVERY_SECONDS: u32 = 30;
/// How long a service that could not be seen is left alone.
const BLIND_SECONDS: u32 = 30;
/// How long a deletion that is refused is tried again.
const RETIRE_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Notes what has the traffic. A rollback knows it already.
pub(in super::super) fn begin(next: &mut Deployment, service: &ServiceState) {
    if let Some((original, groups)) = fit::original(service).filter(|_| next.ecs.is_none()) {
        next.ecs = Some(EcsProgress {
            service_arn: service.arn.clone(),
            original: original.id.clone(),
            original_target: original.target_behind(&groups.original),
            groups,
            kind: service.listener.kind,
            replacement: None,
            unsteady_since: None,
            ready_until: None,
            continued: false,
            terminate_at: None,
            seen: vec![original.clone()],
        });
    }
}

/// Goes on from the stage that the record is in, through as many stages as need no move.
pub(in super::super) fn forward(
    next: &mut Deployment,
    service: &ServiceState,
    seen: &Seen,
    now: Timestamp,
) -> Decision {
    if next.order.rolls_back.is_some() {
        return go_back(next, seen, now);
    }
    loop {
        let stage = next.stage;
        let hook = |next: &mut Deployment| {
            let event = stage.event().filter(|event| event.is_hookable())?;
            events::hook(next, event, seen, now)
        };
        let (decision, then) = match stage {
            Stage::BeforeInstall => (hook(next), Stage::Install),
            Stage::Install => (install(next, service, now), Stage::AfterInstall),
            Stage::AfterInstall => {
                let tests = next.event(EventName::AllowTestTraffic).is_some();
                (hook(next), if tests { Stage::AllowTestTraffic } else { Stage::ReadyWait })
            }
            Stage::AllowTestTraffic => (route(next, service, Percent::ZERO), Stage::AfterAllowTestTraffic),
            Stage::AfterAllowTestTraffic => (hook(next), Stage::ReadyWait),
            Stage::ReadyWait => (await_continuation(next, seen, now), Stage::BeforeAllowTraffic),
            Stage::BeforeAllowTraffic => (hook(next), Stage::AllowTraffic { step: 0 }),
            Stage::AllowTraffic { step } => (shift(next, step, service, now), Stage::AfterAllowTraffic),
            Stage::AfterAllowTraffic => (hook(next), Stage::TerminationWait),
            Stage::TerminationWait => (await_termination(next, service, now), Stage::Termination),
            Stage::Termination => (Some(retire(next, service, seen, now)), Stage::Ended),
            Stage::Created | Stage::Ended => (Some(succeed(next, now)), Stage::Ended),
        };
        if let Some(decision) = decision {
            return decision;
        }
        events::enter(next, then, now);
        if then == Stage::TerminationWait {
            keep(next, now);
        }
    }
}

/// What it does while the service cannot be seen. A service that is gone has no original that could be in the way.
pub(in super::super) fn blind(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Decision {
    match &seen.service {
        Some(Err(problem)) if problem.kind == ProblemKind::Missing && next.stage == Stage::Termination => {
            succeed(next, now)
        }
        Some(Err(problem)) => wait_to_see(&problem.words, now),
        Some(Ok(_)) | None => wait_to_see("it was not looked at.", now),
    }
}

fn wait_to_see(words: &str, now: Timestamp) -> Decision {
    let until = now + SignedDuration::from_secs(i64::from(BLIND_SECONDS));
    let why = format!("The service cannot be seen: {words}");
    Decision::new(Move::Bake { seconds: BLIND_SECONDS }, why).waiting("another look at the service", until)
}

/// A rollback: most of its way was gone before it was made.
fn go_back(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Decision {
    let home = next.ecs.as_ref().map_or_else(String::new, |progress| progress.original.clone());
    match homeward(next, next.created_at, seen, now) {
        Homeward::Go(decision) => decision,
        Homeward::There => {
            for event in &mut next.events {
                event.status = EventStatus::Succeeded;
                event.started_at = event.started_at.or(Some(now));
                event.ended_at = Some(now);
            }
            next.share = Percent::ZERO;
            ending::succeed(next, format!("All traffic is on task set {home} again, at {}.", clock(now)), now)
        }
        Homeward::Blocked(words) => {
            let halt = Halt { cause: Cause::ServiceTaken(words), at: now };
            next.halt = Some(halt.clone());
            ending::wind_down(next, &halt, seen, now)
        }
    }
}

/// The replacement, from nothing to steady; `None` once it is.
fn install(next: &mut Deployment, service: &ServiceState, now: Timestamp) -> Option<Decision> {
    let progress = next.ecs.as_ref()?;
    if let Some(set) = service.made_for(next.id.as_str()) {
        if set.steady {
            let minutes = match next.order.environment.blue_green.ready {
                Some(ReadyOption::Stop { minutes }) => Some(minutes),
                Some(ReadyOption::Continue) | None => None,
            };
            let until = minutes.map(|minutes| now + SignedDuration::from_mins(i64::from(minutes)));
            next.ecs.as_mut()?.ready_until = until;
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
    Some(Decision::new(Move::InstallTaskSet, "The replacement task set is to be made."))
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
        Stage::Install => {
            // About as many as ECS's own circuit breaker takes.
            let most = usize::try_from((set.desired / 2).clamp(3, 100)).unwrap_or(200);
            if let Some(last) = service.deaths.first().filter(|_| service.deaths.len() >= most) {
                let count = service.deaths.len();
                return Some(Cause::TasksDie(format!("{count} have stopped so far, the last for this: {last}")));
            }
            let late = install_began(next).is_some_and(|began| now >= began + STEADY_WITHIN);
            late.then_some(Cause::NeverSteady(tasks))
        }
        Stage::AfterInstall
        | Stage::AllowTestTraffic
        | Stage::AfterAllowTestTraffic
        | Stage::ReadyWait
        | Stage::BeforeAllowTraffic
        | Stage::AllowTraffic { .. }
        | Stage::AfterAllowTraffic
        | Stage::TerminationWait => {
            let late = progress.unsteady_since.is_some_and(|since| now >= since + UNSTEADY_FOR);
            late.then_some(Cause::Unsteady(tasks))
        }
        Stage::Created | Stage::BeforeInstall | Stage::Termination | Stage::Ended => None,
    }
}

/// Nobody continued it in time.
pub(super) fn not_continued(next: &Deployment, progress: &EcsProgress, now: Timestamp) -> Option<Cause> {
    let waits = matches!(
        next.stage,
        Stage::AfterInstall | Stage::AllowTestTraffic | Stage::AfterAllowTestTraffic | Stage::ReadyWait
    );
    let Some(ReadyOption::Stop { minutes }) = next.order.environment.blue_green.ready else { return None };
    let late = waits && !progress.continued && progress.ready_until.is_some_and(|until| now >= until);
    late.then_some(Cause::NotContinued(minutes))
}

/// The test traffic to the replacement, while it has that share of the production traffic; `None` once it is so.
fn route(next: &Deployment, service: &ServiceState, share: Percent) -> Option<Decision> {
    let progress = next.ecs.as_ref()?;
    if service.routes(&progress.groups, ListenerRouting::to_replacement(share)) {
        return None;
    }
    Some(Decision::new(Move::RouteListener, "The replacement is to get the test traffic."))
}

/// The wait to be continued, if there is one; `None` once it was.
fn await_continuation(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let progress = next.ecs.as_ref().filter(|progress| !progress.continued)?;
    let until = progress.ready_until?;
    if !next.news.ready {
        if !is_untold(seen) {
            return Some(Decision::new(Move::Announce, "The replacement is ready, and waits to be continued."));
        }
        next.news.ready = true;
    }
    let why = "The replacement is ready.";
    let wait = Decision::new(Move::Bake { seconds: seconds_until(look_at(progress, until, now), now) }, why);
    Some(wait.waiting("ContinueDeployment with READY_WAIT", until))
}

/// The shift from `step` on; `None` when the replacement has all traffic and stands for the service.
fn shift(next: &mut Deployment, mut step: usize, service: &ServiceState, now: Timestamp) -> Option<Decision> {
    let progress = next.ecs.clone()?;
    let replacement = progress.replacement.as_ref()?;
    let is_steady = service.live(replacement).is_some_and(|set| set.steady);
    loop {
        let share = next.order.routing.share(step);
        let arrived = service.routes(&progress.groups, ListenerRouting::to_replacement(share));
        let Some(current) = next.order.routing.steps().get(step).copied() else {
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
            let count = next.order.routing.steps().len() + 1;
            let why = format!("Step {} of {count}: task set {replacement} is to get {share} %.", step + 1);
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
                next.stage = Stage::AllowTraffic { step };
                next.bake_until = None;
            }
        }
    }
}

/// When to look again in a wait: the replacement may have got unsteady, or steady again.
fn look_at(progress: &EcsProgress, until: Timestamp, now: Timestamp) -> Timestamp {
    let unsteady = progress.unsteady_since.map(|_| now + SignedDuration::from_secs(i64::from(RECOVERY_SECONDS)));
    unsteady.unwrap_or(until).min(until).min(now + LOOK_EVERY)
}

/// When a move from before `began` has had its last effect, if that is still to come: then it can be put right.
fn settling(began: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Some(lease_from(began)).filter(|lease| *lease > now)
}

/// Nothing moves to a replacement that is not steady.
fn await_recovery(progress: &EcsProgress, now: Timestamp) -> Decision {
    let until = progress.unsteady_since.unwrap_or(now) + UNSTEADY_FOR;
    let why = "The replacement is not steady any more, so that no more traffic goes to it.";
    let seconds = seconds_until(until, now).min(RECOVERY_SECONDS);
    Decision::new(Move::Bake { seconds }, why).waiting("the replacement to get steady again", until)
}

fn promote(service: &ServiceState, replacement: &str) -> Option<Decision> {
    if service.primary().is_some_and(|primary| primary.id == replacement) {
        return None;
    }
    let why = format!("Task set {replacement} has all traffic, and is to stand for the service.");
    Some(Decision::new(Move::PromoteTaskSet, why))
}

/// Says until when the original is kept, unless it is for good.
fn keep(next: &mut Deployment, now: Timestamp) {
    let minutes = next.order.environment.blue_green.termination.map_or(0, |termination| termination.minutes);
    let until = now + SignedDuration::from_mins(i64::from(minutes));
    let until = (!is_kept_alive(next)).then_some(until);
    if let Some(progress) = &mut next.ecs {
        progress.terminate_at = until;
    }
}

fn is_kept_alive(next: &Deployment) -> bool {
    let termination = next.order.environment.blue_green.termination;
    termination.is_some_and(|termination| termination.action == TerminationAction::KeepAlive)
}

/// The wait before the original is deleted, which is also as long as a late move could still come; `None` once over.
fn await_termination(next: &mut Deployment, service: &ServiceState, now: Timestamp) -> Option<Decision> {
    let progress = next.ecs.as_ref()?;
    let shifted = next.event(EventName::AllowTraffic).and_then(|event| event.ended_at)?;
    let until = progress.terminate_at.unwrap_or(now).max(lease_from(shifted));
    let replacement = progress.replacement.clone()?;
    let is_steady = service.live(&replacement).is_some_and(|set| set.steady);
    let unsettled = route(next, service, Percent::ALL).or_else(|| promote(service, &replacement));
    if let Some(unsettled) = unsettled.filter(|_| is_steady) {
        return Some(unsettled);
    }
    if until > now {
        let why = format!("Task set {} is kept for the way back.", progress.original);
        let look = look_at(progress, until, now).min(settling(shifted, now).unwrap_or(until));
        let wait = Decision::new(Move::Bake { seconds: seconds_until(look, now) }, why);
        return Some(wait.waiting("the end of the termination wait", until));
    }
    if !is_steady {
        return Some(await_recovery(progress, now));
    }
    is_kept_alive(next).then(|| succeed(next, now))
}

/// The original goes.
fn retire(next: &mut Deployment, service: &ServiceState, seen: &Seen, now: Timestamp) -> Decision {
    let progress = next.ecs.clone();
    let original = progress.as_ref().and_then(|progress| service.live(&progress.original));
    let (Some(progress), Some(original)) = (&progress, original) else {
        return succeed(next, now);
    };
    let since = progress.terminate_at.unwrap_or(now);
    let failed = seen.failed.as_ref().filter(|(step, _)| step == Move::RetireTaskSet.name()).map(|(_, p)| &*p.words);
    let kept = next.to_retire(service, now).is_none();
    let kept =
        kept.then_some("Somebody has traffic go to it, has it stand for the service, or the other is not steady.");
    match kept.or(failed) {
        None => {
            let why = format!("Task set {} is not needed any more.", original.id);
            Decision::new(Move::RetireTaskSet, why)
        }
        Some(words) if now >= since + RETIRE_WITHIN => {
            let words = format!(
                "The replacement got all traffic. The original task set {} could not be deleted: {words} Delete it by \
                 hand once it may go.",
                original.id
            );
            ending::succeed(next, words, now)
        }
        Some(words) => {
            let seconds = u32::try_from(now.duration_since(since).as_secs().clamp(5, 300)).unwrap_or(300);
            let until = now + SignedDuration::from_secs(i64::from(seconds));
            let why = format!("Task set {} could not be deleted: {words}", original.id);
            Decision::new(Move::Bake { seconds }, why).waiting("the next try to delete it", until)
        }
    }
}

fn succeed(next: &mut Deployment, now: Timestamp) -> Decision {
    let replacement = next.ecs.as_ref().and_then(|progress| progress.replacement.clone()).unwrap_or_default();
    let words = format!("Task set {replacement} has had all traffic, and nothing spoke against it, at {}.", clock(now));
    ending::succeed(next, words, now)
}
