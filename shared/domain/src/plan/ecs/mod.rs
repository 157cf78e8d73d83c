//! Deployments to ECS services: a replacement task set is made, gets the traffic, and the original goes.

mod fit;
mod forward;
mod homeward;
mod install;
mod shift;
mod taken;
mod terminate;

use jiff::Timestamp;

use super::trouble::Trouble;
use super::{Move, ProblemKind, Seen};
pub(super) use forward::{begin, blind, forward};
pub(super) use homeward::{home_words, homeward};

use crate::{Deployment, EventName, EventStatus};

/// Keeps what was just seen of the service, as far as the deployment has begun.
pub(super) fn note(next: &mut Deployment, seen: &Seen, now: Timestamp) {
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
pub(super) fn note_quiet(next: &mut Deployment, step: &Move, now: Timestamp) {
    if !step.changes_service() {
        return next.quieted(now);
    }
    let goes_home = next.goes_home();
    if let Some(progress) = next.ecs.as_mut().filter(|_| !goes_home) {
        progress.quiet_since = None;
    }
}

/// What the service, its task sets and its listeners have against going on.
pub(super) fn service_trouble(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Trouble> {
    let service = match seen.service.as_ref()? {
        // It is looked at again.
        Err(problem) if problem.kind == ProblemKind::Transient => return None,
        Err(problem) => return Trouble::of_reading(next, problem),
        Ok(service) => service,
    };
    match &next.ecs {
        None => fit::unfit(next, service, seen.kept.as_ref()).map(Trouble::drift),
        Some(progress) => taken::gone(next, progress, service, now)
            .or_else(|| taken::taken(next, progress, service, now))
            .or_else(|| install::unhealthy(next, progress, service, now).map(Trouble::certain))
            .or_else(|| forward::not_continued(next, progress, now).map(Trouble::certain)),
    }
}
