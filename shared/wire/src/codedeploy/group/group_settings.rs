//! What CreateDeploymentGroup and UpdateDeploymentGroup have in common: the settings of a group.

use serde::Deserialize;
use spillway_domain::catalog::group::GroupSettings;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::group::{
    alarm_configuration, auto_rollback, blue_green, deployment_style, ecs_services, load_balancer_info,
    server_settings, triggers,
};
use crate::codedeploy::input::{Object, config_name};
use crate::codedeploy::shapes::tag_filters::{EC2, Kind, List, ON_PREMISES};

/// As they are given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    deployment_config_name: Option<String>,
    ec2_tag_filters: Option<List>,
    on_premises_instance_tag_filters: Option<List>,
    auto_scaling_groups: Option<Vec<String>>,
    trigger_configurations: Option<Vec<Object<triggers::Input>>>,
    alarm_configuration: Option<Object<alarm_configuration::Input>>,
    auto_rollback_configuration: Option<Object<auto_rollback::Input>>,
    outdated_instances_strategy: Option<String>,
    deployment_style: Option<Object<deployment_style::Input>>,
    blue_green_deployment_configuration: Option<Object<blue_green::Input>>,
    load_balancer_info: Option<Object<load_balancer_info::Input>>,
    ec2_tag_set: Option<Object<Ec2TagSet>>,
    ecs_services: Option<Vec<Object<ecs_services::Input>>>,
    on_premises_tag_set: Option<Object<OnPremisesTagSet>>,
    ec2_deployment_options: Option<Object<server_settings::OptionsInput>>,
    termination_hook_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ec2TagSet {
    ec2_tag_set_list: Option<Vec<List>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnPremisesTagSet {
    on_premises_tag_set_list: Option<Vec<List>>,
}

/// What is given, each member by itself, in the order of the model. Whether they fit together, and the platform, is
/// said when the platform is known.
pub(crate) fn parse(input: Input, cx: &Context) -> Result<GroupSettings, Exception> {
    let quotas = &cx.quotas;
    let filters = |kind: &Kind, member: &str, given: Option<List>| -> Result<_, Exception> {
        given.map(|given| kind.filters(member, given, quotas)).transpose()
    };
    Ok(GroupSettings {
        config: config_name(input.deployment_config_name)?,
        ec2_tag_filters: filters(&EC2, "ec2TagFilters", input.ec2_tag_filters)?,
        on_premises_tag_filters: filters(
            &ON_PREMISES,
            "onPremisesInstanceTagFilters",
            input.on_premises_instance_tag_filters,
        )?,
        auto_scaling_groups: input
            .auto_scaling_groups
            .map(|given| server_settings::parse_auto_scaling_groups(given, quotas))
            .transpose()?,
        triggers: input.trigger_configurations.map(|given| triggers::parse(given, cx)).transpose()?,
        alarms: input.alarm_configuration.map(|Object(given)| alarm_configuration::parse(given, quotas)).transpose()?,
        rollback: input.auto_rollback_configuration.map(|Object(given)| auto_rollback::parse(given)).transpose()?,
        outdated_instances: input
            .outdated_instances_strategy
            .map(|given| server_settings::parse_outdated_instances(&given))
            .transpose()?,
        style: input.deployment_style.map(|Object(given)| deployment_style::parse(given)).transpose()?,
        blue_green: input
            .blue_green_deployment_configuration
            .map(|Object(given)| blue_green::parse(given))
            .transpose()?,
        load_balancer: input
            .load_balancer_info
            .map(|Object(given)| load_balancer_info::parse(given, quotas))
            .transpose()?,
        ec2_tag_set: input
            .ec2_tag_set
            .map(|Object(given)| EC2.set("ec2TagSet.ec2TagSetList", given.ec2_tag_set_list, quotas))
            .transpose()?,
        ecs_services: input.ecs_services.map(ecs_services::parse).transpose()?,
        on_premises_tag_set: input
            .on_premises_tag_set
            .map(|Object(given)| {
                ON_PREMISES.set("onPremisesTagSet.onPremisesTagSetList", given.on_premises_tag_set_list, quotas)
            })
            .transpose()?,
        suspended: input
            .ec2_deployment_options
            .map(|Object(given)| server_settings::parse_options(given))
            .transpose()?,
        termination_hook: input.termination_hook_enabled,
    })
}
