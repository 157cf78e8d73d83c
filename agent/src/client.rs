//! Takes commands from a service, one after another, and reports how each ended.
//!
//! What travels is CodeDeploy's host command protocol. How it travels is behind [`Service`].

pub mod fault;
pub mod heartbeat;
pub mod specification;
#[cfg(test)]
mod tests;

use std::time::Duration;

use spillway_wire::agent::CommandStatus;

use crate::command::Agent;
use crate::daemon::journal::Journal;
use crate::daemon::presence::Presence;
use crate::daemon::shutdown::Shutdown;
use crate::diagnostics::Diagnostics;
use crate::spec::DeploymentSpec;
use crate::state::Outcome;
use crate::system::clock::Clock;
use fault::Fault;

/// The state of an agent that its service answers.
const ANSWERED: &str = "answered";
/// The event names that a service may send.
const EVENTS: [&str; 11] = [
    "DownloadBundle",
    "Install",
    "BeforeBlockTraffic",
    "AfterBlockTraffic",
    "ApplicationStop",
    "BeforeInstall",
    "AfterInstall",
    "ApplicationStart",
    "ValidateService",
    "BeforeAllowTraffic",
    "AfterAllowTraffic",
];

/// A command for this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCommand {
    /// By what the service knows it, byte for byte.
    pub id: String,
    /// The host that it is for.
    pub host: String,
    /// By what the service knows the deployment.
    pub execution: String,
    /// The lifecycle event.
    pub event: String,
}

/// What a service wants next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// A command, if there is one.
    pub command: Option<HostCommand>,
    /// When to poll again, if the service says it.
    pub again_after: Option<Duration>,
}

/// The five calls of the protocol.
pub trait Service: Sync {
    /// Asks for a command.
    fn poll(&self, host: &str) -> Result<Next, Fault>;
    /// Says that the agent stops, so that a deployment which begins meanwhile need not wait for it.
    fn leave(&self, host: &str) -> Result<(), Fault>;
    /// The specification of a command's deployment, as JSON.
    fn specification(&self, execution: &str, host: &str) -> Result<String, Fault>;
    /// Claims a command, and says whether there is anything to do.
    fn acknowledge(&self, command: &str, is_noop: bool) -> Result<CommandStatus, Fault>;
    /// Says that a command still runs, with the end of its log. [`CommandStatus::Failed`] means that the deployment no
    /// longer wants it.
    fn update(&self, command: &str, log: &str) -> Result<CommandStatus, Fault>;
    /// Reports how a command ended.
    fn complete(&self, command: &str, outcome: &Outcome) -> Result<Next, Fault>;
}

/// What a round has led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// How many commands ran or were answered.
    pub commands: usize,
    /// When to poll again, if the service says it.
    pub again_after: Option<Duration>,
}

/// A host's conversation with its service.
pub struct Client<'a> {
    /// The service.
    pub service: &'a dyn Service,
    /// What runs the commands.
    pub agent: &'a Agent<'a>,
    /// The host, as the service knows it.
    pub host: &'a str,
    /// Between updates of a command that runs.
    pub clock: &'a dyn Clock,
    /// Says whether the agent is about to end.
    pub shutdown: &'a Shutdown,
    /// Where commands are noted.
    pub journal: &'a Journal<'a>,
    /// Where `status` finds them.
    pub presence: &'a Presence<'a>,
    /// The answer that the service has not heard, or that it heard last.
    pub last: Option<Answer>,
    /// A claim that was not answered, so that only the service knows whether the command is claimed.
    pub claiming: Option<Claim>,
    /// Whether the service has heard of the commands that ran when the agent ended.
    pub is_reported: bool,
}

/// The claim of a command.
#[derive(Debug, Clone)]
pub struct Claim {
    command: HostCommand,
    /// The deployment, under whose name the claim is on the disk.
    deployment: String,
}

/// How a command ended, for the service.
pub struct Answer {
    command: String,
    /// The deployment, if anything of it is on the disk.
    deployment: Option<String>,
    outcome: Outcome,
    is_heard: bool,
}

impl Answer {
    fn new(command: &HostCommand, deployment: Option<String>, diagnostics: &Diagnostics) -> Self {
        Self { command: command.id.clone(), deployment, outcome: diagnostics.into(), is_heard: false }
    }
}

impl Client<'_> {
    /// Reports the commands that ran when the agent ended: with their outcome if they had one, else as failed. One that
    /// was only claimed has changed nothing, and is gone on with.
    pub fn report_interrupted(&mut self) -> Result<usize, Fault> {
        let mut reported = 0;
        for ongoing in self.agent.root.interrupted()? {
            let Some(command) = ongoing.command else { continue };
            let deployment = ongoing.deployment_id;
            if let Some(execution) = ongoing.claims {
                let command = HostCommand { id: command, host: self.host.to_owned(), execution, event: ongoing.event };
                self.claiming = Some(Claim { command, deployment });
                continue;
            }
            let ended = if ongoing.outcome.is_some() { "ended before the agent could say so" } else { "did not end" };
            self.journal.line(&format!("{} of deployment {deployment} {ended}; reporting it", ongoing.event));
            let outcome = ongoing.outcome.unwrap_or_else(|| (&Diagnostics::restarted()).into());
            self.answer(Answer { command, deployment: Some(deployment), outcome, is_heard: false })?;
            reported += 1;
        }
        self.is_reported = true;
        Ok(reported)
    }

    /// Polls once, and runs what comes until nothing more does.
    pub fn round(&mut self) -> Result<Round, Fault> {
        if !self.is_reported {
            self.report_interrupted()?;
        }
        // What was claimed is not sent again by every service, so that its answer goes first.
        let mut next = match self.last.take_if(|last| !last.is_heard) {
            Some(unheard) => self.answer(unheard)?,
            None => Next::default(),
        };
        if let Some(claim) = self.claiming.clone() {
            let Some(_busy) = self.shutdown.begin() else { return Ok(Round::default()) };
            next = self.resume(claim)?.unwrap_or(next);
        }
        if next.command.is_none() {
            next = self.service.poll(self.host)?;
        }
        self.journal.enter(ANSWERED, &format!("the service answers {}", self.host));
        let mut commands = 0;
        while let Some(command) = next.command.take() {
            let Some(_busy) = self.shutdown.begin() else { break };
            commands += 1;
            if let Some(after) = self.take(&command)? {
                next = Next { again_after: after.again_after.or(next.again_after), ..after };
            }
        }
        Ok(Round { commands, again_after: next.again_after })
    }

    /// Takes a command. What the service wants next, if it was asked.
    fn take(&mut self, command: &HostCommand) -> Result<Option<Next>, Fault> {
        if command.host != self.host {
            let words = format!("the service sent a command for {} to {}", command.host, self.host);
            return Err(Fault::Malformed(words));
        }
        // A service that has not heard the answer sends the command again. Its effects are there already.
        if let Some(last) = self.last.take_if(|last| last.command == command.id) {
            return self.answer(last).map(Some);
        }
        let (spec, is_noop) = match self.prepare(command)? {
            Ok(prepared) => prepared,
            Err(words) => return self.refuse(command, None, &words).map(Some),
        };
        let deployment = spec.deployment_id.clone();
        self.agent.record_claim(&spec, &command.event, &command.id, &command.execution)?;
        self.claiming = Some(Claim { command: command.clone(), deployment: deployment.clone() });
        let status = self.service.acknowledge(&command.id, is_noop)?;
        self.claiming = None;
        match status {
            CommandStatus::Pending | CommandStatus::InProgress => {}
            CommandStatus::Failed if is_noop => {
                let message = "Succeeded: CompletedNoopCommand".to_owned();
                let done = Diagnostics { message, ..Diagnostics::success(String::new()) };
                return self.answer(Answer::new(command, Some(deployment), &done)).map(Some);
            }
            CommandStatus::Succeeded | CommandStatus::Failed => {
                self.agent.root.forget(self.agent.host, &deployment)?;
                return Ok(None);
            }
        }
        self.run(command, spec, is_noop).map(Some)
    }

    /// Goes on with a command whose claim was not answered. A second claim would be answered as that of another host, but
    /// an update says how far the command is.
    fn resume(&mut self, Claim { command, deployment }: Claim) -> Result<Option<Next>, Fault> {
        let status = match self.service.update(&command.id, "") {
            // A service without updates sends the command again, or lets its time run out.
            Err(Fault::Refused(_) | Fault::Malformed(_)) => CommandStatus::Failed,
            answered => answered?,
        };
        if status != CommandStatus::InProgress {
            self.agent.root.forget(self.agent.host, &deployment)?;
            self.claiming = None;
            return Ok(None);
        }
        let prepared = self.prepare(&command)?;
        self.claiming = None;
        match prepared {
            Ok((spec, is_noop)) => self.run(&command, spec, is_noop).map(Some),
            Err(words) => self.refuse(&command, Some(deployment), &words).map(Some),
        }
    }

    /// Answers a command that cannot be run.
    fn refuse(&mut self, command: &HostCommand, deployment: Option<String>, words: &str) -> Result<Next, Fault> {
        self.journal.line(&format!("{} is refused: {words}", command.event));
        self.answer(Answer::new(command, deployment, &Diagnostics::failure(words)))
    }

    /// Runs a command that this host has claimed.
    fn run(&mut self, command: &HostCommand, spec: DeploymentSpec, is_noop: bool) -> Result<Next, Fault> {
        let what = format!("{} of deployment {}", command.event, spec.deployment_id);
        if !is_noop {
            self.journal.line(&format!("{what} begins"));
        }
        let began_at = self.clock.now();
        let run = || self.agent.run_command(&spec, &command.event, &command.id);
        let (service, progress) = (self.service, &self.agent.progress);
        let diagnostics = heartbeat::accompany(service, self.clock, progress, self.presence, &command.id, run);
        self.presence.command(&spec, &command.event, began_at, &diagnostics);
        match diagnostics.is_success() {
            true if is_noop => self.journal.line(&format!("{what} has nothing to do")),
            true => self.journal.line(&format!("{what} succeeded")),
            false => {
                let code = diagnostics.code as u8;
                self.journal.line(&format!("{what} failed with code {code}: {}", diagnostics.message));
            }
        }
        self.answer(Answer::new(command, Some(spec.deployment_id), &diagnostics))
    }

    /// The specification of a command, and whether there is nothing to do; or why the command cannot be run.
    fn prepare(&self, command: &HostCommand) -> Result<Result<(DeploymentSpec, bool), String>, Fault> {
        let text = match self.service.specification(&command.execution, self.host) {
            // Asked again, the service would answer the same, so the deployment hears why its command does not run.
            Err(Fault::Refused(words) | Fault::Malformed(words)) => return Ok(Err(words)),
            answered => answered?,
        };
        if !EVENTS.contains(&command.event.as_str()) {
            return Ok(Err(format!("Unsupported command type: {}.", command.event)));
        }
        let spec = match specification::parse(&text) {
            Ok(spec) => spec,
            Err(refused) => return Ok(Err(refused.to_string())),
        };
        let is_noop = self.agent.is_noop(&spec, &command.event);
        Ok(is_noop.map(|is_noop| (spec, is_noop)).map_err(|failure| failure.to_string()))
    }

    /// Answers a command. When the service has heard it, or does not want to, nothing of it is kept on the disk.
    fn answer(&mut self, answer: Answer) -> Result<Next, Fault> {
        let answer = self.last.insert(answer);
        let next = match self.service.complete(&answer.command, &answer.outcome) {
            Err(Fault::Refused(words) | Fault::Malformed(words)) => {
                self.journal.line(&format!("the outcome of a command is dropped: {words}"));
                Next::default()
            }
            answered => answered?,
        };
        answer.is_heard = true;
        if let Some(deployment) = &answer.deployment {
            self.agent.root.forget(self.agent.host, deployment)?;
        }
        Ok(next)
    }
}
