//! Deployments to ECS services: a replacement task set is made, gets the traffic, and the original goes.

use crate::deployment::decision::{Move, Seen};
use crate::deployment::lifecycle::{EventName, EventStatus};
use crate::deployment::record::Deployment;
use crate::deployment::trouble::Trouble;
use crate::problem::ProblemKind;

mod drift;
mod fit;
mod forward;
mod install;
mod restore;
mod shift;
mod terminate;

pub(crate) use forward::{begin, blind, forward};
pub(crate) use restore::{restore, where_traffic_is};

use jiff::Timestamp;

/// Keeps what was just seen of the service, as far as the deployment has begun.
pub(crate) fn note(next: &mut Deployment, seen: &Seen, now: Timestamp) {
    let installed = next.event(EventName::Install).is_some_and(|event| event.status == EventStatus::Succeeded);
    let maker = next.maker().clone();
    let (Some(Ok(service)), Some(progress)) = (&seen.service, &mut next.ecs) else {
        return;
    };
    let replacement = service.made_for(maker.as_str());
    if let Some(set) = replacement {
        progress.replacement = Some(set.id.clone());
    }
    let unsteady = installed && replacement.is_some_and(|set| !set.steady);
    progress.unsteady_since = unsteady.then(|| progress.unsteady_since.unwrap_or(now));
    let own = |id: &String| *id == progress.original || Some(id) == progress.replacement.as_ref();
    progress.seen = service.task_sets.iter().filter(|set| own(&set.id)).cloned().collect();
    if let Some(share) = service.share(&progress.groups) {
        next.share = share;
    }
}

/// Notes whether a move is under way that changes the service. A decision is only made when the move before has ended.
/// Those of a deployment that goes home do no harm however late they are.
pub(crate) fn note_quiet(next: &mut Deployment, step: &Move, now: Timestamp) {
    if !step.changes_service() {
        return next.quieted(now);
    }
    let goes_back = next.goes_back();
    if let Some(progress) = next.ecs.as_mut().filter(|_| !goes_back) {
        progress.quiet_since = None;
    }
}

/// What the service, its task sets and its listeners have against going on.
pub(crate) fn trouble(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Trouble> {
    let service = match seen.service.as_ref()? {
        // It is looked at again.
        Err(problem) if problem.kind == ProblemKind::Transient => return None,
        Err(problem) => return Trouble::of_reading(next, problem),
        Ok(service) => service,
    };
    match &next.ecs {
        None => fit::unfit(next, service, seen.kept.as_ref()).map(Trouble::drift),
        Some(progress) => drift::gone(next, progress, service, now)
            .or_else(|| drift::changed(next, progress, service, now))
            .or_else(|| install::unhealthy(next, progress, service, now).map(Trouble::certain))
            .or_else(|| forward::not_continued(next, now).map(Trouble::certain)),
    }
}
