//! What speaks against going on, whatever the platform, and what follows.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::catalog::alarms::AlarmReading;
use crate::deployment::decision::{Decision, Move, MoveKind, Seen};
use crate::deployment::halt::{Cause, FailedCall, HookFault};
use crate::deployment::lifecycle::{EventStatus, Verdict};
use crate::deployment::record::{Deployment, Doubt};
use crate::deployment::spec::Target;
use crate::deployment::trouble::{PATIENCE, Trouble, cause_of, in_doubt_until, patience, seconds_to_next_look};
use crate::problem::ProblemKind;
use crate::{ecs, lambda, server};

/// What follows from everything that speaks against going on.
pub(super) enum Judgement {
    /// It goes on.
    Fine,
    /// It looks again first.
    Doubtful(Decision),
    /// It does not go on.
    Certain(Cause),
}

/// Judges everything that speaks against going on, and keeps since when it is in doubt. What is certain comes first.
pub(super) fn judge(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Judgement {
    let Some(troubles) = troubles(next, seen, now) else { return Judgement::Fine };
    let raised: BTreeSet<Doubt> = troubles.iter().filter_map(|trouble| Some(trouble.doubt?.0)).collect();
    next.doubts.retain(|doubt, _| raised.contains(doubt));
    let mut first = None;
    for Trouble { cause, doubt } in troubles {
        match doubt.map(|(doubt, patience)| (doubt, in_doubt_until(next, doubt, patience, now))) {
            None | Some((_, None)) => return Judgement::Certain(cause),
            Some((doubt, Some(until))) => _ = first.get_or_insert((cause, doubt, until)),
        }
    }
    first.map_or(Judgement::Fine, |(cause, doubt, until)| {
        Judgement::Doubtful(look_again(next, &cause, doubt, until, now))
    })
}

fn look_again(next: &Deployment, cause: &Cause, doubt: Doubt, until: Timestamp, now: Timestamp) -> Decision {
    let what = match (doubt, &next.spec.target) {
        (Doubt::Alarms, _) => "alarms",
        (Doubt::Drift | Doubt::Absence, Target::Ecs(_)) => "service",
        (Doubt::Drift | Doubt::Absence, Target::Server(_)) => "hosts",
        (Doubt::Drift | Doubt::Absence, Target::Lambda(_) | Target::Invalid(_) | Target::Unread) => "alias",
    };
    let why = match doubt {
        Doubt::Drift => {
            format!("The {what} is not as it should be. What was read may be old, so a second look decides.")
        }
        Doubt::Alarms | Doubt::Absence => {
            let message = cause.message(&next.spec);
            let stop = if message.ends_with('.') { "" } else { "." };
            format!("{message}{stop} This may pass, so one look does not decide; no traffic moves meanwhile.")
        }
    };
    let seconds = seconds_to_next_look(next, doubt, until, now);
    Decision::new(Move::Bake { seconds }, why).waiting(format!("another look at the {what}"), until)
}

/// Everything that speaks against going on; `None` where the platform's own plan sees to what stands in the way.
fn troubles(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Vec<Trouble>> {
    let alarms = alarm_trouble(next, seen);
    let troubles = match &next.spec.target {
        Target::Invalid(violations) => vec![Some(Trouble::certain(Cause::Revision(violations.clone())))],
        Target::Unread => vec![alarms, reading_trouble(seen).map(Trouble::certain)],
        // From here there is no way back; what goes wrong is tried again.
        Target::Ecs(_) | Target::Server(_) if next.is_settled() => return None,
        // It makes of the service what that should be, and sees itself what stands in the way.
        Target::Ecs(_) if next.spec.rolls_back.is_some() => return None,
        Target::Lambda(target) => {
            let alias = lambda::plan::trouble(next, target, seen);
            vec![alarms, alias, move_trouble(seen), hook_trouble(next, now).map(Trouble::certain)]
        }
        Target::Server(_) => vec![alarms, server::plan::trouble(seen), move_trouble(seen)],
        Target::Ecs(_) => {
            let service = ecs::plan::trouble(next, seen, now);
            vec![alarms, service, move_trouble(seen), hook_trouble(next, now).map(Trouble::certain)]
        }
    };
    Some(troubles.into_iter().flatten().collect())
}

/// A rollback is not stopped by the alarm that may have caused it.
fn alarm_trouble(next: &Deployment, seen: &Seen) -> Option<Trouble> {
    let counts = next.spec.rolls_back.is_none();
    match &seen.alarms {
        AlarmReading::Red(names) if counts => Some(Trouble::certain(Cause::Alarm(names.clone()))),
        AlarmReading::Unreadable(problem) if counts && !next.spec.alarms.ignore_poll_alarm_failure => {
            let cause = Cause::AlarmsUnreadable(problem.words.clone());
            Some(match problem.kind {
                ProblemKind::Transient | ProblemKind::Stale => {
                    Trouble { cause, doubt: Some((Doubt::Alarms, PATIENCE)) }
                }
                ProblemKind::Missing => Trouble { cause, doubt: Some((Doubt::Alarms, patience(next))) },
                ProblemKind::Denied | ProblemKind::Refused | ProblemKind::TooLarge => Trouble::certain(cause),
            })
        }
        AlarmReading::Quiet | AlarmReading::Red(_) | AlarmReading::Unreadable(_) => None,
    }
}

/// The revision that could not be read for good.
fn reading_trouble(seen: &Seen) -> Option<Cause> {
    let (_, problem) = seen.failed.as_ref().filter(|(step, _)| *step == MoveKind::ReadRevision)?;
    let words = problem.words.clone();
    match problem.kind {
        ProblemKind::Missing => Some(Cause::RevisionMissing(words)),
        ProblemKind::Denied => Some(Cause::RevisionDenied(words)),
        ProblemKind::Refused | ProblemKind::TooLarge => Some(Cause::Revision(vec![words])),
        ProblemKind::Transient => Some(Cause::Throttled(FailedCall::of(problem))),
        ProblemKind::Stale => None,
    }
}

/// A move that failed for good: the state machine has tried it again. A stale one only means to look again, which this is.
fn move_trouble(seen: &Seen) -> Option<Trouble> {
    let (step, problem) = seen.failed.as_ref()?;
    // A revision that was read in the end is no trouble any more, and Auto Scaling waits for the next answer.
    if [MoveKind::Announce, MoveKind::ReadRevision, MoveKind::AnswerLifecycleAction].contains(step) {
        return None;
    }
    cause_of(problem).map(Trouble::certain)
}

/// A verdict against going on, which its diagnostics describe, or one that did not come in time. A hook that never ran,
/// or whose answer was lost each time, has failed.
fn hook_trouble(next: &Deployment, now: Timestamp) -> Option<Cause> {
    use crate::deployment::lifecycle::DiagnosticsCode::{
        ScriptFailed, ScriptMissing, ScriptNotExecutable, ScriptTimedOut, UnknownError,
    };
    let event = next.events.iter().find(|event| is_open(event.status))?;
    let run = event.hook.as_ref()?;
    let fault = match &run.verdict {
        Some(Verdict::Succeeded) => return None,
        Some(Verdict::Failed(diagnostics)) => match diagnostics.code {
            ScriptNotExecutable => HookFault::Denied,
            ScriptFailed | ScriptMissing | ScriptTimedOut | UnknownError => HookFault::Failed,
        },
        None if now < run.until => return None,
        None if run.trouble.is_some() && !run.returned => HookFault::Failed,
        None => HookFault::TimedOut,
    };
    Some(Cause::Hook { event: event.name, fault })
}

fn is_open(status: EventStatus) -> bool {
    match status {
        EventStatus::InProgress => true,
        EventStatus::Pending | EventStatus::Succeeded | EventStatus::Failed | EventStatus::Skipped => false,
    }
}
