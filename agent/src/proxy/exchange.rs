//! What becomes of each call of CodeDeploy's agent: checked, passed on in the name of the host, and answered in the form
//! that the agent knows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use spillway_wire::agent::{
    AgentOperation, CLIENT_EXCEPTION, CommandStatus, CommandStatusOutput, Envelope, GetDeploymentSpecificationOutput,
    HostCommand, PollHostCommandOutput, SPECIFICATION_FORMAT, VERSION_HEADER,
};
use spillway_wire::codedeploy::http::CONTENT_TYPE;

use super::http::{Reply, Request};
use super::seal::{FORMAT, Seal};
use super::signature::{Keys, Verifier};
use crate::client::fault::Fault;
use crate::daemon::journal::Journal;
use crate::http::Answer;
use crate::system::clock::{Bell, Clock};

/// What stands before an operation's name where the agent has `:enable_auth_policy:`.
const SECURE_PREFIX: &str = "CodeDeployCommandService.";
/// How long a poll is held. The agent waits 80 s for an answer, and the last question to the service takes some of it.
const HOLD: Duration = Duration::from_secs(55);
/// Between two questions while the agent runs a command, the end of which ends the wait.
const WHILE_BUSY: Duration = Duration::from_secs(30);
/// The service says when to ask again, within these bounds.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// How long a command is not handed out again: an agent of version 1 would run it twice.
const BETWEEN_TWO: SignedDuration = SignedDuration::from_secs(30);
/// The agents run no more commands at once.
const MOST_RUNNING: usize = 16;

/// Spillway's service.
pub trait Upstream: Sync {
    /// Passes a call on. The answer is the service's own, or an exception of it.
    fn forward(&self, operation: AgentOperation, body: &[u8], version: &str) -> Result<Answer, Fault>;
}

/// The proxy, as a function from calls to answers.
pub struct Exchange<'a> {
    /// The service.
    pub upstream: &'a dyn Upstream,
    /// The keys of the host.
    pub keys: &'a dyn Keys,
    /// Checks signatures.
    pub verifier: Verifier,
    /// Wraps specifications.
    pub seal: Seal,
    /// The time of day.
    pub clock: &'a dyn Clock,
    /// Where changes are noted.
    pub journal: &'a Journal<'a>,
    /// What is known of commands.
    pub commands: Mutex<Commands>,
}

/// The commands that the agent has got.
#[derive(Default)]
pub struct Commands {
    /// Handed out, and not claimed yet.
    handed: Option<(String, Timestamp)>,
    /// Claimed, and not reported yet.
    running: Vec<String>,
    /// Polls that wait.
    waiting: Vec<Arc<Bell>>,
}

impl Exchange<'_> {
    /// The answer to a call.
    pub fn answer(&self, request: &Request) -> Reply {
        // The agents of version 1 look whether there is a server at all.
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            return Reply::words(200, "spillway-agent proxy: answers CodeDeploy's agent on this host");
        }
        if request.method != "POST" || request.path != "/" {
            let words = format!("{} {} is nothing here; CodeDeploy's agent calls POST /", request.method, request.path);
            return exception(400, "UnknownOperationException", &words);
        }
        if let Err(words) = self.verifier.verify(request, self.keys, self.clock.now()) {
            let words = format!(
                "The proxy refuses a call, since {words}. CodeDeploy's agent and the proxy must have the same identity: \
                 look at the file of the host on premises, or at the role of the instance."
            );
            self.journal.enter("unsigned", &words);
            return exception(400, "AccessDeniedException", &words);
        }
        let target = request.header("x-amz-target").unwrap_or_default();
        let Some(operation) = operation_of(target) else {
            let words = format!("{target} is no operation for host agents.");
            return exception(400, "UnknownOperationException", &words);
        };
        let version = request.header(VERSION_HEADER).unwrap_or("UNKNOWN_VERSION");
        match self.pass_on(operation, &request.body, version) {
            Ok(reply) => {
                self.journal.enter("answered", "the service answers CodeDeploy's agent");
                reply
            }
            Err(fault) => {
                self.journal.enter(fault.state(), &fault.to_string());
                told(&fault)
            }
        }
    }

    fn pass_on(&self, operation: AgentOperation, body: &[u8], version: &str) -> Result<Reply, Fault> {
        let forward = || self.upstream.forward(operation, body, version);
        match operation {
            AgentOperation::PollHostCommand => self.poll(body, version),
            AgentOperation::GetDeploymentSpecification => {
                whole(forward()?, |output| Ok(success(&self.wrapped(output)?)))
            }
            AgentOperation::PutHostCommandAcknowledgement => whole(forward()?, |output: CommandStatusOutput| {
                if matches!(output.command_status, None | Some(CommandStatus::InProgress | CommandStatus::Pending)) {
                    self.begin(command_in(body));
                }
                Ok(success(&output))
            }),
            AgentOperation::PostHostCommandUpdate => {
                whole(forward()?, |output: CommandStatusOutput| Ok(success(&output)))
            }
            AgentOperation::PutHostCommandComplete => {
                let answer = forward()?;
                self.end(&command_in(body));
                // What the service says of the next command is for Spillway's agent; the others poll for it.
                if answer.status == 200 { Ok(empty()) } else { Ok(as_it_is(answer)) }
            }
        }
    }

    /// Holds a poll until there is a command, as CodeDeploy does.
    fn poll(&self, body: &[u8], version: &str) -> Result<Reply, Fault> {
        let began_at = self.clock.now();
        let mut waited = Duration::ZERO;
        loop {
            let answer = self.upstream.forward(AgentOperation::PollHostCommand, body, version)?;
            if answer.status != 200 {
                return Ok(as_it_is(answer));
            }
            let output: PollHostCommandOutput = parse(&answer)?;
            if let Some(command) = output.host_command.filter(|command| self.hand_out(command)) {
                return Ok(success(&PollHostCommandOutput {
                    host_command: Some(command),
                    poll_again_after_seconds: None,
                }));
            }
            // The time of day may be set meanwhile, so what was waited counts as well.
            let passed = Duration::try_from(self.clock.now().duration_since(began_at)).unwrap_or_default();
            let left = HOLD.saturating_sub(passed.max(waited));
            if left.is_zero() {
                return Ok(success(&json!({})));
            }
            let bell = Arc::new(Bell::default());
            let is_busy = self.attend(&bell);
            let [least, most] = PAUSES;
            let said = output.poll_again_after_seconds.and_then(|pause| Duration::try_from_secs_f64(pause).ok());
            let pause = if is_busy { WHILE_BUSY } else { said.unwrap_or(most).clamp(least, most) }.min(left);
            self.clock.wait(&bell, pause);
            self.state().waiting.retain(|waiting| !Arc::ptr_eq(waiting, &bell));
            waited += pause;
        }
    }

    fn state(&self) -> MutexGuard<'_, Commands> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a command is for the agent now. The service sends it until it is claimed.
    fn hand_out(&self, command: &HostCommand) -> bool {
        let id = command.host_command_identifier.clone().unwrap_or_default();
        let now = self.clock.now();
        let mut state = self.state();
        let is_on_its_way = state
            .handed
            .as_ref()
            .is_some_and(|(known, at)| *known == id && now.duration_since(*at).abs() < BETWEEN_TWO);
        if is_on_its_way || state.running.contains(&id) {
            return false;
        }
        state.handed = Some((id, now));
        true
    }

    /// Lets a bell ring at the end of a command. Whether a command runs.
    fn attend(&self, bell: &Arc<Bell>) -> bool {
        let mut state = self.state();
        state.waiting.push(Arc::clone(bell));
        !state.running.is_empty()
    }

    fn begin(&self, id: String) {
        let mut state = self.state();
        state.handed.take_if(|(known, _)| *known == id);
        if !state.running.contains(&id) {
            state.running.push(id);
        }
        // An agent that was ended may never report a command.
        let more = state.running.len().saturating_sub(MOST_RUNNING);
        state.running.drain(..more);
    }

    fn end(&self, id: &str) {
        let mut state = self.state();
        state.handed.take_if(|(known, _)| known == id);
        state.running.retain(|known| known != id);
        state.waiting.drain(..).for_each(|bell| bell.ring());
    }

    fn wrapped(&self, mut output: GetDeploymentSpecificationOutput) -> Result<GetDeploymentSpecificationOutput, Fault> {
        let envelopes = output.deployment_specification.iter_mut();
        for envelope in envelopes.filter_map(|envelopes| envelopes.generic_envelope.as_mut()) {
            if envelope.format.as_deref() == Some(SPECIFICATION_FORMAT) {
                let wrapped = self.seal.wrap(envelope.payload.as_deref().unwrap_or_default());
                let payload = Some(wrapped.map_err(Fault::Unavailable)?);
                *envelope = Envelope { format: Some(FORMAT.to_owned()), payload };
            }
        }
        Ok(output)
    }
}

fn operation_of(target: &str) -> Option<AgentOperation> {
    let named = |name| AgentOperation::ALL.into_iter().find(|operation| operation.name() == name);
    AgentOperation::from_target(target).or_else(|| named(target.strip_prefix(SECURE_PREFIX)?))
}

/// The command that a call is about.
fn command_in(body: &[u8]) -> String {
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    input["HostCommandIdentifier"].as_str().unwrap_or_default().to_owned()
}

/// The answer of a call, or the exception of the service as it is.
fn whole<O: DeserializeOwned>(answer: Answer, render: impl FnOnce(O) -> Result<Reply, Fault>) -> Result<Reply, Fault> {
    if answer.status == 200 { render(parse(&answer)?) } else { Ok(as_it_is(answer)) }
}

fn parse<O: DeserializeOwned>(answer: &Answer) -> Result<O, Fault> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        Fault::Malformed(format!("the service answers what is not the protocol's: {error}; look at its address"))
    })
}

fn as_it_is(Answer { status, body, .. }: Answer) -> Reply {
    Reply { status, content_type: CONTENT_TYPE, body }
}

fn success(output: &impl Serialize) -> Reply {
    Reply { status: 200, content_type: CONTENT_TYPE, body: serde_json::to_vec(output).unwrap_or_default() }
}

fn empty() -> Reply {
    Reply { status: 200, content_type: CONTENT_TYPE, body: Vec::new() }
}

fn exception(status: u16, name: &str, message: &str) -> Reply {
    let body = json!({ "__type": name, "message": message }).to_string().into_bytes();
    Reply { status, content_type: CONTENT_TYPE, body }
}

/// What the agent is told of a fault, in a form by which it knows whether to try again.
fn told(fault: &Fault) -> Reply {
    let words = fault.to_string();
    match fault {
        Fault::Refused(_) => exception(400, CLIENT_EXCEPTION, &words),
        Fault::Denied(_) => exception(400, "AccessDeniedException", &words),
        Fault::Throttled(_) => exception(400, "ThrottlingException", &words),
        Fault::Unavailable(_) | Fault::NoIdentity(_) | Fault::Malformed(_) | Fault::Disk(_) => {
            exception(503, "ServerException", &words)
        }
    }
}
