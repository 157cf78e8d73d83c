//! The service over HTTP: AWS JSON 1.1, signed for Lambda, whose function URLs check it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use spillway_wire::agent::{
    AcknowledgementDiagnostics, AgentOperation, CommandStatus, CommandStatusOutput, DEPLOYMENT_SYSTEM, Envelope,
    GetDeploymentSpecificationInput, GetDeploymentSpecificationOutput, HostCommand as WireCommand,
    PollHostCommandInput, PollHostCommandOutput, PostHostCommandUpdateInput, PutHostCommandAcknowledgementInput,
    PutHostCommandCompleteInput, PutHostCommandCompleteOutput, SPECIFICATION_FORMAT, VERSION_HEADER,
};
use spillway_wire::codedeploy::http::CONTENT_TYPE;

use crate::client::fault::Fault;
use crate::client::{HostCommand, Next, Service};
use crate::daemon::pulse::Pulse;
use crate::diagnostics::Diagnostics;
use crate::http::endpoint::Endpoint;
use crate::http::signature::{self, Scope};
use crate::http::{AGENT_VERSION, Answer, Call, Http};
use crate::identity::Identity;
use crate::state::Outcome;
use crate::system::clock::Clock;

/// What function URLs check signatures for.
const SIGNED_FOR: &str = "lambda";
/// A deployment that no service has, in the form of those that it has.
const NO_EXECUTION: &str = "Spillway/d-DOCTOR000/doctor/0";
/// What the service says of a deployment that does not exist, after it has checked who calls.
const NO_COMMAND: &str = "There is no command";
/// The most characters of an answer that a message shows.
const MOST_SHOWN: usize = 300;

/// The service at an address, called in the name of a host.
pub struct HostService<'a> {
    /// The client.
    pub http: Http,
    /// The address.
    pub endpoint: Endpoint,
    /// The host.
    pub identity: &'a Identity,
    /// The time of signatures.
    pub clock: &'a dyn Clock,
    /// Each call is a sign of life.
    pub pulse: Pulse,
}

/// What a call without an effect was answered.
#[derive(Debug)]
pub struct Probe {
    /// The time of day, as the service has it; none if it does not answer.
    pub date: Option<Timestamp>,
    /// Whether the service takes the calls of this host.
    pub outcome: Result<(), Fault>,
}

impl HostService<'_> {
    /// Asks for the specification of a deployment that does not exist: the service checks who calls, and that is all. A
    /// poll would be taken for a sign that the agent runs.
    pub fn probe(&self) -> Probe {
        let (operation, host) = (AgentOperation::GetDeploymentSpecification, self.identity.host.clone());
        let input =
            GetDeploymentSpecificationInput { deployment_execution_id: NO_EXECUTION.to_owned(), host_identifier: host };
        let body = serde_json::to_vec(&input).map_err(|error| Fault::Malformed(error.to_string()));
        let answer = match body.and_then(|body| self.send(operation, &body, AGENT_VERSION)) {
            Ok(answer) => answer,
            Err(fault) => return Probe { date: None, outcome: Err(fault) },
        };
        let date = answer.headers.get("date").and_then(|date| rfc2822::parse(date.to_str().ok()?).ok());
        let is_known = answer.status == 200 || String::from_utf8_lossy(&answer.body).contains(NO_COMMAND);
        let outcome = if is_known { Ok(()) } else { Err(self.fault(operation, &answer)) };
        Probe { date: date.map(|date| date.timestamp()), outcome }
    }

    fn call<O: DeserializeOwned + Default>(
        &self,
        operation: AgentOperation,
        input: &impl Serialize,
    ) -> Result<O, Fault> {
        let body = serde_json::to_vec(input).map_err(|error| Fault::Malformed(error.to_string()))?;
        let answer = self.send_twice(operation, &body, AGENT_VERSION)?;
        if answer.status != 200 {
            return Err(self.fault(operation, &answer));
        }
        if answer.body.is_empty() {
            return Ok(O::default());
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            let (endpoint, name) = (&self.endpoint, operation.name());
            Fault::Malformed(format!(
                "{endpoint} answers {name} with what is not the protocol's: {error}; look whether \
                                      :deploy_control_endpoint: is the service's"
            ))
        })
    }

    /// Passes a call of another agent of this host on. The answer is the service's own, or an exception of it.
    pub fn forward(&self, operation: AgentOperation, body: &[u8], version: &str) -> Result<Answer, Fault> {
        let answer = self.send_twice(operation, body, version)?;
        let of_service = answer.status == 200 || String::from_utf8_lossy(&answer.body).contains("\"__type\"");
        if of_service { Ok(answer) } else { Err(self.fault(operation, &answer)) }
    }

    fn send_twice(&self, operation: AgentOperation, body: &[u8], version: &str) -> Result<Answer, Fault> {
        let answer = self.send(operation, body, version)?;
        if answer.status != 403 {
            return Ok(answer);
        }
        // Keys may have been rotated since they were read. A call that was not let in has changed nothing.
        self.identity.forget_credentials();
        self.send(operation, body, version)
    }

    fn send(&self, operation: AgentOperation, body: &[u8], version: &str) -> Result<Answer, Fault> {
        self.pulse.beat();
        let now = self.clock.now();
        let credentials = self.identity.credentials(now).map_err(Fault::NoIdentity)?;
        let headers = [
            ("content-type", CONTENT_TYPE.to_owned()),
            ("x-amz-target", operation.target()),
            (VERSION_HEADER, version.to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let mut call = Call { method: "POST", url: format!("{}/", self.endpoint), headers, body: body.to_owned() };
        let region = self.endpoint.region().unwrap_or(&self.identity.region);
        let scope = Scope { service: SIGNED_FOR, region, now };
        signature::add(&mut call, &credentials, scope).map_err(Fault::NoIdentity)?;
        self.http.send(&call).map_err(|error| {
            Fault::Unavailable(format!("{} does not answer {}: {error}", self.endpoint, operation.name()))
        })
    }

    fn fault(&self, operation: AgentOperation, answer: &Answer) -> Fault {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |names: [&str; 2]| names.iter().find_map(|name| body[name].as_str()).unwrap_or_default();
        let (kind, mut message) = (text(["__type", "code"]), text(["message", "Message"]).to_owned());
        let kind = kind.rsplit('#').next().unwrap_or_default();
        if message.is_empty() {
            message = String::from_utf8_lossy(&answer.body).into_owned();
        }
        let message: String = message.chars().take(MOST_SHOWN).collect();
        let status = answer.status;
        let said = [kind, &message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        let said = if said.is_empty() { status.to_string() } else { format!("{status} {said}") };
        let (endpoint, name, host) = (&self.endpoint, operation.name(), &self.identity.host);
        let is_throttled = status == 429 || kind.contains("Throttl") || kind.contains("TooManyRequests");
        match status {
            _ if is_throttled => Fault::Throttled(format!("{endpoint} has too much to do for {name} ({said})")),
            401 | 403 if message.contains("xpired") || message.contains("not yet current") => Fault::Denied(format!(
                "{endpoint} refuses the signature of {host} ({said}); look at the host's clock and \
                                       at the end of its credentials"
            )),
            401 | 403 => Fault::Denied(format!(
                "{endpoint} does not let {host} call {name} ({said}); look whether the host is registered and its user or \
                 role may invoke the function URL"
            )),
            400..=499 => Fault::Refused(format!("{endpoint} refuses {name} of {host} ({said})")),
            _ => Fault::Unavailable(format!("{endpoint} fails in {name} ({said})")),
        }
    }

    fn command(&self, command: Option<WireCommand>) -> Result<Option<HostCommand>, Fault> {
        let Some(command) = command else { return Ok(None) };
        let given = |text: Option<String>, name: &str| {
            let text = text.filter(|text| !text.is_empty());
            text.ok_or_else(|| Fault::Malformed(format!("{} sends a command without {name}", self.endpoint)))
        };
        Ok(Some(HostCommand {
            id: given(command.host_command_identifier, "HostCommandIdentifier")?,
            host: given(command.host_identifier, "HostIdentifier")?,
            execution: given(command.deployment_execution_id, "DeploymentExecutionId")?,
            event: given(command.command_name, "CommandName")?,
        }))
    }

    fn next(&self, command: Option<WireCommand>, seconds: Option<f64>) -> Result<Next, Fault> {
        // What is no duration, such as a negative number, says nothing.
        let again_after = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(Next { command: self.command(command)?, again_after })
    }
}

impl Service for HostService<'_> {
    fn poll(&self, host: &str) -> Result<Next, Fault> {
        let input = PollHostCommandInput { host_identifier: host.to_owned(), stopping: None };
        let output: PollHostCommandOutput = self.call(AgentOperation::PollHostCommand, &input)?;
        self.next(output.host_command, output.poll_again_after_seconds)
    }

    fn leave(&self, host: &str) -> Result<(), Fault> {
        let input = PollHostCommandInput { host_identifier: host.to_owned(), stopping: Some(true) };
        self.call(AgentOperation::PollHostCommand, &input).map(|_: PollHostCommandOutput| ())
    }

    fn specification(&self, execution: &str, host: &str) -> Result<String, Fault> {
        let (deployment_execution_id, host_identifier) = (execution.to_owned(), host.to_owned());
        let input = GetDeploymentSpecificationInput { deployment_execution_id, host_identifier };
        let output: GetDeploymentSpecificationOutput = self.call(AgentOperation::GetDeploymentSpecification, &input)?;
        let malformed = |words: String| Fault::Malformed(format!("{} sends a specification {words}", self.endpoint));
        if output.deployment_system.as_deref() != Some(DEPLOYMENT_SYSTEM) {
            let system = output.deployment_system.unwrap_or_default();
            return Err(malformed(format!("of the system '{system}', not {DEPLOYMENT_SYSTEM}")));
        }
        let envelope = output.deployment_specification.and_then(|all| all.generic_envelope).unwrap_or_default();
        match (envelope.format.as_deref(), envelope.payload) {
            (Some(SPECIFICATION_FORMAT), Some(payload)) => Ok(payload),
            (Some(SPECIFICATION_FORMAT), None) => Err(malformed("without a payload".to_owned())),
            (format, _) => {
                let format = format.unwrap_or("no");
                Err(malformed(format!("of {format} format; this agent reads {SPECIFICATION_FORMAT}")))
            }
        }
    }

    fn acknowledge(&self, command: &str, is_noop: bool) -> Result<CommandStatus, Fault> {
        let diagnostics = serde_json::to_string(&AcknowledgementDiagnostics { is_command_noop: is_noop });
        let diagnostics = diagnostics.map_err(|error| Fault::Malformed(error.to_string()))?;
        let input = PutHostCommandAcknowledgementInput {
            host_command_identifier: command.to_owned(),
            diagnostics: Some(Envelope::of_diagnostics(diagnostics)),
        };
        let output: CommandStatusOutput = self.call(AgentOperation::PutHostCommandAcknowledgement, &input)?;
        Ok(output.command_status.unwrap_or(CommandStatus::InProgress))
    }

    fn update(&self, command: &str, log: &str) -> Result<CommandStatus, Fault> {
        let diagnostics = Diagnostics { message: String::new(), ..Diagnostics::success(log.to_owned()) };
        let input = PostHostCommandUpdateInput {
            host_command_identifier: command.to_owned(),
            estimated_completion_time: None,
            diagnostics: Some(Envelope::of_diagnostics(diagnostics.payload())),
        };
        let output: CommandStatusOutput = self.call(AgentOperation::PostHostCommandUpdate, &input)?;
        Ok(output.command_status.unwrap_or(CommandStatus::InProgress))
    }

    fn complete(&self, command: &str, outcome: &Outcome) -> Result<Next, Fault> {
        let input = PutHostCommandCompleteInput {
            host_command_identifier: command.to_owned(),
            command_status: if outcome.succeeded { CommandStatus::Succeeded } else { CommandStatus::Failed },
            diagnostics: Some(Envelope::of_diagnostics(outcome.payload.clone())),
        };
        let output: PutHostCommandCompleteOutput = self.call(AgentOperation::PutHostCommandComplete, &input)?;
        self.next(output.host_command, output.poll_again_after_seconds)
    }
}
