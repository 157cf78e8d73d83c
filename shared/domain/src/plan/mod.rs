//! The planner: from what is recorded and what is seen to the one next move.
//!
//! It is level-triggered. Nothing is remembered of earlier moves but what the record says and the world shows, so a
//! plan that is made again, after a crash or for a duplicate, is the same plan. Read it top down: [`plan`] first asks
//! whether something speaks against going on ([`trouble`]), and then goes [`forward`], or [`winds down`](ending). What
//! only one platform has is in [`lambda`] and [`ecs`].

mod ecs;
mod ending;
mod events;
mod forward;
mod lambda;
mod trouble;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trouble::Judgement;

use crate::{AlarmReading, AliasState, Deployment, DeploymentId, Error, Halt, ServiceState, excerpt};

/// What was seen of the world before a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The alias, or why it could not be read; `None` when it does not matter any more.
    pub alias: Option<Result<AliasState, Problem>>,
    /// The ECS service, or why it could not be seen; `None` when it does not matter any more.
    pub service: Option<Result<ServiceState, Problem>>,
    /// The task set that the service's last deployment has left beside its own; looked for before the first event.
    pub kept: Option<String>,
    /// The alarms.
    pub alarms: AlarmReading,
    /// How the last move failed, where it did: which, and why.
    pub failed: Option<(String, Problem)>,
    /// An id for a rollback deployment, should one be needed.
    pub spare_id: DeploymentId,
}

/// A call that did not do what it should, in the ways that lead to different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which of the ways.
    pub kind: ProblemKind,
    /// What AWS said, or the beginning of it.
    pub words: String,
}

/// The ways in which a call does not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Its object does not exist.
    Missing,
    /// The service role may not.
    Denied,
    /// Refused for another reason.
    Refused,
    /// Somebody else was there first: look again.
    Stale,
    /// It may work later.
    Transient,
    /// It is more than its store holds.
    TooLarge,
}

/// The next record, the one move, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The record to save, when it differs from the one that was read.
    pub next: Deployment,
    /// The move to make once it is saved.
    pub step: Move,
    /// Why.
    pub why: String,
    /// What is waited for.
    pub waits_for: Option<Wait>,
    /// What to write into the ledger along with the record.
    pub entry: Option<LedgerEntry>,
    /// A rollback deployment to create along with the record.
    pub successor: Option<Box<Deployment>>,
}

/// A move: what the state machine does next. Each is one of its states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Read the revision from S3.
    ReadRevision,
    /// Tell the triggers and the event bus.
    Announce,
    /// Ask the hook of the current event, and wait for its verdict.
    RunHook {
        /// How long.
        seconds: u32,
    },
    /// Make the alias route as the current step says, then bake.
    ShiftTraffic {
        /// How long to bake.
        seconds: u32,
    },
    /// Let the current step bake, or wait before something is tried again.
    Bake {
        /// How long.
        seconds: u32,
    },
    /// Move the alias to the target version.
    CompleteShift,
    /// Move the alias to the home version.
    RestoreTraffic,
    /// Make the replacement task set.
    InstallTaskSet,
    /// Make the listeners forward as the current step says, then bake.
    ShiftListener {
        /// How long to bake.
        seconds: u32,
    },
    /// Make the listeners forward as the record says: for test traffic, for all traffic, or home.
    RouteListener,
    /// Have the task set that is to have all traffic stand for the service.
    PromoteTaskSet,
    /// Delete the task set that is not needed any more.
    RetireTaskSet,
    /// Start the rollback deployment, and end.
    RollBack {
        /// Its id.
        id: DeploymentId,
        /// Why this one ended.
        error: Error,
    },
    /// End: it succeeded.
    Succeeded,
    /// End: it failed.
    Failed {
        /// Why.
        error: Error,
    },
    /// End: it was stopped.
    Stopped {
        /// Why.
        error: Error,
    },
}

impl Move {
    /// The name of its state in the state machine.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ReadRevision => "ReadRevision",
            Self::Announce => "Announce",
            Self::RunHook { .. } => "RunHook",
            Self::ShiftTraffic { .. } => "ShiftTraffic",
            Self::Bake { .. } => "Bake",
            Self::CompleteShift => "CompleteShift",
            Self::RestoreTraffic => "RestoreTraffic",
            Self::InstallTaskSet => "InstallTaskSet",
            Self::ShiftListener { .. } => "ShiftListener",
            Self::RouteListener => "RouteListener",
            Self::PromoteTaskSet => "PromoteTaskSet",
            Self::RetireTaskSet => "RetireTaskSet",
            Self::RollBack { .. } => "RollBack",
            Self::Succeeded => "Succeeded",
            Self::Failed { .. } => "Failed",
            Self::Stopped { .. } => "Stopped",
        }
    }
}

impl Move {
    /// Whether it changes an ECS service or its load balancer.
    fn changes_service(&self) -> bool {
        match self {
            Self::InstallTaskSet
            | Self::ShiftListener { .. }
            | Self::RouteListener
            | Self::PromoteTaskSet
            | Self::RetireTaskSet => true,
            Self::ReadRevision
            | Self::Announce
            | Self::RunHook { .. }
            | Self::ShiftTraffic { .. }
            | Self::Bake { .. }
            | Self::CompleteShift
            | Self::RestoreTraffic
            | Self::RollBack { .. }
            | Self::Succeeded
            | Self::Failed { .. }
            | Self::Stopped { .. } => false,
        }
    }
}

/// What is waited for, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// For what, in words.
    pub what: String,
    /// Until when.
    pub until: Timestamp,
}

/// One line of the ledger: what was seen, what was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// When.
    pub at: Timestamp,
    /// The generation of the record that was saved with it.
    pub generation: u64,
    /// What was seen.
    pub seen: String,
    /// What was decided.
    pub decided: String,
    /// Why.
    pub why: String,
    /// What is waited for.
    pub waits_for: Option<String>,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// What one part of the planner decides about the record that it has just changed.
struct Decision {
    step: Move,
    why: String,
    waits_for: Option<Wait>,
    successor: Option<Box<Deployment>>,
}

impl Decision {
    fn new(step: Move, why: impl Into<String>) -> Self {
        Self { step, why: why.into(), waits_for: None, successor: None }
    }

    fn waiting(self, what: impl Into<String>, until: Timestamp) -> Self {
        Self { waits_for: Some(Wait { what: what.into(), until }), ..self }
    }
}

/// Decides what `record` does next, given what was seen at `now`.
pub fn plan(record: &Deployment, seen: &Seen, now: Timestamp) -> Plan {
    let mut next = record.clone();
    next.parked = None;
    let decision = if record.has_ended() {
        ending::finish(&mut next, seen)
    } else {
        note_share(&mut next, seen);
        ecs::note(&mut next, seen, now);
        let judgement = match next.halt {
            None => trouble::judge(&mut next, seen, now),
            Some(_) => Judgement::Fine,
        };
        if let Judgement::Certain(cause) = &judgement {
            next.halt = Some(Halt { cause: cause.clone(), at: now });
        }
        match (judgement, next.halt.clone()) {
            (Judgement::Doubtful(decision), _) => decision,
            (Judgement::Fine | Judgement::Certain(_), Some(halt)) => ending::wind_down(&mut next, &halt, seen, now),
            (Judgement::Fine | Judgement::Certain(_), None) => forward::forward(&mut next, seen, now),
        }
    };
    ecs::note_quiet(&mut next, &decision.step, now);
    conclude(record, next, seen, decision, now)
}

/// Counts the save and writes the ledger, when anything has changed.
fn conclude(record: &Deployment, mut next: Deployment, seen: &Seen, decision: Decision, now: Timestamp) -> Plan {
    let Decision { step, why, waits_for, successor } = decision;
    let mut entry = None;
    let note = excerpt(match &waits_for {
        Some(wait) => format!("{why} Waiting for {}.", wait.what),
        None => why.clone(),
    });
    if next != *record || (note != record.note && !record.has_ended()) {
        if !record.has_ended() {
            next.note = note;
            next.waits_until = waits_for.as_ref().map(|wait| wait.until);
        }
        next.changed(now);
        let line = LedgerEntry {
            at: now,
            generation: next.generation,
            seen: seen.to_string(),
            decided: step.name().to_owned(),
            why: why.clone(),
            waits_for: waits_for.as_ref().map(|wait| wait.what.clone()),
            until: waits_for.as_ref().map(|wait| wait.until),
        };
        entry = Some(line.excerpted());
    }
    Plan { next, step, why, waits_for, entry, successor }
}

/// Keeps the share that callers get as it was just seen.
fn note_share(next: &mut Deployment, seen: &Seen) {
    if let (Some(Ok(alias)), Some(target)) = (&seen.alias, next.lambda()) {
        next.share = alias.share(target.target);
    }
}

/// Whole seconds from `now` until `until`, rounded up, at least one.
fn seconds_until(until: Timestamp, now: Timestamp) -> u32 {
    let left = until.duration_since(now).as_millis().max(1);
    u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX)
}

/// A moment as people read it, to the second, in UTC.
fn clock(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem of that kind, with what AWS said.
    pub fn new(kind: ProblemKind, words: impl Into<String>) -> Self {
        Self { kind, words: excerpt(words) }
    }
}

impl ProblemKind {
    /// The name under which Step Functions sees it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Denied => "Denied",
            Self::Refused => "Refused",
            Self::Stale => "Stale",
            Self::Transient => "Transient",
            Self::TooLarge => "TooLarge",
        }
    }

    /// The kind of that name. Whatever else goes wrong with a function may go right the next time.
    pub fn of(name: &str) -> Self {
        let kinds = [Self::Missing, Self::Denied, Self::Refused, Self::Stale, Self::Transient, Self::TooLarge];
        kinds.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Transient)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.alias, &self.service) {
            (_, Some(Ok(service))) => write!(f, "service: {service}")?,
            (_, Some(Err(problem))) => write!(f, "service: {}", problem.words)?,
            (Some(Ok(alias)), None) => write!(f, "alias: {alias}")?,
            (Some(Err(problem)), None) => write!(f, "alias: {}", problem.words)?,
            (None, None) => f.write_str("alias: not looked at")?,
        }
        match &self.alarms {
            AlarmReading::Quiet => f.write_str("; alarms: quiet")?,
            AlarmReading::Red(names) => {
                f.write_str("; alarms in ALARM:")?;
                for name in names {
                    write!(f, " {name}")?;
                }
            }
            AlarmReading::Unreadable(problem) => write!(f, "; alarms: unreadable, {}", problem.words)?,
        }
        if let Some((step, problem)) = &self.failed {
            write!(f, "; {step} failed: {}", problem.words)?;
        }
        Ok(())
    }
}
