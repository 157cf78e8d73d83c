//! StopDeployment.

use jiff::Timestamp;
use spillway_domain::access::caller::Caller;
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::Rejection;

use crate::task::amend;
use crate::wake::wake_or_leave;
use crate::{Deployments, Error, Wakes};

/// Halts the deployment and wakes it, and answers with its record. Traffic goes back to the original version, with a
/// rollback deployment or without one: no end leaves it on two. It is handed a clock, not a time, because what is waited
/// for after a halt counts from when it was saved.
pub async fn stop_deployment(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    id: &DeploymentId,
    rollback: Option<bool>,
    caller: Option<&Caller>,
    clock: impl Fn() -> Timestamp,
) -> Result<Deployment, Error> {
    let record = deployments.load(id).await?.ok_or_else(|| Rejection::NoDeployment(id.clone()))?;
    if record.is_settled() {
        return Err(Rejection::AlreadyCompleted(id.clone()).into());
    }
    if record.spec.rolls_back.is_some() {
        return Err(Rejection::RollbackCannotStop(id.clone()).into());
    }
    let mut ended = false;
    let change = |record: &mut Deployment| {
        ended = record.is_settled();
        let why = format!("StopDeployment was called by {}.", Caller::in_words(caller));
        record
            .halt(Cause::Stop { rollback, caller: caller.cloned() }, clock())
            .then(|| ("request: stop".to_owned(), "Halt", why))
    };
    amend(deployments, id, change).await?;
    if ended {
        return Err(Rejection::AlreadyCompleted(id.clone()).into());
    }
    let record = deployments.load(id).await?.ok_or_else(|| Rejection::NoDeployment(id.clone()))?;
    wake_or_leave(wakes, &record).await;
    Ok(record)
}
