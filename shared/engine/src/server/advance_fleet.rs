//! Advance fleet: whenever a host has ended, and every minute, it lets further hosts work. The execution waits
//! meanwhile, and is woken when something else than waiting is due.

use std::collections::BTreeSet;

use jiff::Timestamp;
use spillway_domain::catalog::alarms::AlarmReading;
use spillway_domain::deployment::decision::{Move, Seen};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::names::DeploymentId;
use spillway_domain::plan::plan;
use spillway_domain::problem::Problem;
use spillway_domain::server::stage::ServerStage;

use crate::deployment::task::{MOST_TRIES, load, save};
use crate::deployment::wake::wake_or_leave;
use crate::ports::deployments::{Change, Deployments};
use crate::ports::executions::Wakes;
use crate::ports::hosts::{Fleets, HostDossiers, HostWorks};
use crate::retry::{Tried, retry_stale, unless_stale};
use crate::server::look_at_hosts::{look_at_hosts, lose_terminated};

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticked {
    /// Nothing was due.
    Idle,
    /// Further hosts may work.
    Released,
    /// The execution was woken, since something else than waiting is due.
    Woken,
}

/// Ticks for each of these deployments. Trouble with one does not keep the others from their turn; all of it is tried
/// again with the next host that ends, and every minute.
pub async fn advance_fleet(
    store: &(impl Deployments + HostWorks + HostDossiers),
    wakes: &impl Wakes,
    deployments: &BTreeSet<DeploymentId>,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let mut failed = None;
    for id in deployments {
        failed = tick(store, wakes, id, &clock).await.err().or(failed);
    }
    failed.map_or(Ok(()), Err)
}

/// Ticks, after it has looked whether hosts are terminated that do not begin.
pub async fn tick_thoroughly(
    store: &(impl Deployments + HostWorks + HostDossiers),
    fleets: &impl Fleets,
    wakes: &impl Wakes,
    id: &DeploymentId,
    clock: impl Fn() -> Timestamp,
) -> Result<Ticked, Problem> {
    let record = load(store, id).await?;
    if !is_deploying(&record) {
        return Ok(Ticked::Idle);
    }
    lose_terminated(store, fleets, &record, clock()).await?;
    tick(store, wakes, id, clock).await
}

/// Looks at the hosts of a deployment, and decides as [`decide`](crate::deployment::decide) does. Where what is decided is
/// to wait for hosts, the watermark is saved under the wait that is parked, and so it is while the execution controls
/// traffic; everything else is left to the execution.
pub async fn tick(
    store: &(impl Deployments + HostWorks + HostDossiers),
    wakes: &impl Wakes,
    id: &DeploymentId,
    clock: impl Fn() -> Timestamp,
) -> Result<Ticked, Problem> {
    let ticked = retry_stale(MOST_TRIES, async || {
        let record = load(store, id).await?;
        if !is_deploying(&record) {
            return Ok(Tried::Break(Ticked::Idle));
        }
        let seen = Seen {
            alias: None,
            service: None,
            kept: None,
            fleet: look_at_hosts(store, &record, clock()).await,
            // Alarms have an event of their own, which halts the deployment.
            alarms: AlarmReading::Quiet,
            failed: None,
            spare_id: record.id.clone(),
        };
        let plan = plan(&record, &seen, clock());
        // An execution that does not wait controls traffic already, or decides next.
        let controls = plan.step == Move::ControlTraffic && record.parked.is_none();
        if !controls && !matches!(plan.step, Move::AwaitHosts { .. }) {
            wake_or_leave(wakes, &record).await;
            return Ok(Tried::Break(Ticked::Woken));
        }
        if plan.next.server == record.server {
            return Ok(Tried::Break(Ticked::Idle));
        }
        let next = Deployment { parked: record.parked.clone(), ..plan.next };
        let change = Change { next: &next, entry: plan.entry.as_ref(), closes: false, successor: None, locks: false };
        unless_stale(save(store, change).await.map(|()| Ticked::Released))
    });
    // Where other writers came first every time, one of them has ticked.
    Ok(ticked.await?.unwrap_or(Ticked::Idle))
}

/// Whether hosts of the deployment may go on.
pub(crate) fn is_deploying(record: &Deployment) -> bool {
    record.stage == Stage::Server(ServerStage::Deploy) && record.halt.is_none() && !record.has_ended()
}
