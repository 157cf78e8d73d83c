//! Await deployment: parks an execution until one of some deployments has ended.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;

use crate::ports::deployments::Deployments;
use crate::ports::executions::{Waiters, Wakes};

/// An execution that waits for the end of a deployment, whichever ends first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiter {
    /// The deployments.
    pub deployment_ids: Vec<DeploymentId>,
    /// Step Functions' task token.
    pub token: String,
    /// For how long at most.
    pub seconds: u32,
}

/// Parks first and looks afterwards, so that an end in between is seen by one of the two: those who wait are woken when
/// the end is announced, which comes after it is recorded.
pub async fn await_deployment(
    store: &(impl Deployments + Waiters),
    wakes: &impl Wakes,
    waiter: &Waiter,
    now: Timestamp,
) -> Result<(), Problem> {
    let Waiter { deployment_ids, token, seconds } = waiter;
    let until = now + SignedDuration::from_secs(i64::from(*seconds));
    for id in deployment_ids {
        store.add_waiter(id, token, until).await?;
    }
    for id in deployment_ids {
        if store.load(id).await?.is_none_or(|record| record.has_ended()) {
            return wakes.wake(token).await;
        }
    }
    Ok(())
}
