//! The door for host agents: CodeDeploy's host command protocol, answered to hosts alone. Lambda has verified who calls.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use jiff::SignedDuration;
use serde_json::Value;
use spillway_domain::access::caller::Caller;
use spillway_door::{Refusal, caller, respond};
use spillway_engine::ports::catalog::Groups;
use spillway_engine::ports::deployments::Deployments;
use spillway_engine::ports::hosts::{HostDossiers, HostWorks};
use spillway_engine::server::agent_api::{self, HostCommand, Next};
use spillway_runtime::Invocation;
use spillway_wire::agent::door::{self, CommandName, Request, refuse};

/// What the door leads to.
pub struct Door<'a, S> {
    store: &'a S,
    idle: SignedDuration,
}

impl<'a, S: Groups + Deployments + HostWorks + HostDossiers> Door<'a, S> {
    /// A door to these ports; idle hosts come again after so many seconds.
    pub fn new(store: &'a S, idle_seconds: u32) -> Self {
        Self { store, idle: SignedDuration::from_secs(i64::from(idle_seconds)) }
    }
}

/// Every request has an answer.
pub async fn answer(
    door: &Door<'_, impl Groups + Deployments + HostWorks + HostDossiers>,
    request: &LambdaFunctionUrlRequest,
    invocation: &Invocation,
) -> Value {
    let answer = match (door::read(request), caller(request)) {
        (Err(exception), _) => Err(exception.into()),
        (Ok(_), None) => {
            Err(refuse("Who calls is not known. The agent signs its requests for the service lambda.").into())
        }
        (Ok(request), Some(caller)) => serve(door, request, &caller, invocation).await,
    };
    respond(answer, invocation)
}

async fn serve(
    door: &Door<'_, impl Groups + Deployments + HostWorks + HostDossiers>,
    request: Request,
    caller: &Caller,
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let (store, now) = (door.store, invocation.now);
    match request {
        Request::Poll(host) => {
            let next = agent_api::poll(store, caller, &host, door.idle, now).await.map_err(refusal)?;
            Ok(door::polled(&host, named(&next).as_ref(), next.again_in.as_secs_f64()))
        }
        Request::Stop(host) => {
            agent_api::stop(store, caller, &host, now).await.map_err(refusal)?;
            Ok(door::polled(&host, None, door.idle.as_secs_f64()))
        }
        Request::Specification { host, deployment, id } => {
            let found = agent_api::specification(store, caller, &host, &deployment, &id).await;
            Ok(door::specified(&found.map_err(refusal)?)?)
        }
        Request::Acknowledge(command) => {
            let claim = agent_api::acknowledge(store, caller, &meant(command), now).await;
            Ok(door::acknowledged(claim.map_err(refusal)?))
        }
        Request::Update { command, log } => {
            let progress = agent_api::progress(store, caller, &meant(command), &log).await;
            Ok(door::updated(progress.map_err(refusal)?))
        }
        Request::Complete { command, is_success, diagnostics } => {
            let command = meant(command);
            let done = agent_api::complete(store, caller, &command, is_success, &diagnostics, door.idle, now).await;
            let (host, next) = done.map_err(refusal)?;
            Ok(door::completed(host.as_ref(), named(&next).as_ref(), next.again_in.as_secs_f64()))
        }
    }
}

fn meant(CommandName { deployment, host, command }: CommandName) -> HostCommand {
    HostCommand { deployment, host, command }
}

fn named(next: &Next) -> Option<CommandName> {
    let HostCommand { deployment, host, command } = next.command.clone()?;
    Some(CommandName { deployment, host, command })
}

/// Who is not the host is told what does not fit, and the log tells who claimed what.
fn refusal(refused: agent_api::Refusal) -> Refusal {
    match refused {
        agent_api::Refusal::Problem(problem) => Refusal::Problem(problem),
        agent_api::Refusal::NotTheHost(claim) => refuse(format!("{claim}.")).into(),
        refused @ agent_api::Refusal::NoCommand(_) => refuse(refused.to_string()).into(),
    }
}
