//! Retire task set: deletes the task set that the deployment does not need any more.

use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::service::TaskSet;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{DeploymentRef, load};
use crate::ecs::observe_service::observe_service;
use crate::ports::deployments::Deployments;
use crate::ports::services::{Listeners, Observation, TaskSets};

/// Deletes it, if there is one, and nothing sends traffic to it at this moment.
pub async fn retire_task_set(
    deployments: &impl Deployments,
    task_sets: &impl TaskSets,
    listeners: &impl Listeners,
    subject: &DeploymentRef,
    now: Timestamp,
) -> Result<(), Problem> {
    let record = load(deployments, &subject.deployment_id).await?;
    let Some(observation) = Observation::of(&record) else {
        return Ok(());
    };
    let service = observe_service(task_sets, listeners, &observation).await?;
    let Some(set) = record.to_retire(&service, now) else {
        return Ok(());
    };
    // Else it is the deployment's own original or replacement.
    if record.wants_replacement() && !may_make_way(deployments, &record, set).await? {
        let words = format!(
            "Task set {} is behind the target group that the replacement needs, and no deployment that is still on record \
             has made or kept it. Delete it first.",
            set.id
        );
        return Err(Problem::new(ProblemKind::Refused, words));
    }
    task_sets.delete(&observation.session, &observation.service, &set.id).await
}

/// Whether a deployment that is on record has made the task set, or the last one has left it for this one to delete.
async fn may_make_way(deployments: &impl Deployments, record: &Deployment, set: &TaskSet) -> Result<bool, Problem> {
    if record.ecs.as_ref().is_some_and(|progress| progress.kept.as_ref() == Some(&set.id)) {
        return Ok(true);
    }
    match set.external_id.as_deref().map(str::parse::<DeploymentId>) {
        Some(Ok(maker)) => deployments.load(&maker).await.map(|found| found.is_some()),
        Some(Err(_)) | None => Ok(false),
    }
}
