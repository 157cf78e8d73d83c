//! Watch alarms: an alarm went off. Traffic goes back at once; the paperwork follows.

use futures_util::future::join_all;
use jiff::Timestamp;
use spillway_domain::{AlarmName, Cause, Deployment, DeploymentId, Problem, ProblemKind};

use crate::shift_alias::shift_alias;
use crate::task::amend;
use crate::{Aliases, Deployments, Subject, Wakes};

/// An alarm that has gone into state ALARM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmEvent {
    /// Its name.
    pub alarm: AlarmName,
    /// When it did. An event about an earlier time than a deployment's says nothing about it.
    pub at: Timestamp,
}

/// Halts every deployment that watches the alarm, restores its traffic and wakes it. Answers with their ids.
pub async fn watch_alarms(
    deployments: &impl Deployments,
    aliases: &impl Aliases,
    wakes: &impl Wakes,
    event: &AlarmEvent,
    now: Timestamp,
) -> Result<Vec<DeploymentId>, Problem> {
    let watching = deployments.watching(&event.alarm).await?;
    let red = [event.alarm.clone()];
    let halts = watching.iter().map(|id| halt(deployments, aliases, wakes, id, &red, event.at, now));
    join_all(halts).await.into_iter().collect::<Result<(), Problem>>()?;
    Ok(watching)
}

/// Halts one deployment for `red` alarms, restores its traffic and wakes it.
pub(crate) async fn halt(
    deployments: &impl Deployments,
    aliases: &impl Aliases,
    wakes: &impl Wakes,
    id: &DeploymentId,
    red: &[AlarmName],
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        let names = || red.iter().map(AlarmName::as_str).collect::<Vec<_>>().join(" ");
        let mine = record.created_at <= at && record.order.rolls_back.is_none();
        (mine && record.halt(Cause::Alarm(red.to_vec()), now))
            .then(|| (format!("alarms in ALARM: {}", names()), "Halt", "An alarm went off.".to_owned()))
    };
    let halted = amend(deployments, id, change).await;
    if halted.as_ref().is_err_and(|problem| problem.kind == ProblemKind::Missing) {
        return Ok(());
    }
    halted?;
    // Also when it was halted before: the one who did may have died before the traffic was back.
    let subject = Subject { deployment_id: id.clone() };
    let restored = shift_alias_if_halted(deployments, aliases, &subject, now).await;
    if let Some(parked) = deployments.load(id).await?.and_then(|record| record.parked) {
        wakes.wake(&parked.token).await?;
    }
    match restored {
        // Whatever else stands in the way is the execution's to see and to tell.
        Err(problem) if problem.kind == ProblemKind::Transient => Err(problem),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn shift_alias_if_halted(
    deployments: &impl Deployments,
    aliases: &impl Aliases,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), Problem> {
    let record = deployments.load(&subject.deployment_id).await?;
    match record {
        Some(record) if record.halt.is_some() && record.restored_at.is_none() && record.moves_traffic() => {
            shift_alias(deployments, aliases, subject, now).await.map(|_| ())
        }
        Some(_) | None => Ok(()),
    }
}
