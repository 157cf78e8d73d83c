//! Going on: how a deployment begins that nothing speaks against. What comes then is its platform's.

use jiff::Timestamp;

use crate::deployment::decision::{Decision, Move, Seen, Step};
use crate::deployment::record::Deployment;
use crate::deployment::spec::Target;
use crate::deployment::stage::Stage;
use crate::lambda::alias::AliasState;
use crate::server::target::ServerTarget;
use crate::{ecs, lambda, server};

/// What is next on the way forward.
pub(super) fn forward(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Step {
    if let Target::Server(target) = next.spec.target.clone() {
        return to_hosts(next, &target, seen, now);
    }
    if next.spec.target == Target::Unread {
        return Step::Make(Decision::new(Move::ReadRevision, "The AppSpec lies in S3 and is read first."));
    }
    let alias = seen.alias.as_ref().and_then(|alias| alias.as_ref().ok());
    let service = seen.service.as_ref().and_then(|service| service.as_ref().ok());
    let is_ecs = matches!(next.spec.target, Target::Ecs(_));
    if is_ecs && service.is_none() {
        return ecs::plan::blind(next, seen, now);
    }
    if next.stage == Stage::Created {
        next.started_at = Some(now);
        match service {
            None => lambda::plan::begin(next, alias, now),
            Some(service) => ecs::plan::begin(next, service, seen.kept.as_ref(), now),
        }
    }
    if !next.notified.start {
        if !next.note_undelivered(seen) {
            return Step::Make(announce_start(next, alias, is_ecs));
        }
        next.notified.start = true;
    }
    match service {
        None => lambda::plan::forward(next, seen, now),
        Some(service) => ecs::plan::forward(next, service, seen, now),
    }
}

/// The same for a fleet of hosts.
fn to_hosts(next: &mut Deployment, target: &ServerTarget, seen: &Seen, now: Timestamp) -> Step {
    if next.stage == Stage::Created {
        next.started_at = Some(now);
        server::plan::begin(next, now);
    }
    if !next.notified.start {
        if !next.note_undelivered(seen) {
            let by = next.spec.caller.as_ref().map_or_else(String::new, |by| format!(" It was created by {by}."));
            return Step::Make(Decision::new(
                Move::Announce,
                format!("The alarms allow it, so the deployment starts.{by}"),
            ));
        }
        next.notified.start = true;
    }
    server::plan::forward(next, target, seen, now)
}

fn announce_start(next: &Deployment, alias: Option<&AliasState>, is_ecs: bool) -> Decision {
    let what = if is_ecs { "service" } else { "alias" };
    let from = alias
        .filter(|alias| alias.is_split())
        .map_or_else(String::new, |alias| format!(" It starts from the split that it found on the alias: {alias}."));
    let by = next.spec.caller.as_ref().map_or_else(String::new, |caller| format!(" It was created by {caller}."));
    let why = format!("The {what} and the alarms allow it, so the deployment starts.{by}{from}");
    Decision::new(Move::Announce, why)
}
