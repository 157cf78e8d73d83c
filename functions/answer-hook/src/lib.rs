//! The door for hooks. A hook's SDK signs for CodeDeploy, which no function URL takes, so this one asks for no signature:
//! the execution id says who answers. Nothing else of the API is behind it.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use serde_json::Value;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::rejection::Rejection;
use spillway_engine::{Catalog, Deployments, Error, Wakes, answer_hook, find_targets, load_deployment};
use spillway_kit::{Invocation, fresh_secret};
use spillway_wire::operations::{
    get_deployment, get_deployment_target, put_lifecycle_event_hook_execution_status as put,
};
use spillway_wire::{Context, Exception, Operation, Place, Seal, hook, http};
use tokio::sync::OnceCell;

/// The bytes of a request, packed or not. A verdict has some 200.
const MOST_BYTES: usize = 16 * 1024;

/// What the door leads to.
pub struct Door<'a, S, W> {
    store: &'a S,
    wakes: &'a W,
    may_read: bool,
    secret: OnceCell<String>,
}

impl<'a, S: Catalog + Deployments, W: Wakes> Door<'a, S, W> {
    /// A door to these ports; whether hooks may also read the deployment that waits for them.
    pub fn new(store: &'a S, wakes: &'a W, may_read: bool) -> Self {
        Self { store, wakes, may_read, secret: OnceCell::new() }
    }

    async fn secret(&self) -> Result<&str, Problem> {
        let secret = async || self.store.secret(&fresh_secret()).await;
        self.secret.get_or_try_init(secret).await.map(String::as_str)
    }
}

/// Every request has an answer.
pub async fn answer(
    door: &Door<'_, impl Catalog + Deployments, impl Wakes>,
    request: &Request,
    invocation: &Invocation,
) -> Value {
    let answer = match http::read(request, MOST_BYTES) {
        Ok((operation, body)) => carry_out(door, operation, &body, invocation).await,
        Err(exception) => Err(exception.into()),
    };
    let answer = answer.map_err(|refusal| match refusal {
        Refusal::Exception(exception) => exception,
        Refusal::Problem(problem) => {
            tracing::error!(target: "spillway", kind = problem.kind.name(), "{problem}");
            Exception::internal(&invocation.request_id)
        }
    });
    if let Err(exception) = &answer {
        tracing::info!(target: "spillway", "{exception}");
    }
    http::respond(&answer, &invocation.request_id)
}

async fn carry_out(
    door: &Door<'_, impl Catalog + Deployments, impl Wakes>,
    operation: Operation,
    body: &[u8],
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let reads = [Operation::GetDeployment, Operation::GetDeploymentTarget].contains(&operation);
    if operation != Operation::PutLifecycleEventHookExecutionStatus && !(reads && door.may_read) {
        return Err(hook::refuse(operation, reads).into());
    }
    let [partition, region, account] = invocation.home().map(str::to_owned);
    let place = Place { partition, region, account };
    let cx = Context { place, quotas: Quotas::default(), seal: Seal::new(door.secret().await?), caller: None };
    if operation == Operation::GetDeployment {
        let id = get_deployment::parse(body, &cx)?;
        let deployment = load_deployment(door.store, &id).await?;
        refuse_unless_asked(&deployment)?;
        return Ok(get_deployment::render(&id, &deployment, &cx));
    }
    if operation == Operation::GetDeploymentTarget {
        let request = get_deployment_target::parse(body, &cx)?;
        refuse_unless_asked(&load_deployment(door.store, &request.0).await?)?;
        let deployment = find_targets(door.store, &request.0, std::slice::from_ref(&request.1)).await?;
        return Ok(get_deployment_target::render(&request, &deployment, &cx));
    }
    let verdict = put::parse(body, &cx)?;
    answer_hook(door.store, door.wakes, &verdict, invocation.now).await?;
    Ok(put::render(&verdict, &(), &cx))
}

/// Nobody is told here of a deployment but its hook, while it is asked: any other one seems not to be there.
fn refuse_unless_asked(deployment: &spillway_domain::deployment::record::Deployment) -> Result<(), Refusal> {
    let asked = deployment.current_event().is_some_and(|event| deployment.waits_for_hook(event));
    let hidden = |id: &DeploymentId| Exception::from(Rejection::NoDeployment(id.clone()));
    if asked { Ok(()) } else { Err(hidden(&deployment.id).into()) }
}

/// Why a request was not carried out.
enum Refusal {
    /// The hook is told so.
    Exception(Exception),
    /// The log is told.
    Problem(Problem),
}

impl From<Exception> for Refusal {
    fn from(exception: Exception) -> Self {
        Self::Exception(exception)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::Exception(rejection.into()),
            Error::Problem(problem) => Self::Problem(problem),
        }
    }
}
