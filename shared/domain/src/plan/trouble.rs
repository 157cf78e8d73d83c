//! What speaks against going on, and how far one look at it is believed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Move, Problem, ProblemKind, Seen, ecs, lambda, seconds_until};
use crate::{AlarmReading, Cause, Deployment, Doubt, EventName, EventStatus, HookFault, Target, Verdict};

/// How long after the first look that shows what may be an old read the one comes that decides.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(2);
/// How long an absence is looked at again while traffic may be on two versions, and alarms that AWS does not let be read.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// A look that comes a little early counts.
const EARLY: SignedDuration = SignedDuration::from_secs(1);
/// The longest wait between two looks.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// Something that speaks against going on.
pub(super) struct Trouble {
    cause: Cause,
    /// What is in doubt, and for how long, before the cause counts; `None` when one look is enough.
    doubt: Option<(Doubt, SignedDuration)>,
}

impl Trouble {
    /// One look is enough.
    pub(super) fn certain(cause: Cause) -> Self {
        Self { cause, doubt: None }
    }

    /// A read may be older than the last write, so that a second look decides.
    pub(super) fn drift(cause: Cause) -> Self {
        Self { cause, doubt: Some((Doubt::Drift, SECOND_LOOK)) }
    }

    /// AWS says of what is there that it is not, now and then.
    pub(super) fn absence(next: &Deployment, cause: Cause) -> Self {
        Self { cause, doubt: Some((Doubt::Absence, patience(next))) }
    }

    /// What reading the alias or the service has met, if that means anything.
    pub(super) fn of_reading(next: &Deployment, problem: &Problem) -> Option<Self> {
        let is_absence = problem.kind == ProblemKind::Missing;
        let trouble = |cause| if is_absence { Self::absence(next, cause) } else { Self::certain(cause) };
        cause_of(problem).map(trouble)
    }
}

/// How long something that is not found is looked at again.
fn patience(next: &Deployment) -> SignedDuration {
    if next.moves_traffic() { PATIENCE } else { SECOND_LOOK }
}

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

/// Until when something is looked at again; `None` when it has been for long enough. Keeps since when that is.
fn in_doubt_until(next: &mut Deployment, doubt: Doubt, patience: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    let until = *next.doubts.entry(doubt).or_insert(now) + patience;
    (now + EARLY < until).then_some(until)
}

/// The same for what is not found on the way home.
pub(super) fn absent_until(next: &mut Deployment, now: Timestamp) -> Option<Timestamp> {
    let patience = patience(next);
    in_doubt_until(next, Doubt::Absence, patience, now)
}

fn look_again(next: &Deployment, cause: &Cause, doubt: Doubt, until: Timestamp, now: Timestamp) -> Decision {
    let what = match (doubt, &next.order.target) {
        (Doubt::Alarms, _) => "alarms",
        (Doubt::Drift | Doubt::Absence, Target::Ecs(_)) => "service",
        (Doubt::Drift | Doubt::Absence, Target::Lambda(_) | Target::Invalid(_) | Target::Unread) => "alias",
    };
    let why = match doubt {
        Doubt::Drift => {
            format!("The {what} is not as it should be. What was read may be old, so a second look decides.")
        }
        Doubt::Alarms | Doubt::Absence => {
            let message = cause.message(&next.order);
            let stop = if message.ends_with('.') { "" } else { "." };
            format!("{message}{stop} This may pass, so one look does not decide; no traffic moves meanwhile.")
        }
    };
    let seconds = seconds_to_next_look(next, doubt, until, now);
    Decision::new(Move::Bake { seconds }, why).waiting(format!("another look at the {what}"), until)
}

/// As long again as it has been in doubt so far.
pub(super) fn seconds_to_next_look(next: &Deployment, doubt: Doubt, until: Timestamp, now: Timestamp) -> u32 {
    let since = next.doubts.get(&doubt).copied().unwrap_or(now);
    let wait = now.duration_since(since).clamp(SECOND_LOOK, LONGEST_WAIT);
    seconds_until(until.min(now + wait), now)
}

/// Everything that speaks against going on; `None` where the platform's own plan sees to what stands in the way.
fn troubles(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Vec<Trouble>> {
    let alarms = alarm_trouble(next, seen);
    let troubles = match &next.order.target {
        Target::Invalid(violations) => vec![Some(Trouble::certain(Cause::Revision(violations.clone())))],
        Target::Unread => vec![alarms, reading_trouble(seen).map(Trouble::certain)],
        // From here there is no way back; what goes wrong is tried again.
        Target::Ecs(_) if next.is_settled() => return None,
        // It makes of the service what that should be, and sees itself what stands in the way.
        Target::Ecs(_) if next.order.rolls_back.is_some() => return None,
        Target::Lambda(target) => {
            let alias = lambda::alias_trouble(next, target, seen);
            vec![alarms, alias, move_trouble(seen), hook_trouble(next).map(Trouble::certain)]
        }
        Target::Ecs(_) => {
            let service = ecs::service_trouble(next, seen, now);
            vec![alarms, service, move_trouble(seen), hook_trouble(next).map(Trouble::certain)]
        }
    };
    Some(troubles.into_iter().flatten().collect())
}

/// A rollback is not stopped by the alarm that may have caused it.
fn alarm_trouble(next: &Deployment, seen: &Seen) -> Option<Trouble> {
    let counts = next.order.rolls_back.is_none();
    match &seen.alarms {
        AlarmReading::Red(names) if counts => Some(Trouble::certain(Cause::Alarm(names.clone()))),
        AlarmReading::Unreadable(problem) if counts && !next.order.alarms.ignore_poll_alarm_failure => {
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

/// A move that failed for good: the state machine has tried it again. A stale one only means to look again, which this is.
fn move_trouble(seen: &Seen) -> Option<Trouble> {
    let (step, problem) = seen.failed.as_ref()?;
    // A revision that was read in the end is no trouble any more.
    if [Move::Announce, Move::ReadRevision].iter().any(|harmless| step == harmless.name()) {
        return None;
    }
    cause_of(problem).map(Trouble::certain)
}

fn cause_of(problem: &Problem) -> Option<Cause> {
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
