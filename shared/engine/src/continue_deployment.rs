//! ContinueDeployment and SkipWaitTimeForInstanceTermination.

use jiff::Timestamp;
use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::Rejection;

use crate::task::amend;
use crate::wake::wake_or_leave;
use crate::{Deployments, Error, Wakes, load_deployment};

/// Ends a wait of a deployment before its time, and wakes it.
pub async fn continue_deployment(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    id: &DeploymentId,
    wait: Gate,
    caller: Option<&Caller>,
    now: Timestamp,
) -> Result<(), Error> {
    let deployment = load_deployment(deployments, id).await?;
    if deployment.has_ended() {
        return Err(Rejection::AlreadyCompleted(deployment.id).into());
    }
    let platform = deployment.spec.platform;
    if platform != ComputePlatform::Ecs {
        return Err(Rejection::NoWait { deployment: deployment.id, platform, wait }.into());
    }
    let change = |record: &mut Deployment| {
        let why = format!("ContinueDeployment was called with {} by {}.", wait.as_str(), Caller::in_words(caller));
        record.end_wait(wait, now).then(|| ("request: continue".to_owned(), "Continue", why))
    };
    let Some(record) = amend(deployments, id, change).await? else {
        return Err(Rejection::NotWaiting { deployment: id.clone(), wait }.into());
    };
    wake_or_leave(wakes, &record).await;
    Ok(())
}
