//! `DeploymentGroupInfo`.

use serde_json::{Value, json};
use spillway_domain::{Application, DeploymentGroup, GroupState, LastDeployment};

use super::{alarm_configuration, auto_rollback, deployment_style, platform, revision_location, time, triggers};

/// As it is shown: with every block that can be given, because clients compare what they gave with what they get.
pub(crate) fn render(application: &Application, group: &DeploymentGroup, state: &GroupState) -> Value {
    let mut info = json!({
        "applicationName": application.name.as_str(),
        "deploymentGroupId": group.id,
        "deploymentGroupName": group.name.as_str(),
        "deploymentConfigName": group.config.as_str(),
        "ec2TagFilters": [],
        "onPremisesInstanceTagFilters": [],
        "autoScalingGroups": [],
        "serviceRoleArn": group.role.as_str(),
        "triggerConfigurations": triggers::render(&group.triggers),
        "alarmConfiguration": alarm_configuration::render(&group.alarms),
        "autoRollbackConfiguration": auto_rollback::render(&group.rollback),
        "deploymentStyle": deployment_style::render(),
        "outdatedInstancesStrategy": "UPDATE",
        // Clients read both waits without asking whether they are there.
        "blueGreenDeploymentConfiguration": {
            "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE", "terminationWaitTimeInMinutes": 0 },
            "deploymentReadyOption": { "actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0 },
        },
        "computePlatform": platform::text(application.platform),
        "ecsServices": [],
        "terminationHookEnabled": false,
    });
    if let Some(revision) = &state.target_revision {
        info["targetRevision"] = revision_location::render(revision);
    }
    if let Some(last) = &state.last_successful {
        info["lastSuccessfulDeployment"] = render_last(last);
    }
    if let Some(last) = &state.last_attempted {
        info["lastAttemptedDeployment"] = render_last(last);
    }
    info
}

fn render_last(last: &LastDeployment) -> Value {
    let mut info = json!({
        "deploymentId": last.id.as_str(),
        "status": last.status.as_str(),
        "createTime": time::render(last.created_at),
    });
    if let Some(at) = last.ended_at {
        info["endTime"] = time::render(at);
    }
    info
}
