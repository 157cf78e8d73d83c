//! Await hosts: parks the wait for the hosts of a deployment.

use jiff::Timestamp;
use spillway_domain::problem::Problem;

use crate::deployment::bake::bake;
use crate::deployment::task::Task;
use crate::ports::deployments::Deployments;
use crate::ports::executions::Wakes;
use crate::ports::hosts::{HostDossiers, HostWorks};
use crate::server::advance_fleet::tick;

/// Parks the wait for the hosts, and ticks: what a host did between the decision and the wait would be lost otherwise.
pub async fn await_hosts(
    store: &(impl Deployments + HostWorks + HostDossiers),
    wakes: &impl Wakes,
    task: &Task,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    bake(store, wakes, task, clock()).await?;
    tick(store, wakes, &task.deployment_id, clock).await.map(|_| ())
}
