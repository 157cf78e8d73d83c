//! What others did to a service, its task sets or its listeners while a deployment was at it.

use jiff::Timestamp;

use crate::{Cause, Deployment, EcsProgress, ServiceState};

/// What somebody else has changed, if anything.
pub(super) fn taken(
    next: &Deployment,
    progress: &EcsProgress,
    service: &ServiceState,
    now: Timestamp,
) -> Option<Cause> {
    let own = [Some(&progress.original), progress.replacement.as_ref()];
    for (what, id) in [("original", own[0]), ("replacement", own[1])] {
        if let Some(id) = id.filter(|id| service.live(id).is_none()) {
            return Some(Cause::ServiceTaken(format!(
                "The {what} task set {id} of service {} was deleted by somebody else during the deployment.",
                service.arn
            )));
        }
    }
    let primary = service.primary().map(|set| &set.id);
    if primary.is_none() || !own.contains(&primary) {
        return Some(Cause::ServiceTaken(format!(
            "Somebody else had {} stand for service {} during the deployment, which is neither its original task set {} \
             nor its replacement.",
            primary.map_or("no task set", String::as_str),
            service.arn,
            progress.original
        )));
    }
    next.stray(service, now).map(|words| {
        let by = "was changed by somebody else during the deployment";
        Cause::ServiceTaken(format!("A load balancer {by}: {words}"))
    })
}
