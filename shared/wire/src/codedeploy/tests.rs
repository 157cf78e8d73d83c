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
mod rejections;
mod requests;
mod services;
mod tag_filters;
mod targets;
mod wrong_types;

use std::fmt::Debug;

use serde_json::{Value, json};

use crate::codedeploy::application::{
    BatchGetApplications, CreateApplication, DeleteApplication, GetApplication, ListApplications, UpdateApplication,
};
use crate::codedeploy::configuration::{
    CreateDeploymentConfig, DeleteDeploymentConfig, GetDeploymentConfig, ListDeploymentConfigs,
};
use crate::codedeploy::deployment::create::CreateDeployment;
use crate::codedeploy::deployment::list::ListDeployments;
use crate::codedeploy::deployment::{
    BatchGetDeployments, ContinueDeployment, DeleteResourcesByExternalId, GetDeployment,
    PutLifecycleEventHookExecutionStatus, SkipWaitTimeForInstanceTermination, StopDeployment,
};
use crate::codedeploy::exception::Exception;
use crate::codedeploy::group::{
    BatchGetDeploymentGroups, CreateDeploymentGroup, DeleteDeploymentGroup, GetDeploymentGroup, ListDeploymentGroups,
    UpdateDeploymentGroup,
};
use crate::codedeploy::instance::{
    AddTagsToOnPremisesInstances, BatchGetOnPremisesInstances, DeregisterOnPremisesInstance, GetOnPremisesInstance,
    ListOnPremisesInstances, RegisterOnPremisesInstance, RemoveTagsFromOnPremisesInstances,
};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::revision::{
    BatchGetApplicationRevisions, DeleteGitHubAccountToken, GetApplicationRevision, ListApplicationRevisions,
    ListGitHubAccountTokenNames, RegisterApplicationRevision,
};
use crate::codedeploy::tag::{ListTagsForResource, TagResource, UntagResource};
use crate::codedeploy::target::deployment_instance::{
    BatchGetDeploymentInstances, GetDeploymentInstance, ListDeploymentInstances,
};
use crate::codedeploy::target::{BatchGetDeploymentTargets, GetDeploymentTarget, ListDeploymentTargets};
use crate::testing::context;

/// A request of `operation` as it is read, in its debug form.
fn parse(operation: Operation, body: &[u8]) -> Result<String, Exception> {
    fn shown(parsed: Result<impl Debug, Exception>) -> Result<String, Exception> {
        parsed.map(|request| format!("{request:?}"))
    }
    match operation {
        Operation::AddTagsToOnPremisesInstances => shown(AddTagsToOnPremisesInstances::parse(body, &context())),
        Operation::BatchGetApplications => shown(BatchGetApplications::parse(body, &context())),
        Operation::BatchGetDeploymentGroups => shown(BatchGetDeploymentGroups::parse(body, &context())),
        Operation::DeleteDeploymentConfig => shown(DeleteDeploymentConfig::parse(body, &context())),
        Operation::ListTagsForResource => shown(ListTagsForResource::parse(body, &context())),
        Operation::TagResource => shown(TagResource::parse(body, &context())),
        Operation::UntagResource => shown(UntagResource::parse(body, &context())),
        Operation::UpdateApplication => shown(UpdateApplication::parse(body, &context())),
        Operation::BatchGetApplicationRevisions => shown(BatchGetApplicationRevisions::parse(body, &context())),
        Operation::GetApplicationRevision => shown(GetApplicationRevision::parse(body, &context())),
        Operation::ListApplicationRevisions => shown(ListApplicationRevisions::parse(body, &context())),
        Operation::RegisterApplicationRevision => shown(RegisterApplicationRevision::parse(body, &context())),
        Operation::BatchGetDeploymentInstances => shown(BatchGetDeploymentInstances::parse(body, &context())),
        Operation::BatchGetDeploymentTargets => shown(BatchGetDeploymentTargets::parse(body, &context())),
        Operation::BatchGetDeployments => shown(BatchGetDeployments::parse(body, &context())),
        Operation::BatchGetOnPremisesInstances => shown(BatchGetOnPremisesInstances::parse(body, &context())),
        Operation::ContinueDeployment => shown(ContinueDeployment::parse(body, &context())),
        Operation::CreateApplication => shown(CreateApplication::parse(body, &context())),
        Operation::CreateDeployment => shown(CreateDeployment::parse(body, &context())),
        Operation::CreateDeploymentConfig => shown(CreateDeploymentConfig::parse(body, &context())),
        Operation::CreateDeploymentGroup => shown(CreateDeploymentGroup::parse(body, &context())),
        Operation::DeleteApplication => shown(DeleteApplication::parse(body, &context())),
        Operation::DeleteDeploymentGroup => shown(DeleteDeploymentGroup::parse(body, &context())),
        Operation::DeleteGitHubAccountToken => shown(DeleteGitHubAccountToken::parse(body, &context())),
        Operation::DeleteResourcesByExternalId => shown(DeleteResourcesByExternalId::parse(body, &context())),
        Operation::DeregisterOnPremisesInstance => shown(DeregisterOnPremisesInstance::parse(body, &context())),
        Operation::GetApplication => shown(GetApplication::parse(body, &context())),
        Operation::GetDeployment => shown(GetDeployment::parse(body, &context())),
        Operation::GetDeploymentConfig => shown(GetDeploymentConfig::parse(body, &context())),
        Operation::GetDeploymentGroup => shown(GetDeploymentGroup::parse(body, &context())),
        Operation::GetDeploymentInstance => shown(GetDeploymentInstance::parse(body, &context())),
        Operation::GetDeploymentTarget => shown(GetDeploymentTarget::parse(body, &context())),
        Operation::GetOnPremisesInstance => shown(GetOnPremisesInstance::parse(body, &context())),
        Operation::ListApplications => shown(ListApplications::parse(body, &context())),
        Operation::ListDeploymentConfigs => shown(ListDeploymentConfigs::parse(body, &context())),
        Operation::ListDeploymentGroups => shown(ListDeploymentGroups::parse(body, &context())),
        Operation::ListDeploymentInstances => shown(ListDeploymentInstances::parse(body, &context())),
        Operation::ListDeploymentTargets => shown(ListDeploymentTargets::parse(body, &context())),
        Operation::ListDeployments => shown(ListDeployments::parse(body, &context())),
        Operation::ListGitHubAccountTokenNames => shown(ListGitHubAccountTokenNames::parse(body, &context())),
        Operation::ListOnPremisesInstances => shown(ListOnPremisesInstances::parse(body, &context())),
        Operation::PutLifecycleEventHookExecutionStatus => {
            shown(PutLifecycleEventHookExecutionStatus::parse(body, &context()))
        }
        Operation::RegisterOnPremisesInstance => shown(RegisterOnPremisesInstance::parse(body, &context())),
        Operation::RemoveTagsFromOnPremisesInstances => {
            shown(RemoveTagsFromOnPremisesInstances::parse(body, &context()))
        }
        Operation::SkipWaitTimeForInstanceTermination => {
            shown(SkipWaitTimeForInstanceTermination::parse(body, &context()))
        }
        Operation::StopDeployment => shown(StopDeployment::parse(body, &context())),
        Operation::UpdateDeploymentGroup => shown(UpdateDeploymentGroup::parse(body, &context())),
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
