//! `TargetInstances`: the replacement environment of a blue/green deployment to hosts.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::environment::TagSelection;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::server::target::Replacement;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::group::server_settings::parse_auto_scaling_groups;
use crate::codedeploy::input::Object;
use crate::codedeploy::shapes::tag_filters::{self, EC2, List};

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    tag_filters: Option<List>,
    auto_scaling_groups: Option<Vec<String>>,
    ec2_tag_set: Option<Object<Ec2TagSet>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ec2TagSet {
    ec2_tag_set_list: Option<Vec<List>>,
}

/// What is given, checked. One that selects nothing is as good as none.
pub(crate) fn parse(input: Input, quotas: &Quotas) -> Result<Option<Replacement>, Exception> {
    let filters =
        input.tag_filters.map(|given| EC2.filters("targetInstances.tagFilters", given, quotas)).transpose()?;
    let set = input
        .ec2_tag_set
        .map(|Object(given)| EC2.set("targetInstances.ec2TagSet.ec2TagSetList", given.ec2_tag_set_list, quotas));
    let ec2_tags = TagSelection { filters: filters.unwrap_or_default(), set: set.transpose()?.unwrap_or_default() };
    let groups = input.auto_scaling_groups.map(|given| parse_auto_scaling_groups(given, quotas)).transpose()?;
    let auto_scaling_groups = groups.unwrap_or_default();
    let is_none = ec2_tags.is_empty() && auto_scaling_groups.is_empty();
    Ok((!is_none).then_some(Replacement {
        ec2_tags,
        auto_scaling_groups,
        originals_return: false,
        was_taken_over: false,
    }))
}

/// As it is shown.
pub(crate) fn render(replacement: &Replacement) -> Value {
    let groups: Vec<&str> = replacement.auto_scaling_groups.iter().map(|name| name.as_str()).collect();
    let mut shown = Map::new();
    shown.insert("tagFilters".to_owned(), tag_filters::render(&replacement.ec2_tags.filters));
    shown.insert("autoScalingGroups".to_owned(), json!(groups));
    if let Some(set) = tag_filters::render_set("ec2TagSetList", &replacement.ec2_tags.set) {
        shown.insert("ec2TagSet".to_owned(), set);
    }
    Value::Object(shown)
}
