//! The end of the original.

use jiff::{SignedDuration, Timestamp};

use crate::catalog::environment::TerminationAction;
use crate::deployment::decision::{Decision, Move, MoveKind, Seen, Step, lease_from, seconds_until};
use crate::deployment::lifecycle::EventName;
use crate::deployment::record::Deployment;
use crate::ecs::plan::forward::done;
use crate::ecs::plan::shift::{await_recovery, look_at, promote, route, settling};
use crate::ecs::service::ServiceState;
use crate::percent::Percent;

/// How long a deletion that is refused is tried again.
const RETIRE_WITHIN: SignedDuration = SignedDuration::from_hours(1);

const AGAIN: &str = "A late move has sent some traffic elsewhere, which goes to the replacement again.";

/// Says until when the original is kept, unless it is for good.
pub(super) fn keep(next: &mut Deployment, now: Timestamp) {
    let minutes = next.spec.environment.blue_green.termination.map_or(0, |termination| termination.minutes);
    let until = now + SignedDuration::from_mins(i64::from(minutes));
    let until = (!is_kept_alive(next)).then_some(until);
    next.gates.terminate_at = until;
}

fn is_kept_alive(next: &Deployment) -> bool {
    let termination = next.spec.environment.blue_green.termination;
    termination.is_some_and(|termination| termination.action == TerminationAction::KeepAlive)
}

/// The wait before the original is deleted, which is also as long as a late move could still come; `None` once over.
pub(super) fn await_termination(next: &Deployment, service: &ServiceState, now: Timestamp) -> Option<Step> {
    let progress = next.ecs.as_ref()?;
    let shifted = next.event(EventName::AllowTraffic).and_then(|event| event.ended_at)?;
    let until = next.gates.terminate_at.unwrap_or(now).max(lease_from(shifted));
    let replacement = progress.replacement.clone()?;
    let is_steady = service.live(&replacement).is_some_and(|set| set.steady);
    let unsettled = route(next, service, Percent::ALL, AGAIN).or_else(|| promote(service, &replacement));
    if let Some(unsettled) = unsettled.filter(|_| is_steady) {
        return Some(Step::Make(unsettled));
    }
    if until > now {
        let why = format!("Task set {} is kept for the way back.", progress.original);
        let look = look_at(progress, until, now).min(settling(shifted, now).unwrap_or(until));
        let wait = Decision::new(Move::Bake { seconds: seconds_until(look, now) }, why);
        return Some(Step::Make(wait.waiting("the end of the termination wait", until)));
    }
    if !is_steady {
        return Some(Step::Make(await_recovery(progress, now)));
    }
    is_kept_alive(next).then(|| done(next))
}

/// The original goes.
pub(super) fn retire(next: &mut Deployment, service: &ServiceState, seen: &Seen, now: Timestamp) -> Step {
    next.doubts.clear();
    let progress = next.ecs.clone();
    let original = progress.as_ref().and_then(|progress| service.live(&progress.original));
    let (Some(_progress), Some(original)) = (&progress, original) else {
        return done(next);
    };
    let since = next.gates.terminate_at.unwrap_or(now);
    let failed = seen.failed.as_ref().filter(|(step, _)| *step == MoveKind::RetireTaskSet).map(|(_, p)| &*p.words);
    let kept = next.to_retire(service, now).is_none();
    let kept = kept.then_some("It may get traffic, it is PRIMARY, or the replacement is not steady.");
    match kept.or(failed) {
        None => {
            let why = format!("Task set {} is not needed any more.", original.id);
            Step::Make(Decision::new(Move::RetireTaskSet, why))
        }
        Some(words) if now >= since + RETIRE_WITHIN => {
            let words = format!(
                "The replacement got all traffic. The original task set {} could not be deleted: {words} Delete it by \
                 hand once it may go.",
                original.id
            );
            Step::Done(words)
        }
        Some(words) => {
            let seconds = u32::try_from(now.duration_since(since).as_secs().clamp(5, 300)).unwrap_or(300);
            let until = now + SignedDuration::from_secs(i64::from(seconds));
            let why = format!("Task set {} could not be deleted: {words}", original.id);
            Step::Make(Decision::new(Move::Bake { seconds }, why).waiting("the next try to delete it", until))
        }
    }
}
