//! What speaks against going on.

use jiff::{SignedDuration, Timestamp};

use super::{Move, Problem, ProblemKind, Seen, ecs, lambda};
use crate::{AlarmReading, Cause, Deployment, EventName, EventStatus, HookFault, Target, Verdict};

/// Why a deployment that was not halted so far must not go on, if anything.
pub(super) fn trouble(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Cause> {
    let world_trouble = || match &next.order.target {
        Target::Lambda(target) => lambda::alias_trouble(next, target, seen),
        Target::Ecs(_) => ecs::service_trouble(next, seen, now),
        Target::Invalid(_) | Target::Unread => None,
    };
    match &next.order.target {
        Target::Invalid(violations) => return Some(Cause::Revision(violations.clone())),
        Target::Unread => return alarm_trouble(next, seen).or_else(|| reading_trouble(seen)),
        // From here there is no way back; what goes wrong is tried again.
        Target::Ecs(_) if next.is_settled() => return None,
        // It makes of the service what that should be, and sees itself what stands in the way.
        Target::Ecs(_) if next.order.rolls_back.is_some() => return None,
        Target::Lambda(_) | Target::Ecs(_) => {}
    }
    alarm_trouble(next, seen).or_else(world_trouble).or_else(|| move_trouble(seen)).or_else(|| hook_trouble(next))
}

/// How long after the first look at an alias or a service that seems to be somebody else's the second one comes.
pub(super) const SECOND_LOOK_SECONDS: u32 = 2;

/// Whether the cause is one that has not been looked at for a second time yet. Keeps since when it is in doubt.
pub(super) fn is_doubtful(next: &mut Deployment, cause: &Cause, now: Timestamp) -> bool {
    let doubtful = matches!(
        cause,
        Cause::AliasUnsuitable(_)
            | Cause::AliasTaken(_)
            | Cause::ServiceUnsuitable(_)
            | Cause::ListenerUnsuitable(_)
            | Cause::ServiceTaken(_)
    );
    if !doubtful {
        return false;
    }
    let since = *next.doubted_at.get_or_insert(now);
    now < since + SignedDuration::from_secs(i64::from(SECOND_LOOK_SECONDS) - 1)
}

/// A rollback is not stopped by the alarm that may have caused it.
fn alarm_trouble(next: &Deployment, seen: &Seen) -> Option<Cause> {
    match &seen.alarms {
        AlarmReading::Quiet => None,
        _ if next.order.rolls_back.is_some() => None,
        AlarmReading::Red(names) => Some(Cause::Alarm(names.clone())),
        AlarmReading::Unreadable(_) if next.order.alarms.ignore_poll_alarm_failure => None,
        AlarmReading::Unreadable(why) => Some(Cause::AlarmsUnreadable(why.clone())),
    }
}

/// The revision that could not be read for good.
fn reading_trouble(seen: &Seen) -> Option<Cause> {
    let (_, problem) = seen.failed.as_ref().filter(|(step, _)| step == Move::ReadRevision.name())?;
    let words = problem.words.clone();
    match problem.kind {
        ProblemKind::Missing => Some(Cause::RevisionMissing(words)),
        ProblemKind::Denied => Some(Cause::RevisionDenied(words)),
        ProblemKind::Refused | ProblemKind::TooLarge => Some(Cause::Revision(vec![words])),
        ProblemKind::Transient => Some(Cause::Throttled(words)),
        ProblemKind::Stale => None,
    }
}

/// A move that failed for good. A stale one only means to look again, which this is.
fn move_trouble(seen: &Seen) -> Option<Cause> {
    let (step, problem) = seen.failed.as_ref()?;
    // A revision that was read in the end is no trouble any more.
    if [Move::Announce, Move::ReadRevision].iter().any(|harmless| step == harmless.name()) {
        return None;
    }
    cause_of(problem)
}

pub(super) fn cause_of(problem: &Problem) -> Option<Cause> {
    let words = problem.words.clone();
    match problem.kind {
        ProblemKind::Missing => Some(Cause::Missing(words)),
        ProblemKind::Denied => Some(Cause::Denied(words)),
        ProblemKind::Refused | ProblemKind::TooLarge => Some(Cause::Refused(words)),
        ProblemKind::Transient => Some(Cause::Throttled(words)),
        ProblemKind::Stale => None,
    }
}

/// A verdict against going on; its diagnostics tell in what way.
fn hook_trouble(next: &Deployment) -> Option<Cause> {
    use crate::DiagnosticsCode::{ScriptFailed, ScriptMissing, ScriptNotExecutable, ScriptTimedOut, UnknownError};
    let event = next.events.iter().find(|event| is_open(event.status))?;
    match event.hook.as_ref()?.verdict.as_ref()? {
        Verdict::Succeeded => None,
        Verdict::Failed(diagnostics) => {
            let fault = match diagnostics.code {
                ScriptNotExecutable => HookFault::Denied,
                ScriptFailed | ScriptMissing | ScriptTimedOut | UnknownError => HookFault::Failed,
            };
            Some(Cause::Hook { event: event.name, fault })
        }
    }
}

fn is_open(status: EventStatus) -> bool {
    match status {
        EventStatus::InProgress => true,
        EventStatus::Pending | EventStatus::Succeeded | EventStatus::Failed | EventStatus::Skipped => false,
    }
}

/// A hook whose verdict did not come in time.
pub(super) fn hook_timed_out(event: EventName) -> Cause {
    Cause::Hook { event, fault: HookFault::TimedOut }
}
