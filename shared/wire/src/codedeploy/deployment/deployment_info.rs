//! `DeploymentInfo`.

use serde_json::{Map, Value, json};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Creator;
use spillway_domain::deployment::target::{CountedDeployment, TargetCounts, TargetStatus};

use crate::codedeploy::deployment::target_instances;
use crate::codedeploy::group::{alarm_configuration, auto_rollback, blue_green, deployment_style, load_balancer_info};
use crate::codedeploy::revision::revision_location;
use crate::codedeploy::shapes::{platform, time};

/// As it is shown. The record's note, which says what is waited for, stands where the API has room for words.
pub(crate) fn render(CountedDeployment { deployment, counts }: &CountedDeployment) -> Value {
    let spec = &deployment.spec;
    let hosts = deployment.server_target();
    let mut info = json!({
        "applicationName": spec.application.as_str(),
        "deploymentGroupName": spec.group.as_str(),
        "deploymentConfigName": spec.config.as_str(),
        "deploymentId": deployment.id.as_str(),
        "revision": revision_location::render(&spec.revision),
        "status": deployment.status().as_str(),
        "createTime": time::render(deployment.created_at),
        "deploymentOverview": shows_overview(deployment).then(|| overview(counts)),
        "creator": match spec.creator {
            Creator::User => "user",
            Creator::Rollback => "codeDeployRollback",
            Creator::AutoScaling => "autoscaling",
            Creator::AutoScalingTermination => "autoscalingTermination",
            Creator::AutoUpdate => "CodeDeployAutoUpdate",
        },
        "ignoreApplicationStopFailures": hosts.is_some_and(|hosts| hosts.ignores_stop_failures),
        "autoRollbackConfiguration": auto_rollback::render(&spec.rollback),
        "updateOutdatedInstancesOnly": hosts.is_some_and(|hosts| hosts.only_outdated),
        "deploymentStyle": deployment_style::render(spec.environment.style),
        "instanceTerminationWaitTimeStarted": keeps_original(deployment),
        "fileExistsBehavior": hosts.map(|hosts| hosts.file_exists).unwrap_or_default().as_ref(),
        "deploymentStatusMessages": messages(deployment),
        "additionalDeploymentStatusInfo": deployment.words(),
        "computePlatform": platform::text(spec.platform),
    });
    let rollback = rollback_info(deployment);
    let environment = Some(&spec.environment).filter(|_| spec.platform != ComputePlatform::Lambda);
    let more = [
        ("previousRevision", spec.previous_revision.as_ref().map(revision_location::render)),
        ("blueGreenDeploymentConfiguration", environment.and_then(|own| blue_green::render(&own.blue_green))),
        ("loadBalancerInfo", environment.and_then(|own| load_balancer_info::render(&own.load_balancer))),
        ("targetInstances", deployment.replacement().map(target_instances::render)),
        ("startTime", deployment.started_at.map(time::render)),
        ("completeTime", deployment.ending.as_ref().map(|ending| time::render(ending.at))),
        ("description", spec.description.as_ref().map(|words| json!(words))),
        ("errorInformation", error_information(deployment)),
        ("relatedDeployments", related(deployment)),
        ("rollbackInfo", (!rollback.is_empty()).then_some(Value::Object(rollback))),
        ("overrideAlarmConfiguration", spec.override_alarms.as_ref().map(alarm_configuration::render)),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            info[member] = value;
        }
    }
    info
}

/// What it is doing, what of the AppSpec was left to it, and then every notification that could not be delivered.
fn messages(deployment: &Deployment) -> Vec<String> {
    let mut messages = vec![deployment.words()];
    let family = deployment.ecs.as_ref().and_then(|progress| progress.family.as_ref());
    if let (Some(family), Some(target), None) = (family, deployment.ecs_target(), &deployment.spec.rolls_back) {
        let definition = &target.task_definition;
        messages.push(format!(
            "TaskDefinition {family} has no revision: {definition} is deployed, the latest ACTIVE one when the deployment \
             began."
        ));
    }
    messages.extend(deployment.undelivered.iter().cloned());
    messages
}

/// CodeDeploy counts the hosts of a fleet at every moment, and the one target of other deployments at the end.
fn shows_overview(deployment: &Deployment) -> bool {
    match deployment.spec.platform {
        ComputePlatform::Server => true,
        ComputePlatform::Lambda | ComputePlatform::Ecs => deployment.has_ended(),
    }
}

/// The targets, counted by their statuses.
pub(crate) fn overview(counts: &TargetCounts) -> Map<String, Value> {
    TargetStatus::COUNTED.map(|status| (status.as_str().to_owned(), json!(counts.count(status)))).into_iter().collect()
}

/// Whether the wait before the original is deleted has begun, be it over or not. A rollback knows of that of the
/// deployment that it rolls back.
fn keeps_original(deployment: &Deployment) -> bool {
    deployment.gates.terminate_at.is_some() && deployment.spec.rolls_back.is_none()
}

fn error_information(deployment: &Deployment) -> Option<Value> {
    let error = deployment.ending.as_ref()?.error.as_ref()?;
    Some(json!({ "code": error.code.as_str(), "message": error.message }))
}

/// The deployment that it follows, or the one that follows it.
fn related(deployment: &Deployment) -> Option<Value> {
    let root = deployment.spec.follows.as_ref();
    let root = root.map(|id| json!({ "autoUpdateOutdatedInstancesRootDeploymentId": id.as_str() }));
    let next = deployment.ending.as_ref().and_then(|ending| ending.followed_by.as_ref());
    root.or_else(|| next.map(|id| json!({ "autoUpdateOutdatedInstancesDeploymentIds": [id.as_str()] })))
}

/// What CodeDeploy says of a rollback, on both sides of it; nothing for most deployments.
pub(crate) fn rollback_info(deployment: &Deployment) -> Map<String, Value> {
    let mut info = Map::new();
    if let Some(original) = &deployment.spec.rolls_back {
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
