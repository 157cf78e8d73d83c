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
    answer_hook, continue_deployment, create_deployment, list_deployments, load_deployment, load_deployments,
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
use spillway_engine::operations::target::{find_deployment_instances, find_targets};
use spillway_engine::ports::access::Access;
use spillway_engine::ports::executions::{Executions, Wakes};
use spillway_runtime::{Invocation, fresh_deployment_id, fresh_id};
use spillway_wire::Operation::{self, *};
use spillway_wire::{access, operations as wire};

use crate::{Backend, Store};

/// Carries out one operation, if the caller may have it: its request is parsed, its use case done, and the answer rendered.
pub(crate) async fn carry_out(
    backend: &Backend<'_, impl Store, impl Executions, impl Wakes, impl Access>,
    operation: Operation,
    body: &[u8],
    caller: Option<&Caller>,
    invocation: &Invocation,
) -> Result<Value, Refusal> {
    let Backend { store, executions, wakes, ref quotas, .. } = *backend;
    let cx = backend.secret.context(store, quotas.clone(), caller, invocation).await?;
    let permissions = access::permissions(operation, body, &cx);
    if let Some(denial) = permit(store, &backend.access, caller, permissions).await? {
        return Err(access::denied(caller, &denial, &cx.place).into());
    }
    let now = invocation.now;

    // A use case whose answer has something in it, and one that answers {}. Without a use case there is nothing to do.
    macro_rules! answer {
        ($operation:ident) => {
            wire::$operation::render(&wire::$operation::parse(body, &cx)?, &cx)
        };
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
        ($operation:ident) => {{
            wire::$operation::parse(body, &cx)?;
            json!({})
        }};
        ($operation:ident, $request:pat => $done:expr) => {{
            let $request = &wire::$operation::parse(body, &cx)?;
            $done.await?;
            json!({})
        }};
    }

    #[rustfmt::skip] // one line each
    let answer = match operation {
        CreateApplication => answer!(create_application, new => create_application(store, new, quotas, fresh_id(), now)),
        GetApplication => answer!(get_application, name => find_application(store, name)),
        ListApplications => answer!(list_applications, after => list_applications(store, after.as_deref())),
        BatchGetApplications => answer!(batch_get_applications, names => find_applications(store, names)),
        UpdateApplication => done!(update_application, (name, to) => rename_application(store, name, to)),
        DeleteApplication => done!(delete_application, name => delete_application(store, name)),
        CreateDeploymentConfig => answer!(create_deployment_config, new => create_config(store, new, quotas, fresh_id(), now)),
        GetDeploymentConfig => answer!(get_deployment_config, name => find_config(store, name)),
        ListDeploymentConfigs => answer!(list_deployment_configs, after => list_configs(store, after.as_deref())),
        DeleteDeploymentConfig => done!(delete_deployment_config, name => delete_config(store, name)),
        CreateDeploymentGroup => answer!(create_deployment_group, new => create_group(store, new, quotas, fresh_id())),
        GetDeploymentGroup => answer!(get_deployment_group, (application, name) => find_group(store, application, name)),
        BatchGetDeploymentGroups => answer!(batch_get_deployment_groups, (application, names) => find_groups(store, application, names)),
        ListDeploymentGroups => answer!(list_deployment_groups, (name, after) => list_groups(store, name, after.as_deref())),
        UpdateDeploymentGroup => answer!(update_deployment_group, change => update_group(store, change)),
        DeleteDeploymentGroup => answer!(delete_deployment_group, (application, name) => delete_group(store, application, name)),
        ListTagsForResource => answer!(list_tags_for_resource, resource => list_tags(store, resource)),
        TagResource => done!(tag_resource, (resource, tags) => tag_resource(store, resource, tags, quotas)),
        UntagResource => done!(untag_resource, (resource, keys) => untag_resource(store, resource, keys)),
        RegisterApplicationRevision => done!(register_application_revision, new => register_revision(store, new, now)),
        GetApplicationRevision => answer!(get_application_revision, (application, location) => find_revision(store, application, location)),
        BatchGetApplicationRevisions => answer!(batch_get_application_revisions, (application, locations) => find_revisions(store, application, locations)),
        ListApplicationRevisions => answer!(list_application_revisions, (filter, after) => list_revisions(store, filter, after.as_deref())),
        CreateDeployment => answer!(create_deployment, new => create_deployment(store, executions, new, resource::read, quotas, fresh_deployment_id(), now)),
        GetDeployment => answer!(get_deployment, id => load_deployment(store, id)),
        ListDeployments => answer!(list_deployments, (filter, after) => list_deployments(store, store, filter, after.as_deref())),
        GetDeploymentTarget => answer!(get_deployment_target, (id, target) => find_targets(store, id, std::slice::from_ref(target))),
        BatchGetDeploymentTargets => answer!(batch_get_deployment_targets, (id, targets) => find_targets(store, id, targets)),
        ListDeploymentTargets => answer!(list_deployment_targets, (id, _) => find_targets(store, id, &[])),
        StopDeployment => answer!(stop_deployment, (id, rollback) => stop_deployment(store, wakes, id, *rollback, caller, spillway_runtime::now)),
        PutLifecycleEventHookExecutionStatus => answer!(put_lifecycle_event_hook_execution_status, verdict => answer_hook(store, wakes, verdict, now)),
        BatchGetDeployments => answer!(batch_get_deployments, ids => load_deployments(store, ids)),
        ContinueDeployment => done!(continue_deployment, (id, wait) => continue_deployment(store, wakes, id, *wait, caller, now)),
        SkipWaitTimeForInstanceTermination => done!(skip_wait_time_for_instance_termination, (id, wait) => continue_deployment(store, wakes, id, *wait, caller, now)),
        ListDeploymentInstances => answer!(list_deployment_instances, (id, _) => find_targets(store, id, &[])),
        GetDeploymentInstance => done!(get_deployment_instance, (id, _) => find_deployment_instances(store, id)),
        BatchGetDeploymentInstances => done!(batch_get_deployment_instances, (id, _) => find_deployment_instances(store, id)),
        RegisterOnPremisesInstance => done!(register_on_premises_instance, new => register_instance(store, new, fresh_id(), now)),
        DeregisterOnPremisesInstance => done!(deregister_on_premises_instance, name => deregister_instance(store, name, now)),
        GetOnPremisesInstance => answer!(get_on_premises_instance, name => find_instance(store, name)),
        BatchGetOnPremisesInstances => answer!(batch_get_on_premises_instances, names => find_instances(store, names)),
        ListOnPremisesInstances => answer!(list_on_premises_instances, (filter, after) => list_instances(store, filter, after.as_deref())),
        AddTagsToOnPremisesInstances => done!(add_tags_to_on_premises_instances, (names, tags) => tag_instances(store, names, tags, quotas)),
        RemoveTagsFromOnPremisesInstances => done!(remove_tags_from_on_premises_instances, (names, tags) => untag_instances(store, names, tags)),
        ListGitHubAccountTokenNames => answer!(list_git_hub_account_token_names),
        DeleteGitHubAccountToken => done!(delete_git_hub_account_token, name => delete_github_token(name)),
        DeleteResourcesByExternalId => done!(delete_resources_by_external_id),
    };
    Ok(answer)
}
