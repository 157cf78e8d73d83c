//! `DeploymentGroupInfo`.

use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState, LastDeployment};

use crate::codedeploy::group::{
    alarm_configuration, auto_rollback, blue_green, deployment_style, ecs_services, load_balancer_info,
    server_settings, triggers,
};
use crate::codedeploy::revision::revision_location;
use crate::codedeploy::shapes::{platform, tag_filters, time};

/// As it is shown: every block that was given, because clients compare what they gave with what they get, and none that
/// could not be given, because they send what they get to CreateDeploymentGroup and UpdateDeploymentGroup.
pub(crate) fn render(application: &Application, group: &DeploymentGroup, state: &GroupState) -> Value {
    let environment = &group.environment;
    let mut info = json!({
        "applicationName": application.name.as_str(),
        "deploymentGroupId": group.id,
        "deploymentGroupName": group.name.as_str(),
        "deploymentConfigName": group.config.as_str(),
        "ec2TagFilters": tag_filters::render(&environment.ec2_tags.filters),
        "onPremisesInstanceTagFilters": tag_filters::render(&environment.on_premises_tags.filters),
        "autoScalingGroups": server_settings::render_auto_scaling_groups(group),
        "serviceRoleArn": group.role.as_str(),
        "triggerConfigurations": triggers::render(&group.triggers),
        "alarmConfiguration": alarm_configuration::render(&group.alarms),
        "autoRollbackConfiguration": auto_rollback::render(&group.rollback),
        "deploymentStyle": deployment_style::render(environment.style),
        "outdatedInstancesStrategy": server_settings::outdated_instances_text(environment.outdated_instances),
        "computePlatform": platform::text(application.platform),
        "ecsServices": ecs_services::render(&environment.ecs_services),
        "terminationHookEnabled": environment.termination_hook,
    });
    let more = [
        ("blueGreenDeploymentConfiguration", blue_green::render(&environment.blue_green)),
        ("loadBalancerInfo", load_balancer_info::render(&environment.load_balancer)),
        ("ec2DeploymentOptions", server_settings::render_options(&environment.suspended)),
        ("ec2TagSet", tag_filters::render_set("ec2TagSetList", &environment.ec2_tags.set)),
        ("onPremisesTagSet", tag_filters::render_set("onPremisesTagSetList", &environment.on_premises_tags.set)),
        ("targetRevision", state.target_revision.as_ref().map(revision_location::render)),
        ("lastSuccessfulDeployment", state.last_successful.as_ref().map(render_last)),
        ("lastAttemptedDeployment", state.last_attempted.as_ref().map(render_last)),
    ];
    for (member, value) in more {
        if let Some(value) = value {
            info[member] = value;
        }
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
