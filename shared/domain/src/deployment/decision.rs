//! What the planner works with: what was seen, and the one next move with its reason.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::catalog::alarms::AlarmReading;
use crate::deployment::halt::Cause;
use crate::deployment::ledger::LedgerEntry;
use crate::deployment::record::{Deployment, Error};
use crate::ecs::service::ServiceState;
use crate::lambda::alias::AliasState;
use crate::names::DeploymentId;
use crate::problem::{Problem, ProblemKind};
use crate::server::progress::FleetView;

/// Clocks differ a little: a wait that ends within this time is over.
pub(crate) const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_millis(300);
/// How long a move may take to have its last effect: the function that makes it is timed out then. Nothing of a service
/// is deleted before, since listeners and task sets have no compare-and-set; and a deployment to an alias does not end
/// before, when no new revision of the alias keeps a late shift out.
pub const LATEST_WRITE_SECONDS: u32 = 30;
/// As long as a move may take, and 15 seconds more for clocks that differ and for what AWS itself takes.
const LEASE: SignedDuration = SignedDuration::from_secs(LATEST_WRITE_SECONDS as i64 + 15);
/// The shortest wait before a refused way back is tried again.
const SHORTEST_RETRY_SECONDS: u32 = 5;
/// The longest.
const LONGEST_RETRY_SECONDS: u32 = 600;

/// What was seen of the world before a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The alias, or why it could not be read; `None` when it does not matter any more.
    pub alias: Option<Result<AliasState, Problem>>,
    /// The ECS service, or why it could not be seen; `None` when it does not matter any more.
    pub service: Option<Result<ServiceState, Problem>>,
    /// The task set that the service's last deployment has left beside its own; looked for before the first event.
    pub kept: Option<String>,
    /// The hosts of the fleet, or why they could not be read; `None` when they do not matter.
    pub fleet: Option<Result<FleetView, Problem>>,
    /// The alarms.
    pub alarms: AlarmReading,
    /// How the last move failed, where it did: which, and why.
    pub failed: Option<(MoveKind, Problem)>,
    /// An id for a rollback deployment, should one be needed.
    pub spare_id: DeploymentId,
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
    /// Select the hosts, and write the work of each.
    SelectHosts,
    /// Have the load balancers let hosts go and take hosts in.
    ControlTraffic,
    /// Wait for the hosts.
    AwaitHosts {
        /// How long.
        seconds: u32,
    },
    /// Have the deployment group take over the environment that has the traffic, or terminate the original hosts.
    SettleFleet,
    /// Tell Auto Scaling how its instance is doing.
    AnswerLifecycleAction,
    /// Start the deployment that follows, and end.
    FollowUp {
        /// Its id.
        id: DeploymentId,
    },
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

/// Which move, without what it is about. Its name is that of its state in the state machine.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, strum::AsRefStr, strum::EnumIter,
)]
pub enum MoveKind {
    /// See [`Move::ReadRevision`].
    ReadRevision,
    /// See [`Move::Announce`].
    Announce,
    /// See [`Move::RunHook`].
    RunHook,
    /// See [`Move::ShiftTraffic`].
    ShiftTraffic,
    /// See [`Move::Bake`].
    Bake,
    /// See [`Move::CompleteShift`].
    CompleteShift,
    /// See [`Move::RestoreTraffic`].
    RestoreTraffic,
    /// See [`Move::InstallTaskSet`].
    InstallTaskSet,
    /// See [`Move::ShiftListener`].
    ShiftListener,
    /// See [`Move::RouteListener`].
    RouteListener,
    /// See [`Move::PromoteTaskSet`].
    PromoteTaskSet,
    /// See [`Move::RetireTaskSet`].
    RetireTaskSet,
    /// See [`Move::SelectHosts`].
    SelectHosts,
    /// See [`Move::ControlTraffic`].
    ControlTraffic,
    /// See [`Move::AwaitHosts`].
    AwaitHosts,
    /// See [`Move::SettleFleet`].
    SettleFleet,
    /// See [`Move::AnswerLifecycleAction`].
    AnswerLifecycleAction,
    /// See [`Move::FollowUp`].
    FollowUp,
    /// See [`Move::RollBack`].
    RollBack,
    /// See [`Move::Succeeded`].
    Succeeded,
    /// See [`Move::Failed`].
    Failed,
    /// See [`Move::Stopped`].
    Stopped,
}

impl Move {
    /// Which move it is.
    pub fn kind(&self) -> MoveKind {
        match self {
            Self::ReadRevision => MoveKind::ReadRevision,
            Self::Announce => MoveKind::Announce,
            Self::RunHook { .. } => MoveKind::RunHook,
            Self::ShiftTraffic { .. } => MoveKind::ShiftTraffic,
            Self::Bake { .. } => MoveKind::Bake,
            Self::CompleteShift => MoveKind::CompleteShift,
            Self::RestoreTraffic => MoveKind::RestoreTraffic,
            Self::InstallTaskSet => MoveKind::InstallTaskSet,
            Self::ShiftListener { .. } => MoveKind::ShiftListener,
            Self::RouteListener => MoveKind::RouteListener,
            Self::PromoteTaskSet => MoveKind::PromoteTaskSet,
            Self::RetireTaskSet => MoveKind::RetireTaskSet,
            Self::SelectHosts => MoveKind::SelectHosts,
            Self::ControlTraffic => MoveKind::ControlTraffic,
            Self::AwaitHosts { .. } => MoveKind::AwaitHosts,
            Self::SettleFleet => MoveKind::SettleFleet,
            Self::AnswerLifecycleAction => MoveKind::AnswerLifecycleAction,
            Self::FollowUp { .. } => MoveKind::FollowUp,
            Self::RollBack { .. } => MoveKind::RollBack,
            Self::Succeeded => MoveKind::Succeeded,
            Self::Failed { .. } => MoveKind::Failed,
            Self::Stopped { .. } => MoveKind::Stopped,
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

/// What one part of the planner decides about the record that it has just changed.
pub(crate) struct Decision {
    pub step: Move,
    pub why: String,
    pub waits_for: Option<Wait>,
    pub successor: Option<Box<Deployment>>,
}

impl Decision {
    pub fn new(step: Move, why: impl Into<String>) -> Self {
        Self { step, why: why.into(), waits_for: None, successor: None }
    }

    pub fn waiting(self, what: impl Into<String>, until: Timestamp) -> Self {
        Self { waits_for: Some(Wait { what: what.into(), until }), ..self }
    }

    /// The same, and waiting for hosts for no longer than that.
    pub fn at_most(mut self, most: u32) -> Self {
        if let Move::AwaitHosts { seconds } = &mut self.step {
            *seconds = most.min(*seconds);
        }
        self
    }
}

/// A platform's answer to: what is next on the way forward?
pub(crate) enum Step {
    /// A move.
    Make(Decision),
    /// Nothing: it succeeded, in these words.
    Done(String),
    /// It cannot go on, for that cause: what is next is the way back.
    Halt(Cause),
    /// It cannot go on, for that cause, and traffic stays where it is, in these words.
    Stuck(Cause, String),
}

/// A platform's answer to: what is next on the way back to the original?
pub(crate) enum WayBack {
    /// A move.
    Make(Decision),
    /// Nothing: all traffic is on the original.
    Restored,
    /// Something that no move can change; what.
    Blocked(String),
    /// The same, if it is true that something is not there any more.
    Gone(String),
}

impl WayBack {
    /// AWS refuses a move: it is tried again, after as long again as the way back has taken so far.
    pub fn try_later(since: Timestamp, words: &str, now: Timestamp) -> Self {
        let why = format!("Traffic is not yet back, because AWS refuses: {words} It is tried until it works.");
        Self::look_later(since, why, "the next try to restore the traffic", now)
    }

    /// The same, for that reason and that purpose.
    pub fn look_later(since: Timestamp, why: String, what: &str, now: Timestamp) -> Self {
        let seconds = u32::try_from(now.duration_since(since).as_secs()).unwrap_or(SHORTEST_RETRY_SECONDS);
        let seconds = seconds.clamp(SHORTEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS);
        let until = now + SignedDuration::from_secs(i64::from(seconds));
        Self::Make(Decision::new(Move::Bake { seconds }, why).waiting(what, until))
    }
}

impl Move {
    /// Whether it changes an ECS service or its load balancer.
    pub(crate) fn changes_service(&self) -> bool {
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
            | Self::SelectHosts
            | Self::ControlTraffic
            | Self::AwaitHosts { .. }
            | Self::SettleFleet
            | Self::AnswerLifecycleAction
            | Self::FollowUp { .. }
            | Self::RollBack { .. }
            | Self::Succeeded
            | Self::Failed { .. }
            | Self::Stopped { .. } => false,
        }
    }
}

impl Seen {
    /// Why that move was refused, if it was the last one and AWS refused it. A stale one only means to look again.
    pub(crate) fn refusal(&self, of: MoveKind) -> Option<&Problem> {
        let (failed, problem) = self.failed.as_ref()?;
        (*failed == of && problem.kind != ProblemKind::Stale).then_some(problem)
    }
}

/// From when no move that was under way at `at` can have an effect any more.
pub(crate) fn lease_from(at: Timestamp) -> Timestamp {
    at + LEASE
}

/// Whole seconds from `now` until `until`, rounded up, at least one.
pub(crate) fn seconds_until(until: Timestamp, now: Timestamp) -> u32 {
    let left = until.duration_since(now).as_millis().max(1);
    u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX)
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.fleet, &self.service, &self.alias) {
            (Some(Ok(fleet)), ..) => write!(f, "hosts: {fleet}")?,
            (Some(Err(problem)), ..) => write!(f, "hosts: {}", problem.words)?,
            (None, Some(Ok(service)), _) => write!(f, "service: {service}")?,
            (None, Some(Err(problem)), _) => write!(f, "service: {}", problem.words)?,
            (None, None, Some(Ok(alias))) => write!(f, "alias: {alias}")?,
            (None, None, Some(Err(problem))) => write!(f, "alias: {}", problem.words)?,
            (None, None, None) => f.write_str("alias: not looked at")?,
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
            write!(f, "; {} failed: {}", step.as_ref(), problem.words)?;
        }
        Ok(())
    }
}

impl Deployment {
    /// Notes that notifying failed for good, which harms nothing. `false` unless it did.
    pub(crate) fn note_undelivered(&mut self, seen: &Seen) -> bool {
        let failed = seen.failed.as_ref().filter(|(step, _)| *step == MoveKind::Announce);
        self.undelivered.extend(failed.map(|(_, problem)| {
            format!(
                "The triggers and EventBridge may not have been notified, because the function Announce failed: \
                 {problem}"
            )
        }));
        failed.is_some()
    }
}
