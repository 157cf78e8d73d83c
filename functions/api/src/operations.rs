//! Which operation is which use case: one line each.

use serde_json::{Value, json};
use spillway_domain::Problem;
use spillway_engine::{
    Error, Executions, Wakes, answer_hook, create_application, create_config, create_deployment, create_group,
    delete_application, delete_group, find_application, find_config, find_group, find_targets, list_applications,
    list_configs, list_deployments, list_groups, load_deployment, stop_deployment, update_group,
};
use spillway_kit::{Invocation, fresh_deployment_id, fresh_id};
use spillway_wire::Operation::{self, *};
use spillway_wire::{Context, Exception, Place, Seal, operations as wire};

use crate::{Backend, Store};

/// Why an operation was not carried out.
pub(crate) enum Refusal {
    /// The caller is told so.
    Exception(Exception),
    /// The log is told.
    Problem(Problem),
}

/// Carries out one operation: its request is parsed, its use case done, and the answer rendered.
pub(crate) async fn carry_out(
    backend: &Backend<'_, impl Store, impl Executions, impl Wakes>,
    operation: Operation,
    body: &[u8],
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let Backend { store, executions, wakes, ref quotas, .. } = *backend;
    let [partition, region, account] = invocation.home().map(str::to_owned);
    let place = Place { partition, region, account };
    let cx = Context { place, quotas: quotas.clone(), seal: Seal::new(backend.secret().await?) };
    let now = invocation.now;

    // A use case whose answer has something in it, and one that answers {}.
    macro_rules! answer {
        ($operation:ident, $request:pat => $done:expr) => {{
            let request = wire::$operation::parse(body, &cx)?;
            let done = {
                let $request = &request;
                $done.await?
            };
            wire::$operation::render(&request, &done, &cx)
        }};
    }
    macro_rules! done {
        ($operation:ident, $request:pat => $done:expr) => {{
            let $request = &wire::$operation::parse(body, &cx)?;
            $done.await?;
            json!({})
        }};
    }

    #[rustfmt::skip] // one line each
    let answer = match operation {
        CreateApplication => answer!(create_application, new => create_application(store, new, fresh_id(), now)),
        GetApplication => answer!(get_application, name => find_application(store, name)),
        ListApplications => answer!(list_applications, after => list_applications(store, after.as_deref())),
        DeleteApplication => done!(delete_application, name => delete_application(store, name)),
        CreateDeploymentConfig => answer!(create_deployment_config, new => create_config(store, new, fresh_id(), now)),
        GetDeploymentConfig => answer!(get_deployment_config, name => find_config(store, name)),
        ListDeploymentConfigs => answer!(list_deployment_configs, after => list_configs(store, after.as_deref())),
        CreateDeploymentGroup => answer!(create_deployment_group, new => create_group(store, new, fresh_id())),
        GetDeploymentGroup => answer!(get_deployment_group, (application, name) => find_group(store, application, name)),
        ListDeploymentGroups => answer!(list_deployment_groups, (name, after) => list_groups(store, name, after.as_deref())),
        UpdateDeploymentGroup => answer!(update_deployment_group, change => update_group(store, change)),
        DeleteDeploymentGroup => answer!(delete_deployment_group, (application, name) => delete_group(store, application, name)),
        CreateDeployment => answer!(create_deployment, new => create_deployment(store, store, executions, new, fresh_deployment_id(), now)),
        GetDeployment => answer!(get_deployment, id => load_deployment(store, id)),
        ListDeployments => answer!(list_deployments, (filter, after) => list_deployments(store, store, filter, after.as_deref())),
        GetDeploymentTarget => answer!(get_deployment_target, (id, target) => find_targets(store, id, std::slice::from_ref(target))),
        BatchGetDeploymentTargets => answer!(batch_get_deployment_targets, (id, targets) => find_targets(store, id, targets)),
        ListDeploymentTargets => answer!(list_deployment_targets, (id, _) => load_deployment(store, id)),
        StopDeployment => answer!(stop_deployment, (id, rollback) => stop_deployment(store, wakes, id, *rollback, now)),
        PutLifecycleEventHookExecutionStatus => answer!(put_lifecycle_event_hook_execution_status, verdict => answer_hook(store, wakes, verdict, now)),
    };
    Ok(answer)
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
