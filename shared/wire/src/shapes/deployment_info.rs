//! `DeploymentInfo`.

use serde_json::{Map, Value, json};
use spillway_domain::{ComputePlatform, Creator, Deployment, DeploymentStyle};

use super::lambda_target::{TargetStatus, status};
use super::{alarm_configuration, auto_rollback, deployment_style, revision_location, time};

/// As it is shown. The record's note, which says what is waited for, stands where the API has room for words.
pub(crate) fn render(deployment: &Deployment) -> Value {
    let order = &deployment.order;
    let mut info = json!({
        "applicationName": order.application.as_str(),
        "deploymentGroupName": order.group.as_str(),
        "deploymentConfigName": order.config.as_str(),
        "deploymentId": deployment.id.as_str(),
        "revision": revision_location::render(&order.revision),
        "status": deployment.status().as_str(),
        "createTime": time::render(deployment.created_at),
        "deploymentOverview": deployment.has_ended().then(|| overview(deployment)),
        "creator": match order.creator {
            Creator::User => "user",
            Creator::Rollback => "codeDeployRollback",
        },
        "ignoreApplicationStopFailures": false,
        "autoRollbackConfiguration": auto_rollback::render(&order.rollback),
        "updateOutdatedInstancesOnly": false,
        "deploymentStyle": deployment_style::render(DeploymentStyle::of(ComputePlatform::Lambda)),
        "instanceTerminationWaitTimeStarted": false,
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [deployment.words()],
        "additionalDeploymentStatusInfo": deployment.words(),
        "computePlatform": "Lambda",
    });
    let rollback = rollback_info(deployment);
    let more = [
        ("previousRevision", order.previous_revision.as_ref().map(revision_location::render)),
        ("startTime", deployment.started_at.map(time::render)),
        ("completeTime", deployment.ending.as_ref().map(|ending| time::render(ending.at))),
        ("description", order.description.as_ref().map(|words| json!(words))),
        ("errorInformation", error_information(deployment)),
        ("rollbackInfo", (!rollback.is_empty()).then_some(Value::Object(rollback))),
        ("overrideAlarmConfiguration", order.override_alarms.as_ref().map(alarm_configuration::render)),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            info[member] = value;
        }
    }
    info
}

/// The one target, counted by its status.
pub(crate) fn overview(deployment: &Deployment) -> Map<String, Value> {
    let own = deployment.lambda().map(|_| status(deployment));
    let counts = TargetStatus::ALL.map(|status| (status.as_str().to_owned(), json!(u8::from(own == Some(status)))));
    let mut overview: Map<String, Value> = counts.into_iter().collect();
    overview.insert("Ready".to_owned(), json!(0));
    overview
}

fn error_information(deployment: &Deployment) -> Option<Value> {
    let error = deployment.ending.as_ref()?.error.as_ref()?;
    Some(json!({ "code": error.code.as_str(), "message": error.message }))
}

/// What CodeDeploy says of a rollback, on both sides of it; nothing for most deployments.
pub(crate) fn rollback_info(deployment: &Deployment) -> Map<String, Value> {
    let mut info = Map::new();
    if let Some(original) = &deployment.order.rolls_back {
        let words = format!("Deployment {} is triggered to roll back deployment {original}.", deployment.id);
        info.insert("rollbackTriggeringDeploymentId".to_owned(), json!(original.as_str()));
        info.insert("rollbackMessage".to_owned(), json!(words));
    }
    if let Some(ending) = &deployment.ending {
        if let Some(id) = &ending.rolled_back_by {
            info.insert("rollbackDeploymentId".to_owned(), json!(id.as_str()));
        }
        if let Some(words) = &ending.rollback_message {
            info.insert("rollbackMessage".to_owned(), json!(words));
        }
    }
    info
}
