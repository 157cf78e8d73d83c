//! Requests of every operation, good and bad, and the answers.

mod answers;
mod blue_green;
mod catalog;
mod configs;
mod deployments;
mod environments;
mod groups;
mod instances;
mod messages;
mod requests;
mod services;
mod tag_filters;
mod wrong_types;

use std::fmt::Debug;

use serde_json::{Value, json};

use super::*;
use crate::testing::context;
use crate::{Exception, Operation};

/// A request of `operation` as it is read, in its debug form.
fn parse(operation: Operation, body: &[u8]) -> Result<String, Exception> {
    fn shown(parsed: Result<impl Debug, Exception>) -> Result<String, Exception> {
        parsed.map(|request| format!("{request:?}"))
    }
    match operation {
        Operation::AddTagsToOnPremisesInstances => shown(add_tags_to_on_premises_instances::parse(body, &context())),
        Operation::BatchGetApplications => shown(batch_get_applications::parse(body, &context())),
        Operation::BatchGetDeploymentGroups => shown(batch_get_deployment_groups::parse(body, &context())),
        Operation::DeleteDeploymentConfig => shown(delete_deployment_config::parse(body, &context())),
        Operation::ListTagsForResource => shown(list_tags_for_resource::parse(body, &context())),
        Operation::TagResource => shown(tag_resource::parse(body, &context())),
        Operation::UntagResource => shown(untag_resource::parse(body, &context())),
        Operation::UpdateApplication => shown(update_application::parse(body, &context())),
        Operation::BatchGetApplicationRevisions => shown(batch_get_application_revisions::parse(body, &context())),
        Operation::GetApplicationRevision => shown(get_application_revision::parse(body, &context())),
        Operation::ListApplicationRevisions => shown(list_application_revisions::parse(body, &context())),
        Operation::RegisterApplicationRevision => shown(register_application_revision::parse(body, &context())),
        Operation::BatchGetDeploymentInstances => shown(batch_get_deployment_instances::parse(body, &context())),
        Operation::BatchGetDeploymentTargets => shown(batch_get_deployment_targets::parse(body, &context())),
        Operation::BatchGetDeployments => shown(batch_get_deployments::parse(body, &context())),
        Operation::BatchGetOnPremisesInstances => shown(batch_get_on_premises_instances::parse(body, &context())),
        Operation::ContinueDeployment => shown(continue_deployment::parse(body, &context())),
        Operation::CreateApplication => shown(create_application::parse(body, &context())),
        Operation::CreateDeployment => shown(create_deployment::parse(body, &context())),
        Operation::CreateDeploymentConfig => shown(create_deployment_config::parse(body, &context())),
        Operation::CreateDeploymentGroup => shown(create_deployment_group::parse(body, &context())),
        Operation::DeleteApplication => shown(delete_application::parse(body, &context())),
        Operation::DeleteDeploymentGroup => shown(delete_deployment_group::parse(body, &context())),
        Operation::DeleteGitHubAccountToken => shown(delete_git_hub_account_token::parse(body, &context())),
        Operation::DeleteResourcesByExternalId => shown(delete_resources_by_external_id::parse(body, &context())),
        Operation::DeregisterOnPremisesInstance => shown(deregister_on_premises_instance::parse(body, &context())),
        Operation::GetApplication => shown(get_application::parse(body, &context())),
        Operation::GetDeployment => shown(get_deployment::parse(body, &context())),
        Operation::GetDeploymentConfig => shown(get_deployment_config::parse(body, &context())),
        Operation::GetDeploymentGroup => shown(get_deployment_group::parse(body, &context())),
        Operation::GetDeploymentInstance => shown(get_deployment_instance::parse(body, &context())),
        Operation::GetDeploymentTarget => shown(get_deployment_target::parse(body, &context())),
        Operation::GetOnPremisesInstance => shown(get_on_premises_instance::parse(body, &context())),
        Operation::ListApplications => shown(list_applications::parse(body, &context())),
        Operation::ListDeploymentConfigs => shown(list_deployment_configs::parse(body, &context())),
        Operation::ListDeploymentGroups => shown(list_deployment_groups::parse(body, &context())),
        Operation::ListDeploymentInstances => shown(list_deployment_instances::parse(body, &context())),
        Operation::ListDeploymentTargets => shown(list_deployment_targets::parse(body, &context())),
        Operation::ListDeployments => shown(list_deployments::parse(body, &context())),
        Operation::ListGitHubAccountTokenNames => shown(list_git_hub_account_token_names::parse(body, &context())),
        Operation::ListOnPremisesInstances => shown(list_on_premises_instances::parse(body, &context())),
        Operation::PutLifecycleEventHookExecutionStatus => {
            shown(put_lifecycle_event_hook_execution_status::parse(body, &context()))
        }
        Operation::RegisterOnPremisesInstance => shown(register_on_premises_instance::parse(body, &context())),
        Operation::RemoveTagsFromOnPremisesInstances => {
            shown(remove_tags_from_on_premises_instances::parse(body, &context()))
        }
        Operation::SkipWaitTimeForInstanceTermination => {
            shown(skip_wait_time_for_instance_termination::parse(body, &context()))
        }
        Operation::StopDeployment => shown(stop_deployment::parse(body, &context())),
        Operation::UpdateDeploymentGroup => shown(update_deployment_group::parse(body, &context())),
    }
}

/// The ARN of an application.
const SHOP: &str = "arn:aws:codedeploy:us-east-1:111122223333:application:shop";

/// A request that is read.
fn good(operation: Operation) -> Value {
    let role = "arn:aws:iam::111122223333:role/deployer";
    match operation {
        Operation::CreateApplication | Operation::GetApplication | Operation::DeleteApplication => {
            json!({ "applicationName": "shop" })
        }
        Operation::UpdateApplication => json!({ "applicationName": "shop", "newApplicationName": "store" }),
        Operation::BatchGetApplications => json!({ "applicationNames": ["shop"] }),
        Operation::BatchGetDeploymentGroups => {
            json!({ "applicationName": "shop", "deploymentGroupNames": ["live"] })
        }
        Operation::DeleteDeploymentConfig => json!({ "deploymentConfigName": "slow" }),
        Operation::ListTagsForResource => json!({ "ResourceArn": SHOP }),
        Operation::TagResource => json!({ "ResourceArn": SHOP, "Tags": [{ "Key": "team", "Value": "red" }] }),
        Operation::UntagResource => json!({ "ResourceArn": SHOP, "TagKeys": ["team"] }),
        Operation::ListDeploymentGroups | Operation::ListApplicationRevisions => json!({ "applicationName": "shop" }),
        Operation::GetApplicationRevision | Operation::RegisterApplicationRevision => json!({
            "applicationName": "shop",
            "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": "version: 0.0" } },
        }),
        Operation::BatchGetApplicationRevisions => json!({
            "applicationName": "shop",
            "revisions": [{ "revisionType": "AppSpecContent", "appSpecContent": { "content": "version: 0.0" } }],
        }),
        Operation::CreateDeploymentConfig => json!({
            "deploymentConfigName": "slow", "computePlatform": "Lambda",
            "trafficRoutingConfig": { "type": "AllAtOnce" },
        }),
        Operation::GetDeploymentConfig => json!({ "deploymentConfigName": "slow" }),
        Operation::CreateDeploymentGroup => json!({
            "applicationName": "shop", "deploymentGroupName": "live", "serviceRoleArn": role,
        }),
        Operation::GetDeploymentGroup | Operation::DeleteDeploymentGroup => {
            json!({ "applicationName": "shop", "deploymentGroupName": "live" })
        }
        Operation::UpdateDeploymentGroup => {
            json!({ "applicationName": "shop", "currentDeploymentGroupName": "live" })
        }
        Operation::CreateDeployment => json!({
            "applicationName": "shop", "deploymentGroupName": "live",
            "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": "version: 0.0" } },
        }),
        Operation::GetDeployment | Operation::StopDeployment | Operation::ListDeploymentTargets => {
            json!({ "deploymentId": "d-75I7MBT7C" })
        }
        Operation::GetDeploymentTarget => json!({ "deploymentId": "d-75I7MBT7C", "targetId": "orders:live" }),
        Operation::BatchGetDeploymentTargets => {
            json!({ "deploymentId": "d-75I7MBT7C", "targetIds": ["orders:live"] })
        }
        Operation::PutLifecycleEventHookExecutionStatus => json!({
            "deploymentId": "d-75I7MBT7C", "lifecycleEventHookExecutionId": context().seal.execution_id(
                &crate::testing::deployment().id,
                spillway_domain::deployment::lifecycle::EventName::BeforeAllowTraffic,
            ),
            "status": "Succeeded",
        }),
        Operation::ContinueDeployment
        | Operation::SkipWaitTimeForInstanceTermination
        | Operation::ListDeploymentInstances => json!({ "deploymentId": "d-75I7MBT7C" }),
        Operation::BatchGetDeployments => json!({ "deploymentIds": ["d-75I7MBT7C"] }),
        Operation::GetDeploymentInstance => json!({ "deploymentId": "d-75I7MBT7C", "instanceId": "box" }),
        Operation::BatchGetDeploymentInstances => json!({ "deploymentId": "d-75I7MBT7C", "instanceIds": ["box"] }),
        Operation::RegisterOnPremisesInstance => {
            json!({ "instanceName": "box", "iamUserArn": "arn:aws:iam::111122223333:user/box" })
        }
        Operation::GetOnPremisesInstance | Operation::DeregisterOnPremisesInstance => json!({ "instanceName": "box" }),
        Operation::BatchGetOnPremisesInstances => json!({ "instanceNames": ["box"] }),
        Operation::AddTagsToOnPremisesInstances | Operation::RemoveTagsFromOnPremisesInstances => {
            json!({ "instanceNames": ["box"], "tags": [{ "Key": "Name", "Value": "a" }] })
        }
        Operation::DeleteGitHubAccountToken => json!({ "tokenName": "mine" }),
        Operation::ListOnPremisesInstances
        | Operation::ListGitHubAccountTokenNames
        | Operation::DeleteResourcesByExternalId => json!({}),
        Operation::ListApplications | Operation::ListDeploymentConfigs | Operation::ListDeployments => json!({}),
    }
}

/// The good request with `member`, a path of names and indexes, set to `value`.
fn with(operation: Operation, member: &str, value: Value) -> Value {
    let mut request = good(operation);
    let mut at = &mut request;
    for part in member.split(['.', '[']) {
        match part.strip_suffix(']').map(|index| index.parse::<usize>().unwrap()) {
            Some(index) => {
                if !at.is_array() {
                    *at = Value::Array(vec![Value::Null; index + 1]);
                }
                at = &mut at[index];
            }
            None => {
                if !at.is_object() {
                    *at = json!({});
                }
                at = &mut at[part];
            }
        }
    }
    *at = value;
    request
}

/// What is answered to a request that is refused.
fn refusal(operation: Operation, request: &Value) -> String {
    match parse(operation, request.to_string().as_bytes()) {
        Ok(read) => panic!("{operation} reads {request}: {read}"),
        Err(exception) => exception.to_string(),
    }
}

/// What is answered to the good request with `member` set to `value`.
fn refused(operation: Operation, member: &str, value: Value) -> String {
    refusal(operation, &with(operation, member, value))
}
