//! Answer lifecycle action: tells Auto Scaling how the instance of a deployment is doing.

use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::lifecycle_action::ActionAnswer;

use crate::deployment::task::{Note, amend, load};
use crate::ports::autoscaling::LifecycleActions;
use crate::ports::deployments::Deployments;

/// Tells Auto Scaling that the instance is still being deployed to, or, once the deployment has ended, how the instance
/// fared. An answer that comes twice changes nothing.
pub async fn answer_lifecycle_action(
    store: &impl Deployments,
    actions: &impl LifecycleActions,
    id: &DeploymentId,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let record = load(store, id).await?;
    let Some((action, answer)) = record.answer_due() else { return Ok(()) };
    let waits = actions.answer(&record.session(), action, answer).await?;
    let instance = action.instance.clone();
    amend(store, id, |record: &mut Deployment| {
        let why = match (waits, answer) {
            (true, ActionAnswer::Heartbeat) => format!("Auto Scaling goes on waiting for {instance}."),
            (true, ActionAnswer::Continue) => format!("Auto Scaling goes on with {instance}."),
            (true, ActionAnswer::Abandon) => format!("Auto Scaling terminates {instance} and launches another."),
            (false, _) => format!("Auto Scaling does not wait for {instance} any more."),
        };
        let seen = "answer to Auto Scaling: taken".to_owned();
        record.note_told(answer, clock()).then_some(Note { seen, decided: "AnswerLifecycleAction", why })
    })
    .await
    .map(|_| ())
}
