//! Change resource: does the next thing for a resource of a stack.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use spillway_aws_core::Roles;
use spillway_aws_dynamodb::Table;
use spillway_aws_functions::{Authorize, SetLifecycleHook};
use spillway_aws_lambda::Aliases;
use spillway_aws_stepfunctions::{Executions, Tasks};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::stack::resource::{Outcome, Progress, StackRequest};
use spillway_engine::access::permit::permit;
use spillway_engine::operations::Error;
use spillway_engine::stack::change_resource::{Changes, change_resource};
use spillway_runtime::{Failure, Invocation, aws, run, setting, table};
use spillway_wire::access;
use spillway_wire::place::Place;
use spillway_wire::stack::{asked, parse, refusal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = table(&config, Table::new)?;
    let aliases = Aliases::new(&Roles::new(&config));
    let executions = Executions::new(&config, setting::<String>("STATE_MACHINE_ARN")?);
    let (tasks, quotas) = (Tasks::new(&config), setting::<Quotas>("QUOTAS")?);
    let policies = Authorize::new(&config, setting("AUTHORIZE_FUNCTION")?, &setting::<String>("POLICIES")?);
    let hooks = SetLifecycleHook::new(&config, setting("SET_LIFECYCLE_HOOK_FUNCTION")?);
    run(async |input: Input, invocation: Invocation| {
        let request = match input.read(&quotas)? {
            Ok(request) => request,
            Err(outcome) => return Ok(settled(outcome)),
        };
        let (caller, needed) = (request.resource.stack.parse().ok(), access::of_stack(&request));
        if let Some(denial) = permit(&table, &policies, caller.as_ref(), needed).await? {
            let [partition, region, account] = invocation.home().map(str::to_owned);
            let denied = access::denied(caller.as_ref(), &denial, &Place { partition, region, account });
            return Ok(settled(Outcome::failed(request.name(), denied.to_string())));
        }
        let changes = Changes {
            store: &table.for_request(&request),
            aliases: &aliases,
            hooks: &hooks,
            executions: &executions,
            wakes: &tasks,
            quotas: &quotas,
        };
        match change_resource(&changes, &request, invocation.now).await {
            Ok(progress) => Ok(progress),
            Err(Error::Rejected(rejection)) => Ok(settled(Outcome::failed(request.name(), refusal(rejection)))),
            Err(Error::Problem(problem)) => Err(problem),
        }
    })
    .await
}

/// What the state machine says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    /// CloudFormation's event.
    request: Value,
    received_at: Timestamp,
}

impl Input {
    /// What is asked for, or what the stack is told of a request that is not understood.
    fn read(&self, quotas: &Quotas) -> Result<Result<StackRequest, Outcome>, Problem> {
        let asked = asked(&self.request).map_err(|words| Problem::new(ProblemKind::Refused, words))?;
        let name = asked.physical_id.unwrap_or(asked.resource.logical_id);
        Ok(parse(&self.request, self.received_at, quotas).map_err(|words| Outcome::failed(name, words)))
    }
}

/// A refusal is an answer: nothing is tried again.
fn settled(outcome: Outcome) -> Progress {
    let words = outcome.failure.as_deref().unwrap_or_default();
    tracing::info!(target: "spillway", physicalId = outcome.physical_id, "{words}");
    Progress::Settled(outcome)
}
