//! What speaks against going on, and how far one look at it is believed.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::{Decision, Move, WayBack, seconds_until};
use crate::deployment::halt::{Cause, FailedCall};
use crate::deployment::record::{Deployment, Doubt};
use crate::problem::{Problem, ProblemKind};

/// How long after the first look that shows what may be an old read the one comes that decides.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(2);

/// How long an absence is looked at again while traffic may be on two versions, and alarms that AWS does not let be read.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// A look that comes a little early counts.
const EARLY: SignedDuration = SignedDuration::from_secs(1);

/// The longest wait between two looks.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// Something that speaks against going on.
pub(crate) struct Trouble {
    pub cause: Cause,
    /// What is in doubt, and for how long, before the cause counts; `None` when one look is enough.
    pub doubt: Option<(Doubt, SignedDuration)>,
}

impl Trouble {
    /// One look is enough.
    pub(crate) fn certain(cause: Cause) -> Self {
        Self { cause, doubt: None }
    }

    /// A read may be older than the last write, so that a second look decides.
    pub(crate) fn drift(cause: Cause) -> Self {
        Self { cause, doubt: Some((Doubt::Drift, SECOND_LOOK)) }
    }

    /// AWS says of what is there that it is not, now and then.
    pub(crate) fn absence(next: &Deployment, cause: Cause) -> Self {
        Self { cause, doubt: Some((Doubt::Absence, patience(next))) }
    }

    /// What reading the alias or the service has met, if that means anything.
    pub(crate) fn of_reading(next: &Deployment, problem: &Problem) -> Option<Self> {
        let is_absence = problem.kind == ProblemKind::Missing;
        let trouble = |cause| if is_absence { Self::absence(next, cause) } else { Self::certain(cause) };
        cause_of(problem).map(trouble)
    }
}

/// How long something that is not found is looked at again.
pub(crate) fn patience(next: &Deployment) -> SignedDuration {
    if next.moves_traffic() { PATIENCE } else { SECOND_LOOK }
}

/// Until when something is looked at again; `None` when it has been for long enough. Keeps since when that is.
pub(crate) fn in_doubt_until(
    next: &mut Deployment,
    doubt: Doubt,
    patience: SignedDuration,
    now: Timestamp,
) -> Option<Timestamp> {
    let until = *next.doubts.entry(doubt).or_insert(now) + patience;
    (now + EARLY < until).then_some(until)
}

/// The same for what is not found on the way home.
fn absent_until(next: &mut Deployment, now: Timestamp) -> Option<Timestamp> {
    let patience = patience(next);
    in_doubt_until(next, Doubt::Absence, patience, now)
}

/// As long again as it has been in doubt so far.
pub(crate) fn seconds_to_next_look(next: &Deployment, doubt: Doubt, until: Timestamp, now: Timestamp) -> u32 {
    let since = next.doubts.get(&doubt).copied().unwrap_or(now);
    let wait = now.duration_since(since).clamp(SECOND_LOOK, LONGEST_WAIT);
    seconds_until(until.min(now + wait), now)
}

pub(crate) fn cause_of(problem: &Problem) -> Option<Cause> {
    let call = FailedCall::of(problem);
    match problem.kind {
        ProblemKind::Missing => Some(Cause::Missing(call)),
        ProblemKind::Denied => Some(Cause::Denied(call)),
        ProblemKind::Refused | ProblemKind::TooLarge => Some(Cause::Refused(call)),
        ProblemKind::Transient => Some(Cause::Throttled(call)),
        ProblemKind::Stale => None,
    }
}

/// What is gone is looked at again first, for as long as traffic may be on two versions and AWS may be wrong.
pub(crate) fn believe(next: &mut Deployment, way: WayBack, now: Timestamp) -> WayBack {
    let WayBack::Gone(words) = way else {
        next.doubts.clear();
        return way;
    };
    let Some(until) = absent_until(next, now) else { return WayBack::Gone(words) };
    let seconds = seconds_to_next_look(next, Doubt::Absence, until, now);
    let stop = if words.ends_with('.') { "" } else { "." };
    let why = format!("{words}{stop} This may pass, so one look does not decide.");
    WayBack::Make(Decision::new(Move::Bake { seconds }, why).waiting("another look at it", until))
}
