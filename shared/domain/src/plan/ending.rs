//! Ending: traffic back home first, then the record, the rollback deployment and the news.

use jiff::Timestamp;

use crate::catalog::alarms::AlarmConfiguration;
use crate::catalog::revision::{NewRevision, RevisionKind};
use crate::catalog::rollback::AutoRollbackEvent;
use crate::catalog::routing::Routing;
use crate::deployment::decision::{Decision, Move, MoveKind, Seen, WayBack};
use crate::deployment::halt::{Cause, Halt, HookFault};
use crate::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventStatus, Verdict};
use crate::deployment::record::{Deployment, Ending, Error, Status};
use crate::deployment::spec::{Creator, DeploymentSpec, Target};
use crate::deployment::stage::Stage;
use crate::deployment::trouble::believe;
use crate::lambda::target::LambdaTarget;
use crate::names::ConfigName;
use crate::server::lifecycle_action::ActionTold;
use crate::server::target::ServerTarget;
use crate::words::followed_by;
use crate::{ecs, lambda, server};

/// A halted deployment: first the traffic goes home, then it ends.
pub(super) fn wind_down(next: &mut Deployment, halt: &Halt, seen: &Seen, now: Timestamp) -> Decision {
    let way = match &next.spec.target {
        Target::Lambda(_) => lambda::plan::restore(next, halt.at, seen, now),
        Target::Ecs(_) => ecs::plan::restore(next, halt.at, seen, now),
        Target::Server(_) | Target::Invalid(_) | Target::Unread => WayBack::Restored,
    };
    match believe(next, way, now) {
        WayBack::Make(decision) => decision,
        WayBack::Restored => end(next, halt, None, seen, now),
        WayBack::Blocked(words) | WayBack::Gone(words) => end(next, halt, Some(words), seen, now),
    }
}

/// Ends a deployment that cannot go on, and whose traffic stays where it is.
pub(super) fn fail(next: &mut Deployment, cause: Cause, words: String, seen: &Seen, now: Timestamp) -> Decision {
    let halt = Halt { cause, at: now };
    next.halt = Some(halt.clone());
    end(next, &halt, Some(words), seen, now)
}

/// Ends a halted deployment, with a rollback deployment where one is due.
fn end(next: &mut Deployment, halt: &Halt, blocked: Option<String>, seen: &Seen, now: Timestamp) -> Decision {
    let cause = &halt.cause;
    let mut message = cause.message(&next.spec);
    if let Some(further) = further_words(next, cause, blocked.as_deref()) {
        message = followed_by(message, &further);
    }
    fail_events(next, cause, &message, now);

    let is_own = next.spec.rolls_back.is_none() && next.spec.lifecycle_action.is_none();
    let is_wanted = is_own && wants_rollback(next, cause);
    let is_possible = blocked.is_none() && has_found(next, seen);
    let successor = if is_wanted && is_possible { rollback(next, seen, now) } else { None };
    let rolled_back_by = successor.as_ref().map(|deployment| deployment.id.clone());
    let rollback_message = match &rolled_back_by {
        Some(id) => Some(format!(
            "Deployment {} terminated. Automatic rollback is triggered with a DeploymentId {id}.",
            next.id
        )),
        None if is_wanted && !is_possible => Some(nothing_to_roll_back(next, blocked.is_some()).to_owned()),
        None => None,
    };
    let error = Error { code: cause.code(next.spec.platform), message };
    let words = format!("Ended {}: {}", cause.status().as_str(), error.message);
    next.stage = Stage::Ended;
    next.ending = Some(Ending {
        status: cause.status(),
        error: Some(error),
        at: now,
        rolled_back_by,
        rollback_message,
        followed_by: None,
    });
    Decision { successor, ..Decision::new(announce_or_end(next), words) }
}

/// What the message says after the cause: what stands in the way of the traffic, or where it is.
fn further_words(next: &Deployment, cause: &Cause, blocked: Option<&str>) -> Option<String> {
    match (blocked, cause) {
        // Their own words tell already who has what, and that nothing was changed.
        (Some(_), Cause::AliasDrifted(_)) => None,
        (Some(words), Cause::ServiceDrifted(own)) if own == words => None,
        (Some(words), _) => Some(words.to_owned()),
        (None, Cause::AliasUnsuitable(_) | Cause::ServiceUnsuitable(_) | Cause::ListenerUnsuitable(_)) => None,
        (None, _) => where_traffic_is(next),
    }
}

/// Where the traffic is, in words.
fn where_traffic_is(next: &Deployment) -> Option<String> {
    match &next.spec.target {
        Target::Lambda(_) if !next.moves_traffic() => Some("No traffic was moved.".to_owned()),
        Target::Lambda(_) => next.original_version().map(|version| format!("All traffic is on version {version}.")),
        Target::Ecs(_) => Some(ecs::plan::where_traffic_is(next)),
        Target::Server(_) => Some(server::plan::where_hosts_are(next)),
        Target::Invalid(_) | Target::Unread => None,
    }
}

/// Whether what it would roll back to is known, and its own.
fn has_found(next: &Deployment, seen: &Seen) -> bool {
    match &next.spec.target {
        Target::Lambda(_) => matches!(&seen.alias, Some(Ok(alias)) if next.owns(alias)) || next.restored_at.is_some(),
        Target::Ecs(_) => next.ecs.is_some() && next.touches_service(),
        Target::Server(_) => server::plan::has_undoable(next),
        Target::Invalid(_) | Target::Unread => false,
    }
}

fn nothing_to_roll_back(next: &Deployment, blocked: bool) -> &'static str {
    if blocked {
        return "No rollback deployment was made; the error's message says what stands in its way.";
    }
    match &next.spec.target {
        Target::Ecs(_) => "There is nothing to roll back to: nothing was changed.",
        Target::Server(ServerTarget { replacement: Some(_), .. }) => {
            "There is nothing to roll back: no traffic was moved."
        }
        Target::Server(_) if server::plan::has_touched_hosts(next) => {
            "There is nothing to roll back to: no deployment of this group has succeeded."
        }
        Target::Server(_) => "There is nothing to roll back to: no host was touched.",
        Target::Lambda(_) | Target::Invalid(_) | Target::Unread => {
            "There is nothing to roll back to: the alias is not this deployment's."
        }
    }
}

/// Ends a deployment that nothing spoke against. Another follows where instances were launched meanwhile.
pub(super) fn succeed(next: &mut Deployment, words: String, seen: &Seen, now: Timestamp) -> Decision {
    next.end_event(now);
    next.stage = Stage::Ended;
    next.ending = Some(Ending {
        status: Status::Succeeded,
        error: None,
        at: now,
        rolled_back_by: None,
        rollback_message: next.spec.rolls_back.as_ref().map(|id| triggered(next, id.as_str())),
        followed_by: None,
    });
    let successor = server::launches::follow_up(next, seen, now);
    if let (Some(ending), Some(successor)) = (&mut next.ending, &successor) {
        ending.followed_by = Some(successor.id.clone());
    }
    Decision { successor, ..Decision::new(announce_or_end(next), words) }
}

/// What is left to do once the record is closed: the answer to Auto Scaling, the news, and the end of the execution.
pub(super) fn finish(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Decision {
    if let Some((MoveKind::AnswerLifecycleAction, problem)) = &seen.failed
        && let Some((action, answer)) = next.unanswered_action()
    {
        let words = format!(
            "Auto Scaling could not be told how {} fared: {problem} It goes by the default result of lifecycle hook {} of \
             {} once it has waited for long enough.",
            action.instance, action.hook.name, action.hook.group
        );
        next.undelivered.push(words);
        next.action_told = Some(ActionTold { answer, at: now });
    }
    if !next.notified.end && next.note_undelivered(seen) {
        next.notified.end = true;
    }
    Decision::new(announce_or_end(next), "It is over.")
}

fn announce_or_end(next: &Deployment) -> Move {
    if next.unanswered_action().is_some() {
        return Move::AnswerLifecycleAction;
    }
    let Some(ending) = next.ending.as_ref().filter(|_| next.notified.end) else {
        return Move::Announce;
    };
    match (ending.status, ending.error.clone(), ending.rolled_back_by.clone()) {
        (_, Some(error), Some(id)) => Move::RollBack { id, error },
        (Status::Stopped, Some(error), None) => Move::Stopped { error },
        (_, Some(error), None) => Move::Failed { error },
        (_, None, _) => match ending.followed_by.clone() {
            Some(id) => Move::FollowUp { id },
            None => Move::Succeeded,
        },
    }
}

/// The event that was under way has failed; those after it never begin.
fn fail_events(next: &mut Deployment, cause: &Cause, message: &str, now: Timestamp) {
    let current = next.current_event();
    let hook = current.and_then(|event| next.spec.target.hook(event)).map_or_else(String::new, ToString::to_string);
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
                    (Cause::Hook { .. }, Some(Verdict::Failed(diagnostics))) => diagnostics,
                    (Cause::Hook { fault: HookFault::Failed, .. }, None) => {
                        let trouble = event.hook.as_ref().and_then(|run| run.trouble.clone()).unwrap_or_default();
                        Diagnostics::of_hook(DiagnosticsCode::UnknownError, &hook, trouble, "")
                    }
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
fn wants_rollback(next: &Deployment, cause: &Cause) -> bool {
    if let Cause::Stop { rollback: Some(wanted), .. } = cause {
        return *wanted;
    }
    cause.rollback_event().is_some_and(|event: AutoRollbackEvent| next.spec.rollback.covers(event))
}

/// The rollback deployment: back to what had the traffic, all at once and without hooks.
fn rollback(next: &Deployment, seen: &Seen, now: Timestamp) -> Option<Box<Deployment>> {
    let (config, target) = match &next.spec.target {
        Target::Lambda(target) => {
            let (current, back) = (target.target, target.current);
            let target = LambdaTarget { current, target: back, before: None, after: None, ..target.clone() };
            ("CodeDeployDefault.LambdaAllAtOnce", Target::Lambda(target))
        }
        Target::Ecs(_) => ("CodeDeployDefault.ECSAllAtOnce", Target::Ecs(next.ecs.as_ref()?.original_target.clone())),
        Target::Server(target) => (next.spec.config.as_str(), Target::Server(server::plan::rollback(next, target))),
        Target::Invalid(_) | Target::Unread => return None,
    };
    let spec = DeploymentSpec {
        config: config.parse::<ConfigName>().ok()?,
        routing: Routing::all_at_once(),
        previous_revision: Some(next.spec.revision.clone()),
        target,
        alarms: AlarmConfiguration::default(),
        override_alarms: None,
        creator: Creator::Rollback,
        caller: None,
        lifecycle_action: None,
        follows: None,
        rolls_back: Some(next.id.clone()),
        description: None,
        restarts: false,
        archive_of: None,
        ..(*next.spec).clone()
    };
    let mut deployment = Deployment { ecs: next.ecs.clone(), ..Deployment::new(seen.spare_id.clone(), spec, now) };
    if let (Target::Server(_), Some(revision)) = (&next.spec.target, &next.spec.previous_revision) {
        deployment.spec.revision = revision.clone();
    }
    if let Some(text) = deployment.own_text() {
        deployment.spec.revision = NewRevision::text(RevisionKind::AppSpecContent, text).location;
    }
    deployment.note = triggered(&deployment, next.id.as_str());
    Some(Box::new(deployment))
}

fn triggered(rollback: &Deployment, original: &str) -> String {
    format!("Deployment {} is triggered to roll back deployment {original}.", rollback.id)
}
