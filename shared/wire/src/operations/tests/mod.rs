//! Requests of every operation, good and bad, and the answers.

mod answers;
mod configs;
mod deployments;
mod groups;
mod requests;
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
        Operation::BatchGetDeploymentTargets => shown(batch_get_deployment_targets::parse(body, &context())),
        Operation::CreateApplication => shown(create_application::parse(body, &context())),
        Operation::CreateDeployment => shown(create_deployment::parse(body, &context())),
        Operation::CreateDeploymentConfig => shown(create_deployment_config::parse(body, &context())),
        Operation::CreateDeploymentGroup => shown(create_deployment_group::parse(body, &context())),
        Operation::DeleteApplication => shown(delete_application::parse(body, &context())),
        Operation::DeleteDeploymentGroup => shown(delete_deployment_group::parse(body, &context())),
        Operation::GetApplication => shown(get_application::parse(body, &context())),
        Operation::GetDeployment => shown(get_deployment::parse(body, &context())),
        Operation::GetDeploymentConfig => shown(get_deployment_config::parse(body, &context())),
        Operation::GetDeploymentGroup => shown(get_deployment_group::parse(body, &context())),
        Operation::GetDeploymentTarget => shown(get_deployment_target::parse(body, &context())),
        Operation::ListApplications => shown(list_applications::parse(body, &context())),
        Operation::ListDeploymentConfigs => shown(list_deployment_configs::parse(body, &context())),
        Operation::ListDeploymentGroups => shown(list_deployment_groups::parse(body, &context())),
        Operation::ListDeploymentTargets => shown(list_deployment_targets::parse(body, &context())),
        Operation::ListDeployments => shown(list_deployments::parse(body, &context())),
        Operation::PutLifecycleEventHookExecutionStatus => {
            shown(put_lifecycle_event_hook_execution_status::parse(body, &context()))
        }
        Operation::StopDeployment => shown(stop_deployment::parse(body, &context())),
        Operation::UpdateDeploymentGroup => shown(update_deployment_group::parse(body, &context())),
    }
}

/// A request that is read.
fn good(operation: Operation) -> Value {
    let role = "arn:aws:iam::111122223333:role/deployer";
    match operation {
        Operation::CreateApplication | Operation::GetApplication | Operation::DeleteApplication => {
            json!({ "applicationName": "shop" })
        }
        Operation::ListDeploymentGroups => json!({ "applicationName": "shop" }),
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
            "deploymentId": "d-75I7MBT7C", "lifecycleEventHookExecutionId": "d-75I7MBT7C.BeforeAllowTraffic",
            "status": "Succeeded",
        }),
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
