//! Ending: traffic back home first, then the record, the rollback deployment and the news.

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Move, Seen, ecs, events, forward, lambda, trouble};
use crate::words::followed_by;
use crate::{
    AlarmConfiguration, AutoRollbackEvent, Cause, ConfigName, Creator, Deployment, Diagnostics, DiagnosticsCode, Doubt,
    Ending, Error, EventStatus, Halt, LambdaTarget, NewRevision, Order, RevisionKind, Routing, Stage, Status, Target,
};

/// The shortest wait before a refused restore is tried again.
const SHORTEST_RETRY_SECONDS: u32 = 5;
/// The longest.
const LONGEST_RETRY_SECONDS: u32 = 600;

/// A halted deployment: first the traffic goes home, then it ends.
pub(super) fn wind_down(next: &mut Deployment, halt: &Halt, seen: &Seen, now: Timestamp) -> Decision {
    let homeward = match &next.order.target {
        Target::Lambda(_) => lambda::homeward(next, halt, seen, now),
        Target::Ecs(_) => ecs::homeward(next, halt.at, seen, now),
        Target::Invalid(_) | Target::Unread => Homeward::There,
    };
    match believe(next, homeward, now) {
        Homeward::Go(decision) => decision,
        Homeward::There => end(next, halt, None, seen, now),
        Homeward::Blocked(words) | Homeward::Gone(words) => end(next, halt, Some(words), seen, now),
    }
}

/// What is gone is looked at again first, for as long as traffic may be on two versions and AWS may be wrong.
pub(super) fn believe(next: &mut Deployment, homeward: Homeward, now: Timestamp) -> Homeward {
    let Homeward::Gone(words) = homeward else {
        next.doubts.clear();
        return homeward;
    };
    let Some(until) = trouble::absent_until(next, now) else { return Homeward::Gone(words) };
    let seconds = trouble::seconds_to_next_look(next, Doubt::Absence, until, now);
    let stop = if words.ends_with('.') { "" } else { "." };
    let why = format!("{words}{stop} This may pass, so one look does not decide.");
    Homeward::Go(Decision::new(Move::Bake { seconds }, why).waiting("another look at it", until))
}

/// What stands between the traffic and where it came from.
pub(super) enum Homeward {
    /// A move.
    Go(Decision),
    /// Nothing.
    There,
    /// Something that no move can change; what.
    Blocked(String),
    /// The same, if it is true that something is not there any more.
    Gone(String),
}

/// Waits as long again as it has taken so far.
pub(super) fn try_later(since: Timestamp, words: &str, now: Timestamp) -> Homeward {
    let why = format!("Traffic is not yet back, because AWS refuses: {words} It is tried until it works.");
    look_later(since, why, "the next try to restore the traffic", now)
}

/// The same, for that reason and that purpose.
pub(super) fn look_later(since: Timestamp, why: String, what: &str, now: Timestamp) -> Homeward {
    let seconds = u32::try_from(now.duration_since(since).as_secs()).unwrap_or(SHORTEST_RETRY_SECONDS);
    let seconds = seconds.clamp(SHORTEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS);
    let until = now + SignedDuration::from_secs(i64::from(seconds));
    Homeward::Go(Decision::new(Move::Bake { seconds }, why).waiting(what, until))
}

/// Ends a halted deployment, with a rollback deployment where one is due.
pub(super) fn end(
    next: &mut Deployment,
    halt: &Halt,
    blocked: Option<String>,
    seen: &Seen,
    now: Timestamp,
) -> Decision {
    let cause = &halt.cause;
    let mut message = cause.message(&next.order);
    let further = match &blocked {
        // Its own words tell already who has what.
        Some(_) if matches!(cause, Cause::AliasTaken(_)) => None,
        Some(words) if matches!(cause, Cause::ServiceTaken(own) if own == words) => None,
        Some(words) => Some(words.clone()),
        None => home_words(next, cause),
    };
    if let Some(further) = further {
        message = followed_by(message, &further);
    }
    fail_events(next, cause, &message, now);

    let due = blocked.is_none() && has_found(next, seen) && next.order.rolls_back.is_none() && rolls_back(next, cause);
    let successor = if due { rollback(next, seen, now) } else { None };
    let id = successor.as_ref().map(|deployment| deployment.id.clone());
    let error = Error { code: cause.code(next.order.platform), message };
    let rollback_message = id
        .as_ref()
        .map(|id| {
            format!("Deployment {} terminated. Automatic rollback is triggered with a DeploymentId {id}.", next.id)
        })
        .or_else(|| {
            (!due && next.order.rolls_back.is_none() && rolls_back(next, cause))
                .then(|| nothing_to_roll_back(next, blocked.is_some()).to_owned())
        });
    let words = format!("Ended {}: {}", cause.status().as_str(), error.message);
    next.stage = Stage::Ended;
    next.ending =
        Some(Ending { status: cause.status(), error: Some(error), at: now, rolled_back_by: id, rollback_message });
    Decision { successor, ..Decision::new(announce_or_end(next), words) }
}

/// Where the traffic is, in words.
fn home_words(next: &Deployment, cause: &Cause) -> Option<String> {
    match &next.order.target {
        // Their own words tell that nothing was changed.
        _ if matches!(
            cause,
            Cause::AliasUnsuitable(_) | Cause::ServiceUnsuitable(_) | Cause::ListenerUnsuitable(_)
        ) =>
        {
            None
        }
        Target::Lambda(_) if !next.moves_traffic() => Some("No traffic was moved.".to_owned()),
        Target::Lambda(_) => next.home().map(|home| format!("All traffic is on version {home}.")),
        Target::Ecs(_) => Some(ecs::home_words(next)),
        Target::Invalid(_) | Target::Unread => None,
    }
}

/// Whether what it would roll back to is known, and its own.
fn has_found(next: &Deployment, seen: &Seen) -> bool {
    match &next.order.target {
        Target::Lambda(_) => matches!(&seen.alias, Some(Ok(alias)) if next.owns(alias)) || next.restored_at.is_some(),
        Target::Ecs(_) => next.ecs.is_some() && next.touches_service(),
        Target::Invalid(_) | Target::Unread => false,
    }
}

fn nothing_to_roll_back(next: &Deployment, blocked: bool) -> &'static str {
    if blocked {
        return "No rollback deployment was made; the error's message says what stands in its way.";
    }
    match &next.order.target {
        Target::Ecs(_) => "There is nothing to roll back to: nothing was changed.",
        Target::Lambda(_) | Target::Invalid(_) | Target::Unread => {
            "There is nothing to roll back to: the alias is not this deployment's."
        }
    }
}

/// Ends a deployment that nothing spoke against.
pub(super) fn succeed(next: &mut Deployment, words: String, now: Timestamp) -> Decision {
    events::end(next, now);
    next.stage = Stage::Ended;
    next.ending = Some(Ending {
        status: Status::Succeeded,
        error: None,
        at: now,
        rolled_back_by: None,
        rollback_message: next.order.rolls_back.as_ref().map(|id| triggered(next, id.as_str())),
    });
    Decision::new(announce_or_end(next), words)
}

/// What is left to do once the record is closed: the news, and the end of the execution.
pub(super) fn finish(next: &mut Deployment, seen: &Seen) -> Decision {
    if !next.news.end && forward::note_untold(next, seen) {
        next.news.end = true;
    }
    Decision::new(announce_or_end(next), "It is over.")
}

fn announce_or_end(next: &Deployment) -> Move {
    let Some(ending) = next.ending.as_ref().filter(|_| next.news.end) else {
        return Move::Announce;
    };
    match (ending.status, ending.error.clone(), ending.rolled_back_by.clone()) {
        (_, Some(error), Some(id)) => Move::RollBack { id, error },
        (Status::Stopped, Some(error), None) => Move::Stopped { error },
        (_, Some(error), None) => Move::Failed { error },
        (_, None, _) => Move::Succeeded,
    }
}

/// The event that was under way has failed; those after it never begin.
fn fail_events(next: &mut Deployment, cause: &Cause, message: &str, now: Timestamp) {
    let current = next.current_event();
    let hook = current.and_then(|event| next.order.target.hook(event)).map_or_else(String::new, ToString::to_string);
    for event in &mut next.events {
        match event.status {
            EventStatus::Succeeded | EventStatus::Failed | EventStatus::Skipped => {}
            EventStatus::Pending if Some(event.name) != current => event.status = EventStatus::Skipped,
            EventStatus::Pending | EventStatus::InProgress => {
                event.status = EventStatus::Failed;
                event.started_at = event.started_at.or(Some(now));
                event.ended_at = Some(now);
                let said = event.hook.as_ref().and_then(|run| run.verdict.clone());
                event.diagnostics = Some(match (cause, said) {
                    (Cause::Hook { .. }, Some(crate::Verdict::Failed(diagnostics))) => diagnostics,
                    (Cause::Hook { .. }, _) => {
                        let trouble = event.hook.as_ref().and_then(|run| run.trouble.as_deref());
                        let (script, words) = match trouble {
                            Some(trouble) => (hook.as_str(), format!("{trouble} None came in time.")),
                            None => ("", message.to_owned()),
                        };
                        Diagnostics::of_hook(DiagnosticsCode::ScriptTimedOut, script, words, "")
                    }
                    (_, _) => Diagnostics::of_hook(DiagnosticsCode::UnknownError, "", message, ""),
                });
            }
        }
    }
}

/// Whether the caller, or the configuration, wants a rollback deployment.
fn rolls_back(next: &Deployment, cause: &Cause) -> bool {
    if let Cause::Stop { rollback: Some(wanted), .. } = cause {
        return *wanted;
    }
    cause.rollback_event().is_some_and(|event: AutoRollbackEvent| next.order.rollback.covers(event))
}

/// The rollback deployment: back to what had the traffic, all at once and without hooks.
fn rollback(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Box<Deployment>> {
    let (config, target) = match &next.order.target {
        Target::Lambda(target) => {
            let (current, back) = (target.target, target.current);
            let target = LambdaTarget { current, target: back, before: None, after: None, ..target.clone() };
            ("CodeDeployDefault.LambdaAllAtOnce", Target::Lambda(target))
        }
        Target::Ecs(_) => ("CodeDeployDefault.ECSAllAtOnce", Target::Ecs(next.ecs.as_ref()?.original_target.clone())),
        Target::Invalid(_) | Target::Unread => return None,
    };
    let order = Order {
        config: config.parse::<ConfigName>().ok()?,
        routing: Routing::all_at_once(),
        previous_revision: Some(next.order.revision.clone()),
        target,
        alarms: AlarmConfiguration::default(),
        override_alarms: None,
        creator: Creator::Rollback,
        caller: None,
        rolls_back: Some(next.id.clone()),
        description: None,
        restarts: false,
        ..next.order.clone()
    };
    let mut deployment = Deployment { ecs: next.ecs.clone(), ..Deployment::new(seen.spare_id.clone(), order, now) };
    if let Some(text) = deployment.own_text() {
        deployment.order.revision = NewRevision::text(RevisionKind::AppSpecContent, text).location;
    }
    deployment.note = triggered(&deployment, next.id.as_str());
    Some(Box::new(deployment))
}

fn triggered(rollback: &Deployment, original: &str) -> String {
    format!("Deployment {} is triggered to roll back deployment {original}.", rollback.id)
}
