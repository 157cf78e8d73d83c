//! The agents of hosts: each makes one call after the other, and makes a call again that failed.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use spillway_domain::access::caller::Caller;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::diagnostics::{HostDiagnostics, HostErrorCode};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{HostId, HostIdentifier};
use spillway_domain::server::work::{Claim, Progress};
use spillway_engine::server::agent_api::{HostCommand, Next, Refusal, acknowledge, complete, poll, progress};

use crate::World;
use crate::world::Inner;

/// How long an idle agent waits between two polls.
const IDLE: SignedDuration = SignedDuration::from_secs(30);
/// How long an event takes, unless a story says something else.
pub(crate) const EVENT: SignedDuration = SignedDuration::from_secs(10);
/// How long an agent waits before it makes a call again that failed.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// How many polls without a command an agent makes before the runner lets it rest: what is over has to end.
const MOST_IDLE_POLLS: u32 = 4_000;

/// What becomes of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPlan {
    /// Every event succeeds.
    Works,
    /// An event fails, in the first deployment.
    Fails(HostEvent),
    /// Its agent never calls.
    Silent,
    /// Its agent ends in the middle of an event of the first deployment, and is not seen again.
    Vanishes(HostEvent),
    /// Every event succeeds, and its load balancers never find it healthy.
    NeverHealthy,
    /// It is terminated once it is selected, before its agent calls.
    Terminated,
}

/// The agent of a host.
#[derive(Debug, Clone)]
pub struct Agent {
    pub(crate) identifier: HostIdentifier,
    pub(crate) caller: Caller,
    pub(crate) plan: HostPlan,
    /// How long an event takes it.
    pub(crate) event_takes: SignedDuration,
    pub(crate) doing: Doing,
    /// When it makes its next call; `None` when that is on the runner's agenda.
    pub(crate) calls_at: Option<Timestamp>,
    pub(crate) idle_polls: u32,
    /// Counts its calls. It listens to the answer of the last one alone: it has given up the others.
    pub(crate) calls: u32,
    /// The deployments that it has worked for, in order.
    pub(crate) worked_for: Vec<DeploymentId>,
    /// The events that it has run to their end, and how.
    pub(crate) ran: BTreeSet<(DeploymentId, HostEvent)>,
}

/// What an agent does.
#[derive(Debug, Clone)]
pub(crate) enum Doing {
    /// It asks for a command.
    Polls,
    /// It claims a command.
    Claims(HostCommand),
    /// Its claim was not answered, so it asks how far the command is.
    Resumes(HostCommand),
    /// It has run a command, and reports.
    Reports(HostCommand),
    /// It is no more.
    Nothing,
}

/// What an agent hears.
enum Heard<'a> {
    /// What it does next.
    Next(Next),
    /// Whether it has a command.
    Claim(&'a HostCommand, Claim),
}

impl Agent {
    /// An agent that has just started.
    pub fn new(identifier: HostIdentifier, caller: Caller, plan: HostPlan, at: Timestamp) -> Self {
        let doing = match plan {
            HostPlan::Works | HostPlan::NeverHealthy | HostPlan::Fails(_) | HostPlan::Vanishes(_) => Doing::Polls,
            HostPlan::Silent | HostPlan::Terminated => Doing::Nothing,
        };
        Self {
            identifier,
            caller,
            plan,
            event_takes: EVENT,
            doing,
            calls_at: Some(at),
            idle_polls: 0,
            calls: 0,
            worked_for: Vec::new(),
            ran: BTreeSet::new(),
        }
    }

    /// Whether its plan for the event holds in the deployment: it is about the first that the host works for.
    fn is_of_plan(&self, command: &HostCommand, event: HostEvent) -> bool {
        command.command.event == event && self.worked_for.first() == Some(&command.deployment)
    }

    fn hears(&mut self, next: Next, now: Timestamp) {
        self.idle_polls = if next.command.is_some() { 0 } else { self.idle_polls + 1 };
        match next.command {
            Some(command) => {
                if !self.worked_for.contains(&command.deployment) {
                    self.worked_for.push(command.deployment.clone());
                }
                (self.doing, self.calls_at) = (Doing::Claims(command), Some(now));
            }
            None if self.idle_polls > MOST_IDLE_POLLS => self.doing = Doing::Nothing,
            None => (self.doing, self.calls_at) = (Doing::Polls, Some(now + next.again_in)),
        }
    }
}

impl Inner {
    /// The agents whose next call is not on the agenda, and when they make it.
    pub(crate) fn agents_to_call(&mut self, now: Timestamp) -> Vec<(Timestamp, HostId)> {
        let idle = self.active.is_empty();
        let mut calls = Vec::new();
        for (id, agent) in &mut self.agents {
            // Agents poll for ever; a story ends when no deployment is active.
            if idle && matches!(agent.doing, Doing::Polls) || matches!(agent.doing, Doing::Nothing) {
                continue;
            }
            if let Some(at) = agent.calls_at.take() {
                calls.push((at.max(now), id.clone()));
            }
        }
        calls
    }
}

impl World {
    /// The agent of a host makes its next call. Where that fails, it makes the same call again.
    pub(crate) async fn agent_calls(&self, host: &HostId) -> Result<(), Problem> {
        let Some(agent) = self.change_agent(host, |agent, now| {
            agent.calls_at = Some(now + PAUSE);
            agent.calls += 1;
            agent.clone()
        }) else {
            return Ok(());
        };
        let now = self.now();
        let called = match &agent.doing {
            Doing::Nothing => return Ok(()),
            Doing::Polls => poll(self, &agent.caller, &agent.identifier, IDLE, now).await.map(Heard::Next),
            Doing::Claims(command) => {
                let resumes = Doing::Resumes(command.clone());
                self.change_agent(host, |agent, _| agent.doing = resumes);
                let claim = acknowledge(self, &agent.caller, command, now).await;
                claim.map(|claim| Heard::Claim(command, claim))
            }
            Doing::Resumes(command) => {
                let progress = progress(self, &agent.caller, command, "").await;
                progress.map(|progress| match progress {
                    Progress::Claimed => Heard::Claim(command, Claim::Granted),
                    Progress::Unclaimed | Progress::Over => Heard::Claim(command, Claim::Refused),
                })
            }
            Doing::Reports(command) => {
                let is_failure = matches!(agent.plan, HostPlan::Fails(event) if agent.is_of_plan(command, event));
                let diagnostics = if is_failure { failure() } else { success() };
                let done = complete(self, &agent.caller, command, !is_failure, &diagnostics, IDLE, now).await;
                done.map(|(_, next)| Heard::Next(next))
            }
        };
        if self.change_agent(host, |now, _| now.calls) != Some(agent.calls) {
            return Ok(());
        }
        match called {
            Ok(Heard::Next(next)) => _ = self.change_agent(host, |agent, now| agent.hears(next, now)),
            Ok(Heard::Claim(command, claim)) => self.claimed(host, command, claim),
            Err(Refusal::Problem(problem)) => return Err(problem),
            Err(refusal @ (Refusal::NotTheHost(_) | Refusal::NoCommand(_))) => panic!("a host of a story: {refusal}"),
        }
        Ok(())
    }

    fn claimed(&self, host: &HostId, command: &HostCommand, claim: Claim) {
        let event = command.command.event;
        let mut inner = self.inner.borrow_mut();
        if claim == Claim::Granted && HostEvent::IN_PLACE.contains(&event) && inner.is_in_traffic(host) {
            inner.faults.push(format!("{host} runs {event} while it is in traffic"));
        }
        drop(inner);
        self.change_agent(host, |agent, now| match (claim, agent.plan) {
            (Claim::Refused, _) => {
                (agent.doing, agent.calls_at) = (Doing::Polls, Some(now + SignedDuration::from_secs(1)))
            }
            (Claim::Granted, HostPlan::Vanishes(event)) if agent.is_of_plan(command, event) => {
                agent.doing = Doing::Nothing
            }
            (Claim::Granted, _) => {
                assert!(agent.ran.insert((command.deployment.clone(), command.command.event)), "an event runs once");
                (agent.doing, agent.calls_at) = (Doing::Reports(command.clone()), Some(now + agent.event_takes));
            }
        });
    }

    fn change_agent<T>(&self, host: &HostId, change: impl FnOnce(&mut Agent, Timestamp) -> T) -> Option<T> {
        let mut inner = self.inner.borrow_mut();
        let now = inner.now;
        inner.agents.get_mut(host).map(|agent| change(agent, now))
    }
}

fn success() -> HostDiagnostics {
    HostDiagnostics::new(HostErrorCode::Success, "", "Succeeded", "")
}

fn failure() -> HostDiagnostics {
    let message = "Script at specified location: check.sh failed with exit code 7";
    HostDiagnostics::new(HostErrorCode::ScriptFailed, "check.sh", message, "[stderr]the page is not there\n")
}
