//! The lifecycle of a deployment that nothing speaks against, from top to bottom.

use jiff::{SignedDuration, Timestamp};

use super::fit;
use crate::catalog::environment::ReadyOption;
use crate::deployment::decision::{Decision, Move, Seen, Step, WayBack, seconds_until};
use crate::deployment::gate::Gate;
use crate::deployment::halt::Cause;
use crate::deployment::lifecycle::{EventName, EventStatus};
use crate::deployment::record::Deployment;
use crate::deployment::spec::Target;
use crate::deployment::stage::Stage;
use crate::deployment::trouble::believe;
use crate::ecs::plan::install::install;
use crate::ecs::plan::restore::restore;
use crate::ecs::plan::shift::{look_at, route, shift};
use crate::ecs::plan::terminate::{await_termination, keep, retire};
use crate::ecs::progress::EcsProgress;
use crate::ecs::service::ServiceState;
use crate::ecs::stage::EcsStage;
use crate::ecs::target::EcsTarget;
use crate::percent::Percent;
use crate::problem::ProblemKind;

/// How long a service that could not be seen is left alone.
const BLIND_SECONDS: u32 = 30;

const TESTS: &str = "Test traffic goes to the replacement.";

/// Notes what has the traffic, which a rollback knows already, and which revision of the task definition is meant, so that
/// everything that comes later is about that one.
fn note_original(next: &mut Deployment, service: &ServiceState, kept: Option<&String>) {
    let family = next.ecs_target().and_then(EcsTarget::unresolved_family).map(str::to_owned);
    if let (Target::Ecs(target), Some(_), Some(arn)) = (&mut next.spec.target, &family, &service.latest_definition) {
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
            seen: vec![original.clone()],
            family,
        });
    }
}

/// Notes what the first event finds, and enters it.
pub(crate) fn begin(next: &mut Deployment, service: &ServiceState, kept: Option<&String>, now: Timestamp) {
    note_original(next, service, kept);
    next.enter(Stage::Ecs(EcsStage::BeforeInstall), now);
}

/// What is next on the way forward, from the stage that the record is in, through as many stages as need no move.
pub(crate) fn forward(next: &mut Deployment, service: &ServiceState, seen: &Seen, now: Timestamp) -> Step {
    if next.spec.rolls_back.is_some() {
        return go_back(next, seen, now);
    }
    loop {
        let (answer, then) = match next.stage {
            Stage::Ecs(stage) => in_stage(next, stage, service, seen, now),
            Stage::Gate(Gate::Ready) => {
                (await_continuation(next, seen, now).map(Step::Make), Stage::Ecs(EcsStage::BeforeAllowTraffic))
            }
            Stage::Gate(Gate::Termination) => {
                (await_termination(next, service, now), Stage::Ecs(EcsStage::Termination))
            }
            Stage::Created | Stage::Lambda(_) | Stage::Server(_) | Stage::Ended => return done(next),
        };
        if let Some(answer) = answer {
            return answer;
        }
        next.enter(then, now);
        if then == Stage::Gate(Gate::Termination) {
            keep(next, now);
        }
    }
}

/// What is next in a stage, and what comes after it.
fn in_stage(
    next: &mut Deployment,
    stage: EcsStage,
    service: &ServiceState,
    seen: &Seen,
    now: Timestamp,
) -> (Option<Step>, Stage) {
    let (decision, then) = match stage {
        EcsStage::BeforeInstall => (next.ask_or_await_hook(now), Stage::Ecs(EcsStage::Install)),
        EcsStage::Install => (install(next, service, now), Stage::Ecs(EcsStage::AfterInstall)),
        EcsStage::AfterInstall => {
            let tests = next.event(EventName::AllowTestTraffic).is_some();
            let then = if tests { Stage::Ecs(EcsStage::AllowTestTraffic) } else { Stage::Gate(Gate::Ready) };
            (next.ask_or_await_hook(now), then)
        }
        EcsStage::AllowTestTraffic => {
            (route(next, service, Percent::ZERO, TESTS), Stage::Ecs(EcsStage::AfterAllowTestTraffic))
        }
        EcsStage::AfterAllowTestTraffic => (next.ask_or_await_hook(now), Stage::Gate(Gate::Ready)),
        EcsStage::BeforeAllowTraffic => (next.ask_or_await_hook(now), Stage::Ecs(EcsStage::FIRST_SHIFT)),
        EcsStage::AllowTraffic { step } => (shift(next, step, service, now), Stage::Ecs(EcsStage::AfterAllowTraffic)),
        EcsStage::AfterAllowTraffic => (next.ask_or_await_hook(now), Stage::Gate(Gate::Termination)),
        EcsStage::Termination => return (Some(retire(next, service, seen, now)), Stage::Ended),
    };
    (decision.map(Step::Make), then)
}

/// What it does while the service cannot be seen. A service that is gone has no original that could be in the way.
pub(crate) fn blind(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Step {
    if next.spec.rolls_back.is_some() {
        return go_back(next, seen, now);
    }
    match &seen.service {
        Some(Err(problem))
            if problem.kind == ProblemKind::Missing && next.stage == Stage::Ecs(EcsStage::Termination) =>
        {
            match believe(next, WayBack::Gone(problem.words.clone()), now) {
                WayBack::Make(decision) => Step::Make(decision),
                WayBack::Restored | WayBack::Blocked(_) | WayBack::Gone(_) => done(next),
            }
        }
        Some(Err(problem)) => Step::Make(wait_to_see(&problem.words, now)),
        Some(Ok(_)) | None => Step::Make(wait_to_see("it was not looked at.", now)),
    }
}

fn wait_to_see(words: &str, now: Timestamp) -> Decision {
    let until = now + SignedDuration::from_secs(i64::from(BLIND_SECONDS));
    let why = format!("The service cannot be seen: {words}");
    Decision::new(Move::Bake { seconds: BLIND_SECONDS }, why).waiting("another look at the service", until)
}

/// A rollback: most of its way was gone before it was made.
fn go_back(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Step {
    let original = next.ecs.as_ref().map_or_else(String::new, |progress| progress.original.clone());
    let way = restore(next, next.created_at, seen, now);
    match believe(next, way, now) {
        WayBack::Make(decision) => Step::Make(decision),
        WayBack::Restored => {
            for event in &mut next.events {
                event.status = EventStatus::Succeeded;
                event.started_at = event.started_at.or(Some(now));
                event.ended_at = Some(now);
            }
            next.share = Percent::ZERO;
            Step::Done(format!("All traffic is on task set {original} again."))
        }
        WayBack::Blocked(words) | WayBack::Gone(words) => Step::Stuck(Cause::ServiceDrifted(words.clone()), words),
    }
}

/// No caller continued it in time.
pub(super) fn not_continued(next: &Deployment, now: Timestamp) -> Option<Cause> {
    let waits = match next.stage {
        Stage::Ecs(stage) => (EcsStage::AfterInstall..EcsStage::BeforeAllowTraffic).contains(&stage),
        Stage::Gate(gate) => gate == Gate::Ready,
        Stage::Created | Stage::Lambda(_) | Stage::Server(_) | Stage::Ended => false,
    };
    let Some(ReadyOption::Stop { minutes }) = next.spec.environment.blue_green.ready else { return None };
    let late = waits && next.gates.open_until().is_some_and(|until| now >= until);
    late.then_some(Cause::NotContinued(minutes))
}

/// The wait to be continued, if there is one; `None` once it was.
fn await_continuation(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let until = next.gates.open_until()?;
    let look = look_at(next.ecs.as_ref()?, until, now);
    if !next.notified.ready {
        if !next.note_undelivered(seen) {
            return Some(Decision::new(Move::Announce, "The replacement is ready, and waits to be continued."));
        }
        next.notified.ready = true;
    }
    let why = "The replacement is ready.";
    let wait = Decision::new(Move::Bake { seconds: seconds_until(look, now) }, why);
    Some(wait.waiting("ContinueDeployment with READY_WAIT", until))
}

pub(super) fn done(next: &Deployment) -> Step {
    let replacement = next.ecs.as_ref().and_then(|progress| progress.replacement.clone()).unwrap_or_default();
    let checks = next.checks_passed();
    Step::Done(format!("Succeeded: task set {replacement} serves 100 % of the traffic{checks}."))
}
