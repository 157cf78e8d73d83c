//! Install task set: makes the replacement, once.

use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::problem::Problem;

use crate::deployment::task::{DeploymentRef, load};
use crate::ports::deployments::Deployments;
use crate::ports::services::{NewTaskSet, TaskSets};

/// Makes the replacement task set if the deployment still wants one. Everything that its AppSpec does not say is as it
/// is in the original.
pub async fn install_task_set(
    deployments: &impl Deployments,
    task_sets: &impl TaskSets,
    subject: &DeploymentRef,
) -> Result<(), Problem> {
    let record = load(deployments, &subject.deployment_id).await?;
    let Deployment { spec, ecs: Some(progress), .. } = &record else {
        return Ok(());
    };
    let (Target::Ecs(target), Some((service, _))) = (&spec.target, record.service()) else {
        return Ok(());
    };
    if !record.wants_replacement() {
        return Ok(());
    }
    let new = NewTaskSet { deployment: &record.id, like: &progress.original, target, groups: &progress.groups };
    task_sets.create(&record.session(), service, &new).await
}
