//! What CreateDeploymentGroup and UpdateDeploymentGroup have in common: the settings of a group.

use serde::Deserialize;
use serde_json::{Map, Value};
use spillway_domain::{AlarmConfiguration, AutoRollback, ConfigName, Quotas, RoleArn, Trigger};

use super::{alarm_configuration, auto_rollback, deployment_style, triggers};
use crate::Exception;
use crate::input::{Object, ROLE, config_name, cut};

/// As they are given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    deployment_config_name: Option<String>,
    service_role_arn: Option<String>,
    trigger_configurations: Option<Vec<Object<triggers::Input>>>,
    alarm_configuration: Option<Object<alarm_configuration::Input>>,
    auto_rollback_configuration: Option<Object<auto_rollback::Input>>,
    deployment_style: Option<Object<deployment_style::Input>>,
    outdated_instances_strategy: Option<String>,
    blue_green_deployment_configuration: Option<Map<String, Value>>,
    load_balancer_info: Option<Map<String, Value>>,
    ec2_tag_filters: Option<Vec<Value>>,
    ec2_tag_set: Option<Map<String, Value>>,
    on_premises_instance_tag_filters: Option<Vec<Value>>,
    on_premises_tag_set: Option<Map<String, Value>>,
    auto_scaling_groups: Option<Vec<String>>,
    ecs_services: Option<Vec<Value>>,
}

/// What is given, checked.
pub(crate) struct Settings {
    pub(crate) config: Option<ConfigName>,
    pub(crate) role: Option<RoleArn>,
    pub(crate) triggers: Option<Vec<Trigger>>,
    pub(crate) alarms: Option<AlarmConfiguration>,
    pub(crate) rollback: Option<AutoRollback>,
}

/// Each member by itself, then what a Lambda deployment group cannot have. Groups of other platforms are refused later,
/// by their application.
pub(crate) fn parse(input: Input, quotas: &Quotas) -> Result<Settings, Exception> {
    let other_platforms = refusal(&input);
    if let Some(strategy) = input.outdated_instances_strategy
        && !["UPDATE", "IGNORE"].contains(&strategy.as_str())
    {
        return Err(Exception::new(
            "InvalidInputException",
            format!(
                "outdatedInstancesStrategy '{}' is not valid. Valid values are [UPDATE, IGNORE]",
                cut(&strategy, 120)
            ),
        ));
    }
    let settings = Settings {
        config: config_name(input.deployment_config_name)?,
        role: ROLE.optional(input.service_role_arn)?,
        triggers: input.trigger_configurations.map(|given| triggers::parse(given, quotas)).transpose()?,
        alarms: input.alarm_configuration.map(|Object(given)| alarm_configuration::parse(given, quotas)).transpose()?,
        rollback: input.auto_rollback_configuration.map(|Object(given)| auto_rollback::parse(given)).transpose()?,
    };
    deployment_style::check(input.deployment_style.map(|Object(given)| given))?;
    other_platforms.map_or(Ok(settings), Err)
}

/// The first member that says something and belongs to another platform. Empty lists and blocks say nothing; clients
/// send them to take a setting away.
fn refusal(input: &Input) -> Option<Exception> {
    let list = |given: &Option<Vec<Value>>| given.as_ref().is_some_and(|list| !list.is_empty());
    let block = |given: &Option<Map<String, Value>>| given.as_ref().is_some_and(|block| !block.values().all(is_blank));
    let groups = input.auto_scaling_groups.as_ref().is_some_and(|list| !list.is_empty());
    let members = [
        (list(&input.ec2_tag_filters), "LAMBDA", "ec2TagFilters", "InvalidEC2TagException"),
        (block(&input.ec2_tag_set), "LAMBDA", "ec2TagSet", "InvalidEC2TagException"),
        (
            list(&input.on_premises_instance_tag_filters),
            "LAMBDA",
            "onPremisesInstanceTagFilters",
            "InvalidTagException",
        ),
        (block(&input.on_premises_tag_set), "LAMBDA", "onPremisesTagSet", "InvalidTagException"),
        (groups, "LAMBDA", "autoScalingGroups", "InvalidAutoScalingGroupException"),
        (
            block(&input.blue_green_deployment_configuration),
            "Lambda",
            "blueGreenDeploymentConfiguration",
            "InvalidBlueGreenDeploymentConfigurationException",
        ),
        (block(&input.load_balancer_info), "LAMBDA", "loadBalancerInfo", "InvalidLoadBalancerInfoException"),
        (list(&input.ecs_services), "LAMBDA", "ecsServices", "InvalidECSServiceException"),
    ];
    let found = members.into_iter().find(|(given, ..)| *given);
    found.map(|(_, platform, member, name)| {
        Exception::new(name, format!("For {platform} deployment group, {member} can not be specified"))
    })
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(block) => block.values().all(is_blank),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
