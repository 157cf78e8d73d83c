//! Takes commands from a service, one after another, and reports how each ended.
//!
//! What travels is CodeDeploy's host command protocol. How it travels is behind [`Service`].

pub mod specification;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use crate::command::Agent;
use crate::diagnostics::Diagnostics;
use crate::state::Outcome;

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

/// What a poll answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// A command, if there is one.
    pub command: Option<HostCommand>,
    /// When to poll again, if the service says it.
    pub again_after: Option<Duration>,
}

/// What an acknowledgement answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandStatus {
    /// Not claimed yet.
    Pending,
    /// This host's to run.
    InProgress,
    /// Done already.
    Succeeded,
    /// Decided already, or another attempt's.
    Failed,
}

/// The five calls of the protocol.
pub trait Service {
    /// Asks for a command.
    fn poll(&self, host: &str) -> io::Result<Polled>;
    /// The specification of a command's deployment, as JSON.
    fn specification(&self, execution: &str, host: &str) -> io::Result<String>;
    /// Claims a command, and says whether there is anything to do.
    fn acknowledge(&self, command: &str, is_noop: bool) -> io::Result<CommandStatus>;
    /// Reports how a command ended. A service may answer with the next command.
    fn complete(&self, command: &str, outcome: &Outcome) -> io::Result<Option<HostCommand>>;
}

/// What a round has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// How many commands ran or were answered.
    pub commands: usize,
    /// When to poll again, if the service says it.
    pub again_after: Option<Duration>,
}

/// A host's conversation with its service.
pub struct Client<'a> {
    service: &'a dyn Service,
    agent: &'a Agent<'a>,
    host: String,
    /// What was answered last: it is answered again until the service has heard it.
    last: Option<Answer>,
}

/// How a command ended, for the service.
struct Answer {
    command: String,
    /// The deployment, if anything of it is on the disk.
    deployment: Option<String>,
    outcome: Outcome,
}

impl<'a> Client<'a> {
    /// A conversation in the name of a host.
    pub fn new(service: &'a dyn Service, agent: &'a Agent<'a>, host: String) -> Self {
        Self { service, agent, host, last: None }
    }

    /// Reports the commands that ran when the agent ended: with their outcome if they had one, else as failed.
    pub fn report_interrupted(&mut self) -> io::Result<usize> {
        let mut reported = 0;
        for ongoing in self.agent.root.interrupted()? {
            let Some(command) = ongoing.command else { continue };
            let outcome = ongoing.outcome.unwrap_or_else(|| (&Diagnostics::restarted()).into());
            self.answer(Answer { command, deployment: Some(ongoing.deployment_id), outcome })?;
            reported += 1;
        }
        Ok(reported)
    }

    /// Polls once, and runs what comes until nothing more does.
    pub fn round(&mut self) -> io::Result<Round> {
        let polled = self.service.poll(&self.host)?;
        let (mut next, mut commands) = (polled.command, 0);
        while let Some(command) = next {
            commands += 1;
            next = self.take(&command)?;
        }
        Ok(Round { commands, again_after: polled.again_after })
    }

    /// Takes a command. The next one, if the service has answered with it.
    fn take(&mut self, command: &HostCommand) -> io::Result<Option<HostCommand>> {
        if command.host != self.host {
            let words = format!("the service sent a command for {} to {}", command.host, self.host);
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        // A service that has not heard the answer sends the command again. Its effects are there already.
        if let Some(last) = self.last.take_if(|last| last.command == command.id) {
            return self.answer(last);
        }
        let text = self.service.specification(&command.execution, &self.host)?;
        let id = || command.id.clone();
        let refuse = |words: String| {
            let outcome = Outcome::from(&Diagnostics::failure(&words));
            Answer { command: id(), deployment: None, outcome }
        };
        if !EVENTS.contains(&command.event.as_str()) {
            return self.answer(refuse(format!("Unsupported command type: {}.", command.event)));
        }
        let spec = match specification::parse(&text) {
            Ok(spec) => spec,
            Err(refused) => return self.answer(refuse(refused.to_string())),
        };
        let is_noop = match self.agent.is_noop(&spec, &command.event) {
            Ok(is_noop) => is_noop,
            Err(failure) => return self.answer(refuse(failure.to_string())),
        };
        match self.service.acknowledge(&command.id, is_noop)? {
            CommandStatus::Pending | CommandStatus::InProgress => {}
            CommandStatus::Failed if is_noop => {
                let message = "Succeeded: CompletedNoopCommand".to_owned();
                let done = Diagnostics { message, ..Diagnostics::success(String::new()) };
                return self.answer(Answer { command: id(), deployment: None, outcome: (&done).into() });
            }
            CommandStatus::Succeeded | CommandStatus::Failed => return Ok(None),
        }
        let diagnostics = self.agent.run_command(&spec, &command.event, &command.id);
        let deployment = Some(spec.deployment_id);
        self.answer(Answer { command: id(), deployment, outcome: (&diagnostics).into() })
    }

    /// Answers a command. When the service has heard it, nothing of it is kept on the disk.
    fn answer(&mut self, answer: Answer) -> io::Result<Option<HostCommand>> {
        let answer = self.last.insert(answer);
        let next = self.service.complete(&answer.command, &answer.outcome)?;
        if let Some(deployment) = &answer.deployment {
            self.agent.root.forget(self.agent.host, deployment)?;
        }
        Ok(next)
    }
}
