//! Await deployment: parks an execution until a deployment has ended.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use spillway_domain::{DeploymentId, Problem};

use crate::{Deployments, Waiters, Wakes};

/// An execution that waits for the end of a deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiter {
    /// The deployment.
    pub deployment_id: DeploymentId,
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
    let Waiter { deployment_id, token, seconds } = waiter;
    let until = now + SignedDuration::from_secs(i64::from(*seconds));
    store.add_waiter(deployment_id, token, until).await?;
    let record = store.load(deployment_id).await?;
    if record.is_none_or(|record| record.has_ended()) { wakes.wake(token).await } else { Ok(()) }
}
