//! Going on: the lifecycle of a deployment that nothing speaks against, from top to bottom.

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Move, Seen, clock, ending, seconds_until, trouble};
use crate::{Deployment, EventName, EventStatus, Halt, HookRun, Stage, Target, Verdict};

/// Clocks differ a little: a bake that ends within this time is over.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_millis(300);

/// Goes on from the stage that the record is in, through as many stages as need no move.
pub(super) fn forward(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Decision {
    next.doubted_at = None;
    if next.order.target == Target::Unread {
        return Decision::new(Move::ReadRevision, "The AppSpec lies in S3 and is read first.");
    }
    if let Stage::Created = next.stage {
        next.started_at = Some(now);
        next.found = seen.alias.as_ref().and_then(|alias| alias.as_ref().ok()).map(ToString::to_string);
        next.stage = Stage::BeforeAllowTraffic;
        begin(next, EventName::BeforeAllowTraffic, now);
    }
    if !next.news.start {
        if seen.failed.as_ref().is_none_or(|(step, _)| step != Move::Announce.name()) {
            return Decision::new(Move::Announce, "The alias and the alarms allow it, so the deployment starts.");
        }
        // Telling failed for good, and harms nothing.
        next.news.start = true;
    }
    loop {
        let step = match next.stage {
            Stage::Created | Stage::Ended => None,
            Stage::BeforeAllowTraffic => hook(next, EventName::BeforeAllowTraffic, seen, now).or_else(|| {
                end(next, EventName::BeforeAllowTraffic, now);
                begin(next, EventName::AllowTraffic, now);
                next.stage = Stage::AllowTraffic { step: 0 };
                None
            }),
            Stage::AllowTraffic { step } => shift(next, step, seen, now).or_else(|| {
                end(next, EventName::AllowTraffic, now);
                begin(next, EventName::AfterAllowTraffic, now);
                next.stage = Stage::AfterAllowTraffic;
                None
            }),
            Stage::AfterAllowTraffic => {
                Some(hook(next, EventName::AfterAllowTraffic, seen, now).unwrap_or_else(|| {
                    end(next, EventName::AfterAllowTraffic, now);
                    ending::succeed(next, now)
                }))
            }
        };
        if let Some(decision) = step {
            return decision;
        }
    }
}

/// The hook of an event; `None` when there is none, or it is content.
fn hook(next: &mut Deployment, event: EventName, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let function = next.lambda()?.hook(event)?.clone();
    let run = next.event(event).and_then(|event| event.hook.clone());
    let what = format!("the verdict of {function} on {event}");
    match run {
        None => {
            let until = now + SignedDuration::from_hours(1);
            let why = format!("{event} has a hook, {function}.");
            Some(Decision::new(Move::RunHook { seconds: 3600 }, why).waiting(what, until))
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
            let seconds = seconds_until(run.until, now);
            Some(Decision::new(Move::RunHook { seconds }, why).waiting(what, run.until))
        }
    }
}

/// The shift from `step` on; `None` when all traffic is on the target version.
fn shift(next: &mut Deployment, mut step: usize, seen: &Seen, now: Timestamp) -> Option<Decision> {
    let alias = seen.alias.as_ref()?.as_ref().ok()?;
    let target = next.lambda()?.target;
    loop {
        let arrived = next.routing_at(step).is_some_and(|routing| alias.routes(&routing));
        let Some(current) = next.order.routing.steps().get(step).copied() else {
            let why = || format!("All steps are done, so version {target} gets all traffic.");
            return if arrived { None } else { Some(Decision::new(Move::CompleteShift, why())) };
        };
        if !arrived {
            let why = format!(
                "Step {} of {}: version {target} is to get {} %.",
                step + 1,
                next.order.routing.steps().len() + 1,
                current.percent
            );
            let until = now + SignedDuration::from_secs(i64::from(current.wait_seconds));
            let what = format!("{} % to bake", current.percent);
            let shift = Move::ShiftTraffic { seconds: current.wait_seconds };
            return Some(Decision::new(shift, why).waiting(what, until));
        }
        if next.bake_until.is_none() {
            next.begin_bake(now);
        }
        match next.bake_until {
            Some(until) if until > now + CLOCKS_DIFFER_BY => {
                let why = format!("Version {target} has {} % and bakes.", current.percent);
                let what = format!("{} % to bake", current.percent);
                let bake = Move::Bake { seconds: seconds_until(until, now) };
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

fn begin(next: &mut Deployment, name: EventName, now: Timestamp) {
    if let Some(event) = next.events.iter_mut().find(|event| event.name == name) {
        event.status = EventStatus::InProgress;
        event.started_at = Some(now);
    }
}

fn end(next: &mut Deployment, name: EventName, now: Timestamp) {
    if let Some(event) = next.events.iter_mut().find(|event| event.name == name) {
        event.status = EventStatus::Succeeded;
        event.ended_at = Some(now);
    }
}

/// When a deployment succeeds, in words.
pub(super) fn success_words(next: &Deployment, now: Timestamp) -> String {
    let target = next.lambda().map_or_else(String::new, |target| target.target.to_string());
    format!("Version {target} has had all traffic, and nothing spoke against it, at {}.", clock(now))
}
