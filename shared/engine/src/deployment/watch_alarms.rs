//! Watch alarms: an alarm went off. Traffic goes back at once; the paperwork follows.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use spillway_domain::names::AlarmName;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::pace::{each, rotated};
use crate::deployment::ways_back::WaysBack;
use crate::ports::aliases::Aliases;
use crate::ports::clock::Clock;
use crate::ports::deployments::Deployments;
use crate::ports::executions::Wakes;
use crate::ports::services::ListenerShifts;

/// An alarm that has gone into state ALARM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmEvent {
    /// Its name.
    pub alarm: AlarmName,
    /// When it did. An event about an earlier time than a deployment's says nothing about it.
    pub at: Timestamp,
}

/// What became of the deployments that watch the alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// How many there are.
    pub watching: usize,
    /// How many of them had their traffic moved back.
    pub restored: usize,
}

/// How long before its end a run moves no more traffic back: what it has begun comes to its end, and everybody is woken.
const SPARE: SignedDuration = SignedDuration::from_secs(45);

/// Halts every deployment that watches the alarm, restores their traffic and wakes them. Whom it does not get to before
/// its `deadline`, it wakes as well, so that the executions go back by themselves; and it fails, so that it is run again.
/// `draw` is any number: two alarms of the same deployments begin with different ones.
pub async fn watch_alarms(
    ways: &WaysBack<'_, impl Deployments, impl Aliases, impl ListenerShifts, impl Wakes, impl Clock>,
    event: &AlarmEvent,
    draw: u64,
    deadline: Timestamp,
) -> Result<Watched, Problem> {
    let watching = rotated(ways.deployments.watching(&event.alarm).await?, draw);
    let until = deadline - SPARE;
    let red = [event.alarm.clone()];
    let halts = each(ways.clock, until, &watching, async |id| ways.halt(id, &red, event.at).await).await;
    // Also those that were halted before: the one who did may have died before the traffic was back.
    let restored = ways.restore(watching.clone(), until).await;
    let woken = each(ways.clock, deadline, &watching, async |id| ways.wake(id).await).await;
    let unhalted = halts.into_iter().filter_map(|(id, done)| Some((id.clone(), done.err()?)));
    let left: Vec<_> = unhalted.chain(restored.left).collect();
    let unwoken = woken.into_iter().find_map(|(_, done)| done.err());
    match (left.first(), unwoken) {
        (None, None) => Ok(Watched { watching: watching.len(), restored: restored.moved }),
        (None, Some(problem)) => Err(problem),
        (Some((id, problem)), _) => {
            let words = format!(
                "The traffic of {} of the {} deployments that watch alarm {} could not be moved back yet, {} were moved. \
                 Of {id}: {problem}",
                left.len(),
                watching.len(),
                event.alarm,
                restored.moved
            );
            Err(Problem::new(ProblemKind::Transient, words))
        }
    }
}
