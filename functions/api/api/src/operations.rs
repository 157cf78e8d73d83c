//! Which operation is which use case: one line each.

use serde_json::{Value, json};
use spillway_appspec::resource;
use spillway_domain::access::caller::Caller;
use spillway_door::Refusal;
use spillway_engine::access::permit::permit;
use spillway_engine::operations::application::{
    create_application, delete_application, find_application, find_applications, list_applications, rename_application,
};
use spillway_engine::operations::configuration::{create_config, delete_config, find_config, list_configs};
use spillway_engine::operations::deployment::{
    answer_hook, continue_deployment, create_deployment, list_deployments, show_deployment, show_deployments,
    stop_deployment,
};
use spillway_engine::operations::group::{
    create_group, delete_group, find_group, find_groups, list_groups, update_group,
};
use spillway_engine::operations::instance::{
    deregister_instance, find_instance, find_instances, list_instances, register_instance, tag_instances,
    untag_instances,
};
use spillway_engine::operations::revision::{
    delete_github_token, find_revision, find_revisions, list_revisions, register_revision,
};
use spillway_engine::operations::tag::{list_tags, tag_resource, untag_resource};
use spillway_engine::operations::target::{
    find_deployment_instance, find_deployment_instances, find_targets, list_targets,
};
use spillway_engine::ports::access::Access;
use spillway_engine::ports::autoscaling::LifecycleHooks;
use spillway_engine::ports::executions::{Executions, Wakes};
use spillway_runtime::{Invocation, fresh_deployment_id, fresh_id};
use spillway_wire::access;
use spillway_wire::codedeploy::context::Context;
use spillway_wire::codedeploy::operation::Operation::{self, *};
use spillway_wire::codedeploy::target::deployment_instance;
use spillway_wire::codedeploy::{application, configuration, deployment, group, instance, revision, tag, target};
use spillway_wire::operator::http::Asked;

use crate::{Backend, Store};

/// What an operation is read and answered in, if the caller may have it.
pub(crate) async fn admit<H, E, W>(
    backend: &Backend<'_, impl Store, H, E, W, impl Access>,
    asked: Asked,
    body: &[u8],
    caller: Option<&Caller>,
    invocation: &Invocation,
) -> Result<Context, Refusal> {
    let store = backend.store;
    let cx = backend.secret.context(store, backend.quotas.clone(), caller, invocation).await?;
    let permissions = access::permissions(asked, body, &cx);
    match permit(store, &backend.access, caller, permissions).await? {
        Some(denial) => Err(access::denied(caller, &denial, &cx.place).into()),
        None => Ok(cx),
    }
}

/// Carries out one operation, if the caller may have it: its request is parsed, its use case done, and the answer rendered.
pub(crate) async fn carry_out(
    backend: &Backend<'_, impl Store, impl LifecycleHooks, impl Executions, impl Wakes, impl Access>,
    operation: Operation,
    body: &[u8],
    caller: Option<&Caller>,
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let Backend { store, hooks, executions, wakes, ref quotas, .. } = *backend;
    let cx = admit(backend, Asked::CodeDeploy(operation), body, caller, invocation).await?;
    let now = invocation.now;

    // A use case whose answer has something in it, and one that answers {}. Without a use case there is nothing to do.
    macro_rules! answer {
        ($operation:ty) => {
            <$operation>::render(&<$operation>::parse(body, &cx)?, &cx)
        };
        ($operation:ty, $request:pat => $done:expr) => {{
            let request = <$operation>::parse(body, &cx)?;
            let done = {
                let $request = &request;
                $done.await?
            };
            <$operation>::render(&request, &done, &cx)
        }};
    }
    macro_rules! done {
        ($operation:ty) => {{
            <$operation>::parse(body, &cx)?;
            json!({})
        }};
        ($operation:ty, $request:pat => $done:expr) => {{
            let $request = &<$operation>::parse(body, &cx)?;
            $done.await?;
            json!({})
        }};
    }

    #[rustfmt::skip] // one line each
    let answer = match operation {
        CreateApplication => answer!(application::CreateApplication, new => create_application(store, new, quotas, fresh_id(), now)),
        GetApplication => answer!(application::GetApplication, name => find_application(store, name)),
        ListApplications => answer!(application::ListApplications, after => list_applications(store, after.as_deref())),
        BatchGetApplications => answer!(application::BatchGetApplications, names => find_applications(store, names)),
        UpdateApplication => done!(application::UpdateApplication, (name, to) => rename_application(store, name, to)),
        DeleteApplication => done!(application::DeleteApplication, name => delete_application(store, hooks, name)),
        CreateDeploymentConfig => answer!(configuration::CreateDeploymentConfig, new => create_config(store, new, quotas, fresh_id(), now)),
        GetDeploymentConfig => answer!(configuration::GetDeploymentConfig, name => find_config(store, name)),
        ListDeploymentConfigs => answer!(configuration::ListDeploymentConfigs, after => list_configs(store, after.as_deref())),
        DeleteDeploymentConfig => done!(configuration::DeleteDeploymentConfig, name => delete_config(store, name)),
        CreateDeploymentGroup => answer!(group::CreateDeploymentGroup, new => create_group(store, hooks, new, quotas, fresh_id())),
        GetDeploymentGroup => answer!(group::GetDeploymentGroup, (application, name) => find_group(store, application, name)),
        BatchGetDeploymentGroups => answer!(group::BatchGetDeploymentGroups, (application, names) => find_groups(store, application, names)),
        ListDeploymentGroups => answer!(group::ListDeploymentGroups, (name, after) => list_groups(store, name, after.as_deref())),
        UpdateDeploymentGroup => answer!(group::UpdateDeploymentGroup, change => update_group(store, hooks, change)),
        DeleteDeploymentGroup => answer!(group::DeleteDeploymentGroup, (application, name) => delete_group(store, hooks, application, name)),
        ListTagsForResource => answer!(tag::ListTagsForResource, resource => list_tags(store, resource)),
        TagResource => done!(tag::TagResource, (resource, tags) => tag_resource(store, resource, tags, quotas)),
        UntagResource => done!(tag::UntagResource, (resource, keys) => untag_resource(store, resource, keys)),
        RegisterApplicationRevision => done!(revision::RegisterApplicationRevision, new => register_revision(store, new, now)),
        GetApplicationRevision => answer!(revision::GetApplicationRevision, (application, location) => find_revision(store, application, location)),
        BatchGetApplicationRevisions => answer!(revision::BatchGetApplicationRevisions, (application, locations) => find_revisions(store, application, locations)),
        ListApplicationRevisions => answer!(revision::ListApplicationRevisions, (filter, after) => list_revisions(store, filter, after.as_deref())),
        CreateDeployment => answer!(deployment::create::CreateDeployment, new => create_deployment(store, executions, new, resource::read, quotas, fresh_deployment_id(), now)),
        GetDeployment => answer!(deployment::GetDeployment, id => show_deployment(store, id)),
        ListDeployments => answer!(deployment::list::ListDeployments, (filter, after) => list_deployments(store, store, filter, after.as_deref())),
        GetDeploymentTarget => answer!(target::GetDeploymentTarget, (id, target) => find_targets(store, id, std::slice::from_ref(target), quotas.batch_targets)),
        BatchGetDeploymentTargets => answer!(target::BatchGetDeploymentTargets, (id, targets) => find_targets(store, id, targets, quotas.batch_targets)),
        ListDeploymentTargets => answer!(target::ListDeploymentTargets, (id, filter, after) => list_targets(store, id, filter, after.as_deref())),
        StopDeployment => answer!(deployment::StopDeployment, (id, rollback) => stop_deployment(store, wakes, id, *rollback, caller, spillway_runtime::now)),
        PutLifecycleEventHookExecutionStatus => answer!(deployment::PutLifecycleEventHookExecutionStatus, verdict => answer_hook(store, wakes, verdict, now)),
        BatchGetDeployments => answer!(deployment::BatchGetDeployments, ids => show_deployments(store, ids)),
        ContinueDeployment => done!(deployment::ContinueDeployment, (id, wait) => continue_deployment(store, wakes, id, *wait, caller, now)),
        SkipWaitTimeForInstanceTermination => done!(deployment::SkipWaitTimeForInstanceTermination, (id, wait) => continue_deployment(store, wakes, id, *wait, caller, now)),
        ListDeploymentInstances => answer!(deployment_instance::ListDeploymentInstances, (id, filter, after) => list_targets(store, id, filter, after.as_deref())),
        GetDeploymentInstance => answer!(deployment_instance::GetDeploymentInstance, (id, instance) => find_deployment_instance(store, id, instance)),
        BatchGetDeploymentInstances => answer!(deployment_instance::BatchGetDeploymentInstances, (id, instances) => find_deployment_instances(store, id, instances)),
        RegisterOnPremisesInstance => done!(instance::RegisterOnPremisesInstance, new => register_instance(store, new, fresh_id(), now)),
        DeregisterOnPremisesInstance => done!(instance::DeregisterOnPremisesInstance, name => deregister_instance(store, name, now)),
        GetOnPremisesInstance => answer!(instance::GetOnPremisesInstance, name => find_instance(store, name)),
        BatchGetOnPremisesInstances => answer!(instance::BatchGetOnPremisesInstances, names => find_instances(store, names)),
        ListOnPremisesInstances => answer!(instance::ListOnPremisesInstances, (filter, after) => list_instances(store, filter, after.as_deref())),
        AddTagsToOnPremisesInstances => done!(instance::AddTagsToOnPremisesInstances, (names, tags) => tag_instances(store, names, tags, quotas)),
        RemoveTagsFromOnPremisesInstances => done!(instance::RemoveTagsFromOnPremisesInstances, (names, tags) => untag_instances(store, names, tags)),
        ListGitHubAccountTokenNames => answer!(revision::ListGitHubAccountTokenNames),
        DeleteGitHubAccountToken => done!(revision::DeleteGitHubAccountToken, name => delete_github_token(name)),
        DeleteResourcesByExternalId => done!(deployment::DeleteResourcesByExternalId),
    };
    Ok(answer)
}
