//! Sweep: catches what an event, a start or a wake lost. Everything it finds could also have gone well without it.
//!
//! It looks at many deployments at once, gives each of them a limited time, and begins with another one every time, so
//! that none can keep it from the others.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use spillway_domain::access::session::{Purpose, RoleSession};
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::{AlarmName, ApplicationName, DeploymentId, RoleArn};
use spillway_domain::problem::Problem;

use crate::deployment::pace::{each, rotated};
use crate::deployment::task::{Note, amend};
use crate::deployment::ways_back::{WaysBack, is_to_go_back};
use crate::ports::aliases::Aliases;
use crate::ports::clock::Clock;
use crate::ports::customer::Alarms;
use crate::ports::deployments::Deployments;
use crate::ports::executions::{ExecutionState, Executions, Wakes};
use crate::ports::hosts::{Fleets, HostDossiers, HostWorks};
use crate::ports::services::ListenerShifts;
use crate::server::advance_fleet::{Ticked, tick_thoroughly};

/// What was done for one deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swept {
    /// An alarm's event had been lost.
    Halted(DeploymentId),
    /// It was woken.
    Woken(DeploymentId),
    /// An execution was started for it.
    Started(DeploymentId),
    /// Further hosts of it may work, or have taken too long.
    Released(DeploymentId),
    /// Something kept it from being looked after; the next sweep tries again.
    Troubled(DeploymentId, Problem),
}

/// An execution that neither saves nor wakes for so long is replaced, even if it seems to run.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// How long before its end a sweep begins nothing any more.
const SPARE: SignedDuration = SignedDuration::from_secs(45);
/// How much of its time is kept for waking and starting.
const FOR_WAKING: SignedDuration = SignedDuration::from_secs(60);
/// How many alarms are asked for in one call, which is the most that CloudWatch takes.
const ALARMS_PER_CALL: usize = 100;

/// Looks after every active deployment. Trouble with one does not keep it from the others. `draw` is any number.
pub async fn sweep(
    ways: &WaysBack<
        '_,
        impl Deployments + HostWorks + HostDossiers,
        impl Aliases,
        impl ListenerShifts,
        impl Wakes,
        impl Clock,
    >,
    alarms: &impl Alarms,
    fleets: &impl Fleets,
    executions: &impl Executions,
    draw: u64,
    deadline: Timestamp,
) -> Result<Vec<Swept>, Problem> {
    let ids = rotated(ways.deployments.active().await?, draw);
    let (until, clock) = (deadline - SPARE, ways.clock);
    let mut swept = Vec::new();
    let mut records = Vec::new();
    for (id, loaded) in each(clock, until, ids, async |id| ways.deployments.load(id).await).await {
        match loaded {
            Ok(record) => records.extend(record),
            Err(problem) => swept.push(Swept::Troubled(id, problem)),
        }
    }
    let red = lost_alarms(clock, until, alarms, &records).await;
    let halts = each(clock, until, red, async |(id, red)| ways.halt(id, red, clock.now()).await).await;
    let (halted, failed): (Vec<_>, Vec<_>) = halts.into_iter().partition(|(_, done)| done.is_ok());
    swept.extend(failed.into_iter().filter_map(|((id, _), done)| Some(Swept::Troubled(id, done.err()?))));
    let halted: BTreeSet<DeploymentId> = halted.into_iter().map(|((id, _), _)| id).collect();
    // Ways back come before everything else. One that was halted a moment ago is still in good hands.
    let stuck = records.iter().filter(|record| is_to_go_back(record) && record.overslept(clock.now()));
    let back = stuck.map(|record| &record.id).chain(&halted).cloned().collect();
    for (id, problem) in Box::pin(ways.restore(back, until - FOR_WAKING)).await.left {
        swept.push(Swept::Troubled(id, problem));
    }
    let cared_for = each(clock, until, &records, async |record| {
        if halted.contains(&record.id) {
            ways.wake(&record.id).await?;
            return Ok(Some(Swept::Halted(record.id.clone())));
        }
        if record.server.is_some()
            && let Ticked::Released =
                tick_thoroughly(ways.deployments, fleets, ways.wakes, &record.id, || clock.now()).await?
        {
            return Ok(Some(Swept::Released(record.id.clone())));
        }
        match record.overslept(clock.now()) {
            true => look_after(ways.deployments, ways.wakes, executions, record, clock.now()).await,
            false => Ok(None),
        }
    });
    for (record, done) in Box::pin(cared_for).await {
        swept.extend(done.unwrap_or_else(|problem| Some(Swept::Troubled(record.id.clone(), problem))));
    }
    Ok(swept)
}

/// The deployments that an alarm should have halted, with the alarms. The alarms of all deployments of an application
/// under the same role are asked for together. Of what cannot be read, nothing is concluded: it is read every minute.
async fn lost_alarms(
    clock: &impl Clock,
    until: Timestamp,
    alarms: &impl Alarms,
    records: &[Deployment],
) -> Vec<(DeploymentId, Vec<AlarmName>)> {
    let could_halt = |record: &&Deployment| record.halt.is_none() && !record.is_settled();
    let watching: Vec<&Deployment> = records.iter().filter(could_halt).collect();
    let mut names: BTreeMap<(&RoleArn, &ApplicationName), BTreeSet<&AlarmName>> = BTreeMap::new();
    for record in &watching {
        names.entry(asks_as(record)).or_default().extend(record.spec.alarms.watched());
    }
    let calls = names.into_iter().flat_map(|(asker, names)| {
        let names: Vec<AlarmName> = names.into_iter().cloned().collect();
        let chunks = names.chunks(ALARMS_PER_CALL).map(|chunk| (asker, chunk.to_vec()));
        chunks.collect::<Vec<_>>()
    });
    let read = each(clock, until, calls, async |((role, application), names)| {
        let (role, application) = ((*role).clone(), (*application).clone());
        Ok(alarms.read(&RoleSession { role, application, purpose: Purpose::Sweep }, names).await)
    });
    let read = read.await;
    let mut red: BTreeSet<((&RoleArn, &ApplicationName), AlarmName)> = BTreeSet::new();
    for ((asker, _), reading) in read {
        if let Ok(AlarmReading::Red(names)) = reading {
            red.extend(names.into_iter().map(|name| (asker, name)));
        }
    }
    let is_red = |record: &Deployment, name: &AlarmName| red.contains(&(asks_as(record), name.clone()));
    let own_red = watching.into_iter().map(|record| {
        let own = record.spec.alarms.watched().iter().filter(|name| is_red(record, name));
        (record.id.clone(), own.cloned().collect::<Vec<_>>())
    });
    own_red.filter(|(_, red)| !red.is_empty()).collect()
}

/// The role, and for which application it is assumed.
fn asks_as(record: &Deployment) -> (&RoleArn, &ApplicationName) {
    (&record.spec.role, &record.spec.application)
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
        if current.attempt != record.attempt || current.notified.end {
            return None;
        }
        current.begin_attempt(now);
        let why = "Its execution had died; another goes on.".to_owned();
        Some(Note { seen: format!("execution {died}: ended"), decided: "Restart", why })
    };
    let Some(current) = amend(deployments, &record.id, change).await? else {
        return Ok(None);
    };
    executions.start(&current.execution_name(), &record.id).await?;
    Ok(Some(Swept::Started(record.id.clone())))
}
