//! The lifecycle of a deployment that nothing speaks against, from top to bottom.

use jiff::{SignedDuration, Timestamp};

use super::super::ending::{self, Homeward};
use super::super::forward::note_untold;
use super::super::{Decision, Move, ProblemKind, Seen, clock, events, seconds_until};
use super::install::install;
use super::shift::{look_at, route, shift};
use super::terminate::{await_termination, keep, retire};
use super::{fit, homeward};
use crate::{
    Cause, Deployment, EcsProgress, EcsTarget, EventName, EventStatus, Halt, Percent, ReadyOption, ServiceState, Stage,
    Target,
};

/// How long a service that could not be seen is left alone.
const BLIND_SECONDS: u32 = 30;

const TESTS: &str = "The replacement is to get the test traffic.";

/// Notes what has the traffic, which a rollback knows already, and which revision of the task definition is meant, so that
/// everything that comes later is about that one.
pub(in super::super) fn begin(next: &mut Deployment, service: &ServiceState, kept: Option<&String>) {
    let family = next.ecs_target().and_then(EcsTarget::unresolved_family).map(str::to_owned);
    if let (Target::Ecs(target), Some(_), Some(arn)) = (&mut next.order.target, &family, &service.latest_definition) {
        target.task_definition.clone_from(arn);
    }
    if let Some((original, groups)) = fit::original(service).filter(|_| next.ecs.is_none()) {
        next.ecs = Some(EcsProgress {
            service_arn: service.arn.clone(),
            original: original.id.clone(),
            original_target: original.target_behind(&groups.original),
            groups,
            kind: service.listener.kind,
            replacement: None,
            kept: kept.cloned(),
            quiet_since: None,
            unsteady_since: None,
            ready_until: None,
            continued: false,
            terminate_at: None,
            seen: vec![original.clone()],
            family,
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
            Stage::AllowTestTraffic => (route(next, service, Percent::ZERO, TESTS), Stage::AfterAllowTestTraffic),
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
    if next.order.rolls_back.is_some() {
        return go_back(next, seen, now);
    }
    match &seen.service {
        Some(Err(problem)) if problem.kind == ProblemKind::Missing && next.stage == Stage::Termination => {
            match ending::believe(next, Homeward::Gone(problem.words.clone()), now) {
                Homeward::Go(decision) => decision,
                Homeward::There | Homeward::Blocked(_) | Homeward::Gone(_) => succeed(next, now),
            }
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
    let homeward = homeward(next, next.created_at, seen, now);
    match ending::believe(next, homeward, now) {
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
        Homeward::Blocked(words) | Homeward::Gone(words) => {
            let halt = Halt { cause: Cause::ServiceTaken(words.clone()), at: now };
            next.halt = Some(halt.clone());
            ending::end(next, &halt, Some(words), seen, now)
        }
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

/// The wait to be continued, if there is one; `None` once it was.
fn await_continuation(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let progress = next.ecs.as_ref().filter(|progress| !progress.continued)?;
    let until = progress.ready_until?;
    let look = look_at(progress, until, now);
    if !next.news.ready {
        if !note_untold(next, seen) {
            return Some(Decision::new(Move::Announce, "The replacement is ready, and waits to be continued."));
        }
        next.news.ready = true;
    }
    let why = "The replacement is ready.";
    let wait = Decision::new(Move::Bake { seconds: seconds_until(look, now) }, why);
    Some(wait.waiting("ContinueDeployment with READY_WAIT", until))
}

pub(super) fn succeed(next: &mut Deployment, now: Timestamp) -> Decision {
    let replacement = next.ecs.as_ref().and_then(|progress| progress.replacement.clone()).unwrap_or_default();
    let words = format!("Task set {replacement} has had all traffic, and nothing spoke against it, at {}.", clock(now));
    ending::succeed(next, words, now)
}
