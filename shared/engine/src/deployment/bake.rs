//! Bake: parks a wait between steps, so that whoever has a reason can end it.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::deployment::decision::MoveKind;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{Task, load, save};
use crate::ports::deployments::{Change, Deployments};
use crate::ports::executions::Wakes;

/// Parks the wait. A record that was changed since the wait was decided, by a stop or an alarm, ends it at once: the
/// save is refused for it, so nothing that happens in between is lost.
pub async fn bake(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    task: &Task,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut record = load(deployments, &task.deployment_id).await?;
    if record.generation != task.generation {
        return wakes.wake(&task.token).await;
    }
    let waited = task.entered_at + SignedDuration::from_secs(i64::from(task.seconds));
    // The step that the move has taken bakes from now on.
    if matches!(task.step, Some(MoveKind::ShiftTraffic | MoveKind::ShiftListener)) {
        record.begin_bake(task.entered_at);
    }
    record.park(task.token.clone(), waited, now);
    match save(deployments, Change::quiet(&record)).await {
        Err(problem) if problem.kind == ProblemKind::Stale => wakes.wake(&task.token).await,
        saved => saved,
    }
}
