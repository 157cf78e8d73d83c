//! Promote task set: has the task set stand for the service that the record says.

use spillway_domain::ecs::service::TaskSetStatus;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{DeploymentRef, load};
use crate::ports::deployments::Deployments;
use crate::ports::services::TaskSets;
use crate::retry::{Tried, contended, retry_stale};

/// How often it looks again when something came between.
const MOST_ROUNDS: usize = 8;

/// Has it so. What was written is read back, and the record once more, as ECS has no compare-and-set.
pub async fn promote_task_set(
    deployments: &impl Deployments,
    task_sets: &impl TaskSets,
    subject: &DeploymentRef,
) -> Result<(), Problem> {
    let promoted = retry_stale(MOST_ROUNDS, async || {
        let record = load(deployments, &subject.deployment_id).await?;
        let session = &record.session();
        let Some((wanted, (service, _))) = record.desired_primary().zip(record.service()) else {
            return Ok(Tried::Break(()));
        };
        let seen = task_sets.read(session, service).await?;
        let primary = seen.task_sets.iter().find(|set| set.status == TaskSetStatus::Primary);
        if primary.is_some_and(|primary| primary.id == wanted) {
            return Ok(Tried::Break(()));
        }
        let current = load(deployments, &subject.deployment_id).await?;
        if current.desired_primary() == Some(wanted) {
            task_sets.promote(session, service, wanted).await?;
        }
        Ok::<_, Problem>(Tried::Continue(()))
    });
    promoted.await?.ok_or_else(|| contended(ProblemKind::Stale, "The PRIMARY task set"))
}
