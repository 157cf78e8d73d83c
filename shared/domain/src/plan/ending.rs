//! Ending: traffic back home first, then the record, the rollback deployment and the news.

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Move, ProblemKind, Seen, forward};
use crate::{
    AlarmConfiguration, AliasRouting, AutoRollbackEvent, Cause, ConfigName, Creator, Deployment, Diagnostics,
    DiagnosticsCode, Ending, Error, EventStatus, Halt, LambdaTarget, NewRevision, Order, RevisionKind, Routing, Stage,
    Status, Target,
};

/// The shortest wait before a refused restore is tried again.
const SHORTEST_RETRY_SECONDS: u32 = 5;
/// The longest.
const LONGEST_RETRY_SECONDS: u32 = 600;

/// A halted deployment: first the traffic goes home, then it ends.
pub(super) fn wind_down(next: &mut Deployment, halt: &Halt, seen: &Seen, now: Timestamp) -> Decision {
    if !next.moves_traffic() {
        return end(next, halt, None, seen, now);
    }
    match restore(next, halt, seen, now) {
        Homeward::Go(decision) => decision,
        Homeward::There => end(next, halt, None, seen, now),
        Homeward::Blocked(words) => end(next, halt, Some(words), seen, now),
    }
}

/// What stands between the traffic and its home version.
enum Homeward {
    /// A move.
    Go(Decision),
    /// Nothing.
    There,
    /// Something that no move can change; what.
    Blocked(String),
}

/// The alias is written back even when it seems to be home: only a write keeps a shift that is under way from coming
/// after. A refusal is tried again for as long as the alias is on two versions, because that is no way to end.
fn restore(next: &Deployment, halt: &Halt, seen: &Seen, now: Timestamp) -> Homeward {
    let Some(home) = next.home() else {
        return Homeward::There;
    };
    let restored = next.restored_at.is_some();
    let restore = || Homeward::Go(Decision::new(Move::RestoreTraffic, format!("Traffic goes back to version {home}.")));
    let refusal = seen.failed.as_ref().filter(|(step, _)| step == Move::RestoreTraffic.name()).map(|(_, p)| p);
    match &seen.alias {
        Some(Ok(alias)) if !next.owns(alias) => Homeward::Blocked(format!(
            "Alias {} was changed by somebody else and sends {alias}; Spillway has left it as it is.",
            alias.arn
        )),
        Some(Ok(alias)) if restored && alias.routes(&AliasRouting::only(home)) => Homeward::There,
        Some(Ok(alias)) => match refusal {
            None => restore(),
            Some(problem) if problem.kind == ProblemKind::Stale => restore(),
            Some(problem) if problem.kind == ProblemKind::Missing && alias.weights.is_empty() => {
                Homeward::Blocked(format!(
                    "Traffic could not go back to version {home}: {} Alias {} sends {alias}.",
                    problem.words, alias.arn
                ))
            }
            Some(problem) => try_later(halt, &problem.words, now),
        },
        Some(Err(_)) | None if restored => Homeward::There,
        Some(Err(problem)) if problem.kind == ProblemKind::Missing => {
            Homeward::Blocked(format!("There is no alias left to restore: {}", problem.words))
        }
        Some(Err(problem)) => try_later(halt, &problem.words, now),
        None => restore(),
    }
}

/// Waits as long again as it has taken so far.
fn try_later(halt: &Halt, words: &str, now: Timestamp) -> Homeward {
    let seconds = u32::try_from(now.duration_since(halt.at).as_secs()).unwrap_or(SHORTEST_RETRY_SECONDS);
    let seconds = seconds.clamp(SHORTEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS);
    let until = now + SignedDuration::from_secs(i64::from(seconds));
    let why = format!("Traffic is not yet back, because AWS refuses: {words} It is tried until it works.");
    Homeward::Go(Decision::new(Move::Bake { seconds }, why).waiting("the next try to restore the traffic", until))
}

/// Ends a halted deployment, with a rollback deployment where one is due.
fn end(next: &mut Deployment, halt: &Halt, blocked: Option<String>, seen: &Seen, now: Timestamp) -> Decision {
    let cause = &halt.cause;
    let mut message = cause.message(&next.order.role);
    let touched = next.moves_traffic();
    let further = match (&blocked, next.home()) {
        // Its own words tell already who holds the alias.
        (Some(_), _) if matches!(cause, Cause::AliasTaken(_)) => None,
        (Some(words), _) => Some(words.clone()),
        (None, Some(home)) if touched => Some(format!("All traffic is on version {home}.")),
        (None, Some(_)) if !matches!(cause, Cause::AliasUnsuitable(_)) => Some("No traffic was moved.".to_owned()),
        (None, _) => None,
    };
    if let Some(further) = further {
        // Not every service, and not CodeDeploy itself, ends its words with a full stop.
        let stop = if message.ends_with('.') { "" } else { "." };
        message = format!("{message}{stop} {further}");
    }
    fail_events(next, cause, &message, now);

    let suitable = matches!(&seen.alias, Some(Ok(alias)) if next.owns(alias)) || next.restored_at.is_some();
    let due = blocked.is_none() && suitable && next.order.rolls_back.is_none() && rolls_back(next, cause);
    let successor = if due { rollback(next, seen, now) } else { None };
    let id = successor.as_ref().map(|deployment| deployment.id.clone());
    let error = Error { code: cause.code(), message };
    let rollback_message = id
        .as_ref()
        .map(|id| {
            format!("Deployment {} terminated. Automatic rollback is triggered with a DeploymentId {id}.", next.id)
        })
        .or_else(|| {
            (!due && next.order.rolls_back.is_none() && rolls_back(next, cause))
                .then(|| nothing_to_roll_back(blocked.is_some()).to_owned())
        });
    let words = format!("Ended {}: {}", cause.status().as_str(), error.message);
    next.stage = Stage::Ended;
    next.ending =
        Some(Ending { status: cause.status(), error: Some(error), at: now, rolled_back_by: id, rollback_message });
    Decision { successor, ..Decision::new(announce_or_end(next), words) }
}

fn nothing_to_roll_back(blocked: bool) -> &'static str {
    if blocked {
        "No rollback deployment was made; the error's message says what stands in its way."
    } else {
        "There is nothing to roll back to: the alias is not this deployment's."
    }
}

/// Ends a deployment that nothing spoke against.
pub(super) fn succeed(next: &mut Deployment, now: Timestamp) -> Decision {
    let words = forward::success_words(next, now);
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
    if seen.failed.as_ref().is_some_and(|(step, _)| step == Move::Announce.name()) {
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
                    _ => Diagnostics {
                        code: if matches!(cause, Cause::Hook { .. }) {
                            DiagnosticsCode::ScriptTimedOut
                        } else {
                            DiagnosticsCode::UnknownError
                        },
                        script: String::new(),
                        message: message.to_owned(),
                        log_tail: String::new(),
                    },
                });
            }
        }
    }
}

/// Whether the caller, or the configuration, wants a rollback deployment.
fn rolls_back(next: &Deployment, cause: &Cause) -> bool {
    if let Cause::Stop { rollback: Some(wanted) } = cause {
        return *wanted;
    }
    cause.rollback_event().is_some_and(|event: AutoRollbackEvent| next.order.rollback.covers(event))
}

/// The rollback deployment: the same alias, back to the version that had the traffic, all at once and without hooks.
fn rollback(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Box<Deployment>> {
    let target = next.lambda()?;
    let back =
        LambdaTarget { current: target.target, target: target.current, before: None, after: None, ..target.clone() };
    let config: ConfigName = "CodeDeployDefault.LambdaAllAtOnce".parse().ok()?;
    let order = Order {
        config,
        routing: Routing::all_at_once(),
        revision: NewRevision::text(RevisionKind::AppSpecContent, back.appspec()).location,
        previous_revision: Some(next.order.revision.clone()),
        target: Target::Lambda(back),
        alarms: AlarmConfiguration::default(),
        override_alarms: None,
        creator: Creator::Rollback,
        rolls_back: Some(next.id.clone()),
        description: None,
        restarts: false,
        ..next.order.clone()
    };
    let mut deployment = Deployment::new(seen.spare_id.clone(), order, now);
    deployment.note = triggered(&deployment, next.id.as_str());
    Some(Box::new(deployment))
}

fn triggered(rollback: &Deployment, original: &str) -> String {
    format!("Deployment {} is triggered to roll back deployment {original}.", rollback.id)
}
