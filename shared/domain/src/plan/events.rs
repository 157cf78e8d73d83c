//! The lifecycle events of a deployment, one after the other, and their hooks.

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Move, Seen, ending, seconds_until, trouble};
use crate::{Deployment, EventName, EventStatus, Halt, HookRun, Stage, Verdict};

/// Enters a stage: the event before it has succeeded, its own begins.
pub(super) fn enter(next: &mut Deployment, stage: Stage, now: Timestamp) {
    end(next, now);
    next.stage = stage;
    let name = stage.event();
    if let Some(event) = next.events.iter_mut().find(|event| Some(event.name) == name) {
        event.status = EventStatus::InProgress;
        event.started_at = Some(now);
    }
}

/// The event that was under way has succeeded.
pub(super) fn end(next: &mut Deployment, now: Timestamp) {
    let name = next.stage.event();
    if let Some(event) = next.events.iter_mut().find(|event| Some(event.name) == name) {
        event.status = EventStatus::Succeeded;
        event.ended_at = Some(now);
    }
}

/// The hook of an event; `None` when there is none, or it is content.
pub(super) fn hook(next: &mut Deployment, event: EventName, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let function = next.order.target.hook(event)?.clone();
    let run = next.event(event)?.hook.clone();
    let what = format!("the verdict of {function} on {event}");
    match run {
        None => {
            let until = not_after_ready_wait(next, now + SignedDuration::from_hours(1));
            let why = format!("{event} has a hook, {function}.");
            Some(Decision::new(Move::RunHook { seconds: seconds_until(until, now) }, why).waiting(what, until))
        }
        Some(HookRun { verdict: Some(Verdict::Succeeded), .. }) => None,
        Some(run) if now >= run.until => {
            let halt = Halt { cause: trouble::hook_timed_out(event), at: now };
            next.halt = Some(halt.clone());
            Some(ending::wind_down(next, &halt, seen, now))
        }
        Some(run) => {
            let why = if run.returned {
                format!("{function} returned without a verdict, so its call back is awaited.")
            } else {
                format!("{function} was asked on {event} and has not answered.")
            };
            let until = not_after_ready_wait(next, run.until);
            Some(Decision::new(Move::RunHook { seconds: seconds_until(until, now) }, why).waiting(what, until))
        }
    }
}

/// A hook that runs while the deployment may be continued is waited for no longer than that.
fn not_after_ready_wait(next: &Deployment, until: Timestamp) -> Timestamp {
    let waits = next.ecs.as_ref().filter(|progress| !progress.continued).and_then(|progress| progress.ready_until);
    waits.map_or(until, |ready_until| ready_until.min(until))
}
