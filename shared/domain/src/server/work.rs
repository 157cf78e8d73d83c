//! The work that one host has in one deployment: its lifecycle events, and how the calls of its agent advance them.
//!
//! Everything that a host sends is taken for what it may be: late, twice, about another event, or made up. A call names
//! the event and the attempt that it is about, and changes nothing unless the work is there.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::server::diagnostics::{HostDiagnostics, HostErrorCode};
use crate::server::event::HostEvent;
use crate::server::host::Host;
use crate::server::launches::Needless;
use crate::server::lifecycle_action::LAUNCHES_WITHIN;

/// How long an agent may take to begin an event: CodeDeploy's limit.
pub const BEGINS_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// How long an agent may take that has said that it stops: as long as a restart takes.
pub const RETURNS_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// How long an event may take: CodeDeploy's limit.
pub const ENDS_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// The work of one host in one deployment. It is saved under its generation, so the first of two calls wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWork {
    /// The host.
    pub host: Host,
    /// Its place in the order of work.
    pub rank: u32,
    /// Counts the saves.
    pub generation: u64,
    /// Its lifecycle events.
    pub events: Vec<HostRun>,
    /// Whether a failure of [some events](HostEvent::may_be_ignored) is ignored.
    pub ignores_stop_failures: bool,
    /// How often an event was given to the agent: names the attempt.
    pub attempt: u32,
    /// Until when the agent has to begin the next event, or to end the one that it runs; `None` until the first is begun.
    pub due_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<HostOutcome>,
    /// Why it failed, in one sentence.
    pub reason: Option<String>,
    /// When it was last saved.
    pub updated_at: Timestamp,
}

/// One lifecycle event of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRun {
    /// Which.
    pub event: HostEvent,
    /// How far it is.
    pub status: RunStatus,
    /// When the agent began it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// CodeDeploy's `LifecycleEventStatus`, as far as a host has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStatus {
    /// Not begun.
    Pending,
    /// The agent runs it.
    InProgress,
    /// It succeeded, or there was nothing to do.
    Succeeded,
    /// It failed.
    Failed,
    /// It never begins, because an event before it failed.
    Skipped,
}

/// How the work of a host ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostOutcome {
    /// Every event succeeded, or its failure was ignored.
    Succeeded,
    /// An event failed.
    Failed,
    /// The host was terminated before its agent began, so it does not count.
    Gone,
}

/// The event that a call is about, as a command names it to the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// The event.
    pub event: HostEvent,
    /// The attempt.
    pub attempt: u32,
}

/// A change of the work: what the event's diagnostics are from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The event.
    pub event: HostEvent,
    /// Its diagnostics.
    pub diagnostics: HostDiagnostics,
}

/// What an acknowledgement leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The event is the agent's to run.
    Granted,
    /// The event, or this attempt at it, is over or another call's.
    Refused,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// No agent has claimed it.
    Unclaimed,
    /// The agent runs it.
    Claimed,
    /// It is over, or the deployment does not want it.
    Over,
}

impl HostWork {
    /// The work of a host before anything has happened.
    pub fn new(host: Host, rank: u32, events: &[HostEvent], ignores_stop_failures: bool, now: Timestamp) -> Self {
        Self {
            host,
            rank,
            generation: 1,
            events: events.iter().map(|event| HostRun::new(*event, RunStatus::Pending)).collect(),
            ignores_stop_failures,
            attempt: 1,
            due_at: None,
            outcome: None,
            reason: None,
            updated_at: now,
        }
    }

    /// How long its agent may take to begin, once the host was released.
    pub fn begins_within(&self) -> SignedDuration {
        match self.host {
            Host { was_launched: true, .. } => LAUNCHES_WITHIN,
            Host { stopped_at: Some(_), .. } => RETURNS_WITHIN,
            Host { stopped_at: None, .. } => BEGINS_WITHIN,
        }
    }

    /// Whether its agent has begun an event.
    pub fn has_begun(&self) -> bool {
        self.events.iter().any(|run| run.status != RunStatus::Pending)
    }

    /// What the agent has to do next, or is doing; nothing while the service sees to BlockTraffic or AllowTraffic.
    pub fn command(&self) -> Option<Command> {
        let run = self.current().filter(|_| self.outcome.is_none() && self.traffic_event().is_none())?;
        Some(Command { event: run.event, attempt: self.attempt })
    }

    /// The command that a poll is answered with: none while the agent runs the event.
    pub fn next_command(&self) -> Option<Command> {
        let is_claimed = self.current().is_some_and(|run| run.status == RunStatus::InProgress);
        self.command().filter(|_| !is_claimed)
    }

    /// How far a command is.
    pub fn progress(&self, command: Command) -> Progress {
        match (self.command() == Some(command), self.next_command().is_some()) {
            (false, _) => Progress::Over,
            (true, true) => Progress::Unclaimed,
            (true, false) => Progress::Claimed,
        }
    }

    /// The agent claims the event. The first claim counts.
    pub fn acknowledge(&mut self, command: Command, now: Timestamp) -> Claim {
        if self.next_command() != Some(command) {
            return Claim::Refused;
        }
        if let Some(run) = self.current_mut() {
            run.status = RunStatus::InProgress;
            run.started_at = Some(now);
        }
        self.due_at = Some(now + ENDS_WITHIN);
        self.changed(now);
        Claim::Granted
    }

    /// The agent reports how the event ended. The first report counts; `None` when this is not the first, or about
    /// something else.
    pub fn complete(
        &mut self,
        command: Command,
        is_success: bool,
        diagnostics: HostDiagnostics,
        now: Timestamp,
    ) -> Option<Ended> {
        // An agent that cannot read its specification reports a failure without a claim.
        let is_claimed = self.next_command().is_none();
        if self.command() != Some(command) || (is_success && !is_claimed) {
            return None;
        }
        let goes_on = is_success || (self.ignores_stop_failures && command.event.may_be_ignored());
        Some(self.end_event(command.event, is_success, goes_on, diagnostics, now))
    }

    /// What has taken too long, at `now`: `begin_by` is until when the agent had to begin, while it has not.
    pub fn expire(&mut self, begin_by: Option<Timestamp>, now: Timestamp) -> Option<Ended> {
        let due_at = if self.has_begun() { self.due_at } else { begin_by };
        let command = self.command().filter(|_| due_at.is_some_and(|due_at| due_at <= now))?;
        let host = &self.host.id;
        let why = match (self.host.stopped_at, self.host.seen_at) {
            _ if self.host.was_launched && !self.has_begun() => {
                format!("Auto Scaling launched {host}, and its agent did not begin within 1 hour.")
            }
            _ if self.has_begun() => format!("The agent of {host} did not begin {} within 5 minutes.", command.event),
            (Some(at), _) => {
                format!("The agent of {host} said at {at:.0} that it stops, and was not back within 30 seconds.")
            }
            (None, Some(at)) => format!(
                "The agent of {host} did not begin {} within 5 minutes. Its last call before the deployment was at {at:.0}.",
                command.event
            ),
            (None, None) => {
                format!("The agent of {host} did not begin {} within 5 minutes. It has never called.", command.event)
            }
        };
        let diagnostics = if self.next_command().is_some() {
            HostDiagnostics::of_service(
                HostErrorCode::UnknownError,
                &format!(
                    "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on \
                     your host and make sure the agent is running and can connect to the CodeDeploy server. {why}"
                ),
            )
        } else {
            HostDiagnostics::of_service(
                HostErrorCode::ScriptTimedOut,
                &format!(
                    "{} did not end within 1 hour, and the agent of {} reported nothing.",
                    command.event, self.host.id
                ),
            )
        };
        Some(self.end_event(command.event, false, false, diagnostics, now))
    }

    /// The host was terminated. Before its agent has begun it leaves the count; after that its event fails.
    pub fn lose_host(&mut self, now: Timestamp) -> Option<Ended> {
        if !self.has_begun() {
            return self.leave_count(now);
        }
        let command = self.command()?;
        let diagnostics = HostDiagnostics::of_service(HostErrorCode::UnknownError, &self.terminated());
        Some(self.end_event(command.event, false, false, diagnostics, now))
    }

    /// The host was terminated, and leaves the count.
    pub fn leave_count(&mut self, now: Timestamp) -> Option<Ended> {
        let event = self.current().filter(|_| self.outcome.is_none())?.event;
        let message = self.terminated();
        let diagnostics = HostDiagnostics::of_service(HostErrorCode::UnknownError, &message);
        for run in self.events.iter_mut().filter(|run| run.status.is_open()) {
            run.status = RunStatus::Skipped;
        }
        self.finish(HostOutcome::Gone, now);
        self.reason = Some(message);
        self.changed(now);
        Some(Ended { event, diagnostics })
    }

    fn terminated(&self) -> String {
        format!("{} was terminated during the deployment.", self.host.id)
    }

    /// The host needs nothing of what it waits for: no event begins, and the host counts as healthy. `None` when its agent
    /// has begun, or the work is over.
    pub fn leave_as_is(&mut self, why: &Needless, now: Timestamp) -> Option<Ended> {
        let command = self.command().filter(|_| !self.has_begun())?;
        let message = why.of(&self.host.id);
        self.finish(HostOutcome::Succeeded, now);
        self.changed(now);
        let diagnostics = HostDiagnostics::of_service(HostErrorCode::Success, &message);
        Some(Ended { event: command.event, diagnostics })
    }

    /// Whether the host succeeded without an event.
    pub fn was_left_as_is(&self) -> bool {
        self.outcome == Some(HostOutcome::Succeeded) && self.events.iter().all(|run| run.status == RunStatus::Skipped)
    }

    pub(super) fn end_event(
        &mut self,
        event: HostEvent,
        is_success: bool,
        goes_on: bool,
        diagnostics: HostDiagnostics,
        now: Timestamp,
    ) -> Ended {
        if let Some(run) = self.current_mut() {
            run.status = if is_success { RunStatus::Succeeded } else { RunStatus::Failed };
            run.started_at = run.started_at.or(Some(now));
            run.ended_at = Some(now);
        }
        if goes_on {
            self.attempt += 1;
            self.due_at = Some(now + BEGINS_WITHIN);
            match self.traffic_event() {
                _ if self.current().is_none() => self.finish(HostOutcome::Succeeded, now),
                None => {}
                Some(_) => self.begin_traffic_event(now),
            }
        } else {
            self.reason = Some(diagnostics.reason(event));
            self.finish(HostOutcome::Failed, now);
        }
        self.changed(now);
        Ended { event, diagnostics }
    }

    fn begin_traffic_event(&mut self, now: Timestamp) {
        if let Some(run) = self.current_mut() {
            run.status = RunStatus::InProgress;
            run.started_at = Some(now);
        }
        self.due_at = Some(now + ENDS_WITHIN);
    }

    fn finish(&mut self, outcome: HostOutcome, now: Timestamp) {
        for run in self.events.iter_mut().filter(|run| run.status == RunStatus::Pending) {
            run.status = RunStatus::Skipped;
        }
        self.due_at = None;
        self.outcome = Some(outcome);
        self.updated_at = now;
    }

    fn changed(&mut self, now: Timestamp) {
        self.generation += 1;
        self.updated_at = now;
    }

    /// The first event that is not over.
    pub(super) fn current(&self) -> Option<&HostRun> {
        self.events.iter().find(|run| run.status.is_open())
    }

    fn current_mut(&mut self) -> Option<&mut HostRun> {
        self.events.iter_mut().find(|run| run.status.is_open())
    }
}

impl HostRun {
    /// An event that has not begun.
    pub(super) fn new(event: HostEvent, status: RunStatus) -> Self {
        Self { event, status, started_at: None, ended_at: None }
    }
}

impl RunStatus {
    fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::InProgress => true,
            Self::Succeeded | Self::Failed | Self::Skipped => false,
        }
    }
}
