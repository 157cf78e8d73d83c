//! Operations on the targets and instances of deployments.

use std::convert::Infallible;

use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::TargetRejection;

use crate::operations::Error;
use crate::operations::deployment::load_deployment;
use crate::ports::deployments::Deployments;

/// The deployment, once its targets are known and if these are ids of such. A deployment to Lambda or ECS has one.
pub async fn find_targets(
    deployments: &impl Deployments,
    id: &DeploymentId,
    targets: &[String],
) -> Result<Deployment, Error> {
    let deployment = load_deployment(deployments, id).await?;
    if let Some(malformed) = targets.iter().find(|asked| !is_target_id(asked)) {
        let platform = deployment.spec.platform;
        return Err(TargetRejection::Malformed { asked: malformed.clone(), platform }.into());
    }
    if deployment.spec.target == Target::Unread && !deployment.has_ended() {
        return Err(TargetRejection::NotStarted(deployment.id).into());
    }
    if targets.len() > 1 {
        return Err(TargetRejection::OneTarget { deployment: id.clone(), asked: targets.len() }.into());
    }
    let own = deployment.target_id();
    match targets.iter().find(|asked| own.as_ref() != Some(*asked)) {
        None => Ok(deployment),
        Some(asked) => Err(TargetRejection::DoesNotExist { deployment: id.clone(), asked: asked.clone(), own }.into()),
    }
}

/// Whether a text has the form of a target's id: on every platform that has one, two names around a colon.
fn is_target_id(text: &str) -> bool {
    text.split_once(':').is_some_and(|(whole, part)| !whole.is_empty() && !part.is_empty())
}

/// The instances of a deployment. Only deployments to servers have some, and there are none of those.
pub async fn find_deployment_instances(deployments: &impl Deployments, id: &DeploymentId) -> Result<Infallible, Error> {
    let deployment = load_deployment(deployments, id).await?;
    Err(TargetRejection::NoInstances { deployment: deployment.id, platform: deployment.spec.platform }.into())
}
