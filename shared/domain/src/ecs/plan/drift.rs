//! What others did to a service, its task sets or its listeners while a deployment was at it.

use jiff::Timestamp;

use crate::deployment::halt::Cause;
use crate::deployment::record::Deployment;
use crate::deployment::trouble::Trouble;
use crate::ecs::progress::EcsProgress;
use crate::ecs::service::ServiceState;

/// What is not there any more.
pub(super) fn gone(
    next: &Deployment,
    progress: &EcsProgress,
    service: &ServiceState,
    now: Timestamp,
) -> Option<Trouble> {
    for (what, id) in [("original", Some(&progress.original)), ("replacement", progress.replacement.as_ref())] {
        if let Some(id) = id.filter(|id| service.live(id).is_none()) {
            let words = format!(
                "The {what} task set {id} of service {} was deleted during the deployment, and not by this deployment.",
                service.arn
            );
            // What is read may be old; once it is believed, the way back asks again before it gives an original up.
            return Some(Trouble::drift(Cause::ServiceDrifted(words)));
        }
    }
    // One that is not found has no forwards at all.
    let listener = service.listeners().find(|listener| listener.forwards.is_empty())?;
    let words = next.drift_of(listener, *listener != service.listener, now)?;
    Some(Trouble::absence(next, load_balancer_changed(&words)))
}

/// What somebody else has changed, if anything.
pub(super) fn changed(
    next: &Deployment,
    progress: &EcsProgress,
    service: &ServiceState,
    now: Timestamp,
) -> Option<Trouble> {
    let own = [Some(&progress.original), progress.replacement.as_ref()];
    let primary = service.primary().map(|set| &set.id);
    if primary.is_none() || !own.contains(&primary) {
        return Some(Trouble::drift(Cause::ServiceDrifted(format!(
            "The PRIMARY task set of service {} was changed during the deployment, and not by this deployment: it is \
             now {}, which is neither the original task set {} nor the replacement.",
            service.arn,
            primary.map_or("none", String::as_str),
            progress.original
        ))));
    }
    next.drift(service, now).map(|words| Trouble::drift(load_balancer_changed(&words)))
}

fn load_balancer_changed(words: &str) -> Cause {
    let by = "was changed during the deployment, and not by this deployment";
    Cause::ServiceDrifted(format!("A load balancer {by}: {words}"))
}
