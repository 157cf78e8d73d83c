//! Going on: how a deployment begins that nothing speaks against. What comes then is its platform's.

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Move, Seen, ecs, events, lambda};
use crate::{Deployment, Stage, Target};

/// Clocks differ a little: a wait that ends within this time is over.
pub(super) const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_millis(300);

/// Goes on from the stage that the record is in, through as many stages as need no move.
pub(super) fn forward(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Decision {
    if next.order.target == Target::Unread {
        return Decision::new(Move::ReadRevision, "The AppSpec lies in S3 and is read first.");
    }
    let service = seen.service.as_ref().and_then(|service| service.as_ref().ok());
    if matches!(next.order.target, Target::Ecs(_)) && service.is_none() {
        return ecs::blind(next, seen, now);
    }
    if let Stage::Created = next.stage {
        next.started_at = Some(now);
        let first = match service {
            None => {
                next.found = seen.alias.as_ref().and_then(|alias| alias.as_ref().ok()).map(ToString::to_string);
                Stage::BeforeAllowTraffic
            }
            Some(service) => {
                ecs::begin(next, service, seen.kept.as_ref());
                Stage::BeforeInstall
            }
        };
        events::enter(next, first, now);
    }
    if !next.news.start {
        if !note_untold(next, seen) {
            let what = if service.is_some() { "service" } else { "alias" };
            let split = seen.alias.as_ref().and_then(|alias| alias.as_ref().ok()).filter(|alias| alias.is_split());
            let from = split.map_or_else(String::new, |alias| {
                format!(" It takes over from where somebody else has left the alias: {alias}.")
            });
            let by = next.order.caller.as_ref().map(|caller| format!(" It was created by {caller}."));
            let by = by.unwrap_or_default();
            let why = format!("The {what} and the alarms allow it, so the deployment starts.{by}{from}");
            return Decision::new(Move::Announce, why);
        }
        next.news.start = true;
    }
    match service {
        None => lambda::forward(next, seen, now),
        Some(service) => ecs::forward(next, service, seen, now),
    }
}

/// Notes that telling failed for good, which harms nothing. `false` unless it did.
pub(super) fn note_untold(next: &mut Deployment, seen: &Seen) -> bool {
    let failed = seen.failed.as_ref().filter(|(step, _)| step == Move::Announce.name());
    next.undelivered.extend(failed.map(|(_, problem)| {
        format!(
            "The triggers and EventBridge may not have been notified, because the function Announce failed: {problem}"
        )
    }));
    failed.is_some()
}
