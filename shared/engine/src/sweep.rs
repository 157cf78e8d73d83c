//! Sweep: catches what an event, a start or a wake lost. Everything it finds could also have gone well without it.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::{AlarmReading, Deployment, DeploymentId, Problem};

use crate::task::amend;
use crate::watch_alarms::halt;
use crate::{Alarms, Aliases, Deployments, ExecutionState, Executions, ListenerShifts, Wakes};

/// What was done for one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swept {
    /// An alarm's event had been lost.
    Halted(DeploymentId),
    /// It was woken.
    Woken(DeploymentId),
    /// An execution was started for it.
    Started(DeploymentId),
    /// Something kept it from being looked after; the next sweep tries again.
    Troubled(DeploymentId, Problem),
}

/// An execution that neither saves nor wakes for so long is replaced, even if it seems to run.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// Looks after every active deployment. Trouble with one does not keep it from the others.
pub async fn sweep(
    deployments: &impl Deployments,
    (aliases, listeners): (&impl Aliases, &impl ListenerShifts),
    alarms: &impl Alarms,
    wakes: &impl Wakes,
    executions: &impl Executions,
    clock: impl Fn() -> Timestamp,
) -> Result<Vec<Swept>, Problem> {
    let mut swept = Vec::new();
    for id in deployments.active().await? {
        let done = async {
            let Some(record) = deployments.load(&id).await? else {
                return Ok(None);
            };
            if let Some(red) = lost_alarm(alarms, &record).await {
                Box::pin(halt(deployments, (aliases, listeners), wakes, &id, &red, clock(), &clock)).await?;
                return Ok(Some(Swept::Halted(id.clone())));
            }
            if !record.overslept(clock()) {
                return Ok(None);
            }
            look_after(deployments, wakes, executions, &record, clock()).await
        };
        match done.await {
            Ok(done) => swept.extend(done),
            Err(problem) => swept.push(Swept::Troubled(id, problem)),
        }
    }
    Ok(swept)
}

async fn lost_alarm(alarms: &impl Alarms, record: &Deployment) -> Option<Vec<spillway_domain::AlarmName>> {
    let names = record.order.alarms.watched();
    if names.is_empty() || record.halt.is_some() || record.is_settled() {
        return None;
    }
    match alarms.read(&record.session(), names).await {
        AlarmReading::Red(red) => Some(red),
        AlarmReading::Quiet | AlarmReading::Unreadable(_) => None,
    }
}

async fn look_after(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    executions: &impl Executions,
    record: &Deployment,
    now: Timestamp,
) -> Result<Option<Swept>, Problem> {
    let name = record.execution_name();
    let id = &record.id;
    let given_up =
        now > record.updated_at.max(record.parked.as_ref().map_or(record.updated_at, |p| p.until)) + GIVEN_UP_AFTER;
    match executions.state(&name).await? {
        ExecutionState::Missing => {
            executions.start(&name, id).await?;
            Ok(Some(Swept::Started(id.clone())))
        }
        ExecutionState::Running if !given_up => match &record.parked {
            None => Ok(None),
            Some(parked) => {
                wakes.wake(&parked.token).await?;
                Ok(Some(Swept::Woken(id.clone())))
            }
        },
        ExecutionState::Running => {
            executions.stop(&name).await?;
            restart(deployments, executions, record, now).await
        }
        ExecutionState::Ended => restart(deployments, executions, record, now).await,
    }
}

/// A further execution, under a name of its own, for one that died.
async fn restart(
    deployments: &impl Deployments,
    executions: &impl Executions,
    record: &Deployment,
    now: Timestamp,
) -> Result<Option<Swept>, Problem> {
    let died = record.execution_name();
    let change = |current: &mut Deployment| {
        if current.attempt != record.attempt || current.news.end {
            return None;
        }
        current.begin_attempt(now);
        Some((format!("execution {died}: ended"), "Restart", "Its execution had died; another goes on.".to_owned()))
    };
    let Some(current) = amend(deployments, &record.id, change).await? else {
        return Ok(None);
    };
    executions.start(&current.execution_name(), &record.id).await?;
    Ok(Some(Swept::Started(record.id.clone())))
}
