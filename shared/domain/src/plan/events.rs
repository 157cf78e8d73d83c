//! The lifecycle events of a deployment, one after the other, and their hooks.

use jiff::{SignedDuration, Timestamp};

use super::forward::CLOCKS_DIFFER_BY;
use super::{Decision, Move, Seen, ending, seconds_until, trouble};
use crate::{
    Cause, Deployment, Diagnostics, DiagnosticsCode, EventName, EventStatus, FunctionName, Halt, HookFault, HookRun,
    Stage, Verdict,
};

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
    let Some(run) = next.event(event)?.hook.clone() else {
        let until = not_after_ready_wait(next, now + SignedDuration::from_hours(1));
        let why = format!("{event} has a hook, {function}.");
        return Some(ask(&function, event, why, until, now));
    };
    if run.verdict == Some(Verdict::Succeeded) {
        return None;
    }
    if now >= run.until {
        let halt = Halt { cause: overdue(next, event, &function, &run), at: now };
        next.halt = Some(halt.clone());
        return Some(ending::wind_down(next, &halt, seen, now));
    }
    let why = run.trouble.unwrap_or_else(|| format!("{function} was asked on {event} and has not answered."));
    if let Some(again_at) = run.again_at.filter(|again_at| *again_at > now + CLOCKS_DIFFER_BY) {
        let until = not_after_ready_wait(next, again_at.min(run.until));
        let bake = Move::Bake { seconds: seconds_until(until, now) };
        let what = if run.asked == 0 { "the next try" } else { "its call back, or else the next try" };
        return Some(Decision::new(bake, why).waiting(what, until));
    }
    let until = not_after_ready_wait(next, run.until);
    Some(ask(&function, event, why, until, now))
}

/// Asks the hook, or waits for its call back.
fn ask(function: &FunctionName, event: EventName, why: String, until: Timestamp, now: Timestamp) -> Decision {
    let what = format!("the verdict of {function} on {event}");
    Decision::new(Move::RunHook { seconds: seconds_until(until, now) }, why).waiting(what, until)
}

/// No verdict came in time. What kept the hook from running or from being heard is why it failed; else nobody called back.
fn overdue(next: &mut Deployment, event: EventName, function: &FunctionName, run: &HookRun) -> Cause {
    let Some(trouble) = run.trouble.as_ref().filter(|_| !run.returned) else {
        return trouble::hook_timed_out(event);
    };
    let code = DiagnosticsCode::UnknownError;
    let failed = Verdict::Failed(Diagnostics::of_hook(code, function.as_str(), trouble.as_str(), ""));
    if let Some(run) = next.events.iter_mut().find(|own| own.name == event).and_then(|event| event.hook.as_mut()) {
        run.verdict = Some(failed);
    }
    Cause::Hook { event, fault: HookFault::Failed }
}

/// A hook that runs while the deployment may be continued is waited for no longer than that.
fn not_after_ready_wait(next: &Deployment, until: Timestamp) -> Timestamp {
    let waits = next.ecs.as_ref().filter(|progress| !progress.continued).and_then(|progress| progress.ready_until);
    waits.map_or(until, |ready_until| ready_until.min(until))
}
