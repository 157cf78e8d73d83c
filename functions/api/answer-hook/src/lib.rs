//! The door for hooks. A hook's SDK signs for CodeDeploy, which no function URL takes, so this one asks for no signature:
//! the execution id says who answers. Nothing else of the API is behind it.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use serde_json::Value;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::DeploymentRejection;
use spillway_door::{Refusal, Secret, respond};
use spillway_engine::operations::deployment::{answer_hook, load_deployment};
use spillway_engine::operations::target::find_own_target;
use spillway_engine::ports::catalog::Secrets;
use spillway_engine::ports::deployments::Deployments;
use spillway_engine::ports::executions::Wakes;
use spillway_runtime::Invocation;
use spillway_wire::codedeploy::deployment::{GetDeployment, PutLifecycleEventHookExecutionStatus};
use spillway_wire::codedeploy::exception::Exception;
use spillway_wire::codedeploy::http;
use spillway_wire::codedeploy::operation::Operation;
use spillway_wire::codedeploy::target::GetDeploymentTarget;
use spillway_wire::hook;

/// The bytes of a request, packed or not. A verdict has some 200.
const MOST_BYTES: usize = 16 * 1024;

/// What the door leads to.
pub struct Door<'a, S, W> {
    store: &'a S,
    wakes: &'a W,
    may_read: bool,
    secret: Secret,
}

impl<'a, S: Secrets + Deployments, W: Wakes> Door<'a, S, W> {
    /// A door to these ports; whether hooks may also read the deployment that waits for them.
    pub fn new(store: &'a S, wakes: &'a W, may_read: bool) -> Self {
        Self { store, wakes, may_read, secret: Secret::default() }
    }
}

/// Every request has an answer.
pub async fn answer(
    door: &Door<'_, impl Secrets + Deployments, impl Wakes>,
    request: &Request,
    invocation: &Invocation,
) -> Value {
    let answer = match http::read(request, MOST_BYTES) {
        Ok((operation, body)) => carry_out(door, operation, &body, invocation).await,
        Err(exception) => Err(exception.into()),
    };
    respond(answer, invocation)
}

async fn carry_out(
    door: &Door<'_, impl Secrets + Deployments, impl Wakes>,
    operation: Operation,
    body: &[u8],
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let reads = [Operation::GetDeployment, Operation::GetDeploymentTarget].contains(&operation);
    if operation != Operation::PutLifecycleEventHookExecutionStatus && !(reads && door.may_read) {
        return Err(hook::refuse(operation, reads).into());
    }
    let cx = door.secret.context(door.store, Quotas::default(), None, invocation).await?;
    if operation == Operation::GetDeployment {
        let id = GetDeployment::parse(body, &cx)?;
        let deployment = load_deployment(door.store, &id).await?;
        refuse_unless_asked(&deployment)?;
        return Ok(GetDeployment::render(&id, &deployment.into(), &cx));
    }
    if operation == Operation::GetDeploymentTarget {
        let request = GetDeploymentTarget::parse(body, &cx)?;
        refuse_unless_asked(&load_deployment(door.store, &request.0).await?)?;
        let deployment = find_own_target(door.store, &request.0, &request.1).await?;
        return Ok(GetDeploymentTarget::render(&request, &[deployment.into()], &cx));
    }
    let verdict = PutLifecycleEventHookExecutionStatus::parse(body, &cx)?;
    answer_hook(door.store, door.wakes, &verdict, invocation.now).await?;
    Ok(PutLifecycleEventHookExecutionStatus::render(&verdict, &(), &cx))
}

/// A deployment is shown only while its hook is in flight: any other one seems not to exist.
fn refuse_unless_asked(deployment: &spillway_domain::deployment::record::Deployment) -> Result<(), Refusal> {
    let asked = deployment.current_event().is_some_and(|event| deployment.waits_for_hook(event));
    let hidden = |id: &DeploymentId| Exception::from(DeploymentRejection::DoesNotExist(id.clone()));
    if asked { Ok(()) } else { Err(hidden(&deployment.id).into()) }
}
