//! Create deployment: makes the deployment that an execution of the state machine asks for.

use serde_json::Value;
use spillway_appspec::resource;
use spillway_aws_dynamodb::Table;
use spillway_aws_functions::Authorize;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::problem::Problem;
use spillway_engine::access::permit::permit;
use spillway_engine::operations::Error;
use spillway_engine::operations::deployment::{StartRequest, create_deployment_for};
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::access;
use spillway_wire::codedeploy::exception::Exception;
use spillway_wire::execution::{Request, created, parse, refused};
use spillway_wire::place::Place;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let quotas: Quotas = setting("QUOTAS")?;
    let access = Authorize::new(&config, setting("AUTHORIZE_FUNCTION")?, &setting::<String>("POLICIES")?);
    run(async |request, invocation| answer((&table, &access), &quotas, request, &invocation).await).await
}

/// A refusal is an answer: the execution ends with it, and nothing is tried again.
async fn answer(
    (table, policies): (&Table, &Authorize),
    quotas: &Quotas,
    request: Request,
    invocation: &Invocation,
) -> Result<Value, Problem> {
    let start = StartRequest { arn: request.execution_arn, started_at: request.started_at };
    let new = match parse(&request.input, quotas) {
        Ok(new) => new,
        Err(exception) => return Ok(refuse(&exception)),
    };
    let (caller, needed) = (start.arn.parse().ok(), vec![access::to_deploy(&new.application, &new.group)]);
    if let Some(denial) = permit(table, policies, caller.as_ref(), needed).await? {
        let [partition, region, account] = invocation.home().map(str::to_owned);
        let place = Place { partition, region, account };
        return Ok(refuse(&access::denied(caller.as_ref(), &denial, &place)));
    }
    match create_deployment_for(table, &start, &new, resource::read, quotas, invocation.now).await {
        Ok(deployment) => Ok(created(&deployment)),
        Err(Error::Rejected(rejection)) => Ok(refuse(&rejection.into())),
        Err(Error::Problem(problem)) => Err(problem),
    }
}

fn refuse(exception: &Exception) -> Value {
    tracing::info!(target: "spillway", "{exception}");
    refused(exception)
}
