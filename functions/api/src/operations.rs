//! Which operation is which use case. Each: parse, do, render.

use serde_json::Value;
use spillway_aws_dynamodb::Table;
use spillway_aws_stepfunctions::{Executions, Tasks};
use spillway_domain::Problem;
use spillway_engine as engine;
use spillway_kit::{Invocation, fresh_deployment_id, fresh_id};
use spillway_wire::{Exception, Operation, Place, operations as wire};

/// What the use cases work with.
pub(crate) struct Backend {
    pub(crate) table: Table,
    pub(crate) executions: Executions,
    pub(crate) tasks: Tasks,
}

/// Why an operation was not carried out.
pub(crate) enum Refusal {
    /// The caller is told so.
    Exception(Exception),
    /// The log is told.
    Problem(Problem),
}

/// Carries out one operation.
pub(crate) async fn carry_out(
    backend: &Backend,
    operation: Operation,
    body: &[u8],
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let Backend { table, executions, tasks } = backend;
    let now = invocation.now;
    let [partition, region, account] = invocation.home().map(str::to_owned);
    let place = Place { partition, region, account };
    Ok(match operation {
        Operation::CreateApplication => {
            let request = wire::create_application::parse(body)?;
            wire::create_application::render(&engine::create_application(table, request, fresh_id(), now).await?.id)
        }
        Operation::GetApplication => {
            let name = wire::get_application::parse(body)?;
            wire::get_application::render(&engine::find_application(table, &name).await?)
        }
        Operation::ListApplications => {
            let after = wire::list_applications::parse(body)?;
            wire::list_applications::render(&engine::list_applications(table, after.as_deref()).await?)
        }
        Operation::DeleteApplication => {
            engine::delete_application(table, &wire::delete_application::parse(body)?).await?;
            wire::delete_application::render()
        }
        Operation::CreateDeploymentConfig => {
            let request = wire::create_deployment_config::parse(body)?;
            wire::create_deployment_config::render(&engine::create_config(table, request, fresh_id(), now).await?.id)
        }
        Operation::GetDeploymentConfig => {
            let name = wire::get_deployment_config::parse(body)?;
            wire::get_deployment_config::render(&engine::find_config(table, &name).await?)
        }
        Operation::ListDeploymentConfigs => {
            let after = wire::list_deployment_configs::parse(body)?;
            wire::list_deployment_configs::render(&engine::list_configs(table, after.as_deref()).await?)
        }
        Operation::CreateDeploymentGroup => {
            let request = wire::create_deployment_group::parse(body)?;
            wire::create_deployment_group::render(&engine::create_group(table, request, fresh_id()).await?.id)
        }
        Operation::GetDeploymentGroup => {
            let (application, name) = wire::get_deployment_group::parse(body)?;
            let (application, group, state) = engine::find_group(table, &application, &name).await?;
            wire::get_deployment_group::render(&application, &group, &state)
        }
        Operation::ListDeploymentGroups => {
            let (application, after) = wire::list_deployment_groups::parse(body)?;
            let page = engine::list_groups(table, &application, after.as_deref()).await?;
            wire::list_deployment_groups::render(&application, &page)
        }
        Operation::UpdateDeploymentGroup => {
            engine::update_group(table, wire::update_deployment_group::parse(body)?).await?;
            wire::update_deployment_group::render()
        }
        Operation::DeleteDeploymentGroup => {
            let (application, name) = wire::delete_deployment_group::parse(body)?;
            engine::delete_group(table, &application, &name).await?;
            wire::delete_deployment_group::render()
        }
        Operation::CreateDeployment => {
            let (request, id) = (wire::create_deployment::parse(body)?, fresh_deployment_id());
            let made = engine::create_deployment(table, table, executions, request, id, now).await?;
            wire::create_deployment::render(&made.id)
        }
        Operation::GetDeployment => {
            let id = wire::get_deployment::parse(body)?;
            wire::get_deployment::render(&engine::load_deployment(table, &id).await?)
        }
        Operation::ListDeployments => {
            let (filter, after) = wire::list_deployments::parse(body)?;
            let page = engine::list_deployments(table, table, &filter, after.as_deref()).await?;
            wire::list_deployments::render(&filter, &page)
        }
        Operation::GetDeploymentTarget => {
            let (id, target) = wire::get_deployment_target::parse(body)?;
            wire::get_deployment_target::render(&engine::load_deployment(table, &id).await?, &target, &place)?
        }
        Operation::BatchGetDeploymentTargets => {
            let (id, targets) = wire::batch_get_deployment_targets::parse(body)?;
            wire::batch_get_deployment_targets::render(&engine::load_deployment(table, &id).await?, &targets, &place)?
        }
        Operation::ListDeploymentTargets => {
            let (id, statuses) = wire::list_deployment_targets::parse(body)?;
            wire::list_deployment_targets::render(&engine::load_deployment(table, &id).await?, statuses.as_deref())
        }
        Operation::StopDeployment => {
            let (id, rollback) = wire::stop_deployment::parse(body)?;
            wire::stop_deployment::render(&engine::stop_deployment(table, tasks, &id, rollback, now).await?)
        }
        Operation::PutLifecycleEventHookExecutionStatus => {
            let answer = wire::put_lifecycle_event_hook_execution_status::parse(body)?;
            engine::answer_hook(table, tasks, &answer, now).await?;
            wire::put_lifecycle_event_hook_execution_status::render(&answer.execution)
        }
    })
}

impl From<Exception> for Refusal {
    fn from(exception: Exception) -> Self {
        Self::Exception(exception)
    }
}

impl From<engine::Error> for Refusal {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Rejected(rejection) => Self::Exception(rejection.into()),
            engine::Error::Problem(problem) => Self::Problem(problem),
        }
    }
}
