//! Watch alarms: an alarm went off. Traffic goes back at once; the paperwork follows.

use futures_util::future::join_all;
use jiff::Timestamp;
use spillway_domain::{AlarmName, Cause, Deployment, DeploymentId, Problem, ProblemKind, Target};

use crate::shift_alias::shift_alias;
use crate::task::amend;
use crate::{Aliases, Deployments, ListenerShifts, Subject, Wakes};

/// An alarm that has gone into state ALARM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmEvent {
    /// Its name.
    pub alarm: AlarmName,
    /// When it did. An event about an earlier time than a deployment's says nothing about it.
    pub at: Timestamp,
}

/// Halts every deployment that watches the alarm, restores its traffic and wakes it. Answers with their ids. It is handed
/// a clock, not a time, because what is waited for after a halt counts from when it was saved.
pub async fn watch_alarms(
    deployments: &impl Deployments,
    (aliases, listeners): (&impl Aliases, &impl ListenerShifts),
    wakes: &impl Wakes,
    event: &AlarmEvent,
    clock: impl Fn() -> Timestamp,
) -> Result<Vec<DeploymentId>, Problem> {
    let watching = deployments.watching(&event.alarm).await?;
    let red = [event.alarm.clone()];
    let halts = watching.iter().map(|id| halt(deployments, (aliases, listeners), wakes, id, &red, event.at, &clock));
    join_all(halts).await.into_iter().collect::<Result<(), Problem>>()?;
    Ok(watching)
}

/// Halts one deployment for `red` alarms, restores its traffic and wakes it.
pub(crate) async fn halt(
    deployments: &impl Deployments,
    (aliases, listeners): (&impl Aliases, &impl ListenerShifts),
    wakes: &impl Wakes,
    id: &DeploymentId,
    red: &[AlarmName],
    at: Timestamp,
    clock: &impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        let names = || red.iter().map(AlarmName::as_str).collect::<Vec<_>>().join(" ");
        let mine = record.created_at <= at && record.order.rolls_back.is_none();
        (mine && record.halt(Cause::Alarm(red.to_vec()), clock()))
            .then(|| (format!("alarms in ALARM: {}", names()), "Halt", "An alarm went off.".to_owned()))
    };
    let halted = amend(deployments, id, change).await;
    if halted.as_ref().is_err_and(|problem| problem.kind == ProblemKind::Missing) {
        return Ok(());
    }
    halted?;
    // Also when it was halted before: the one who did may have died before the traffic was back.
    let subject = Subject { deployment_id: id.clone() };
    let restored = restore(deployments, aliases, listeners, &subject, clock()).await;
    if let Some(parked) = deployments.load(id).await?.and_then(|record| record.parked) {
        wakes.wake(&parked.token).await?;
    }
    match restored {
        // Whatever else stands in the way is the execution's to see and to tell.
        Err(problem) if problem.kind == ProblemKind::Transient => Err(problem),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Traffic goes back, if the deployment was halted and that has not been done.
async fn restore(
    deployments: &impl Deployments,
    aliases: &impl Aliases,
    listeners: &impl ListenerShifts,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some(record) = deployments.load(&subject.deployment_id).await? else { return Ok(()) };
    if record.halt.is_none() || record.restored_at.is_some() || !record.moves_traffic() {
        return Ok(());
    }
    match &record.order.target {
        Target::Lambda(_) => shift_alias(deployments, aliases, subject, now).await.map(|_| ()),
        Target::Ecs(_) => listeners.shift_listener(subject).await,
        Target::Invalid(_) | Target::Unread => Ok(()),
    }
}
