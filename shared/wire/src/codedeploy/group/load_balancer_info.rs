//! `LoadBalancerInfo`.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::environment::{ListenerArn, LoadBalancerInfo, TargetGroupName, TargetGroupPair};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::names::BadName;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, count_given, plain_name};

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    elb_info_list: Option<Vec<Object<Named>>>,
    target_group_info_list: Option<Vec<Object<Named>>>,
    target_group_pair_info_list: Option<Vec<Object<PairInput>>>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PairInput {
    target_groups: Option<Vec<Object<Named>>>,
    prod_traffic_route: Option<Object<RouteInput>>,
    test_traffic_route: Option<Object<RouteInput>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteInput {
    listener_arns: Option<Vec<String>>,
}

const INVALID: &str = "InvalidLoadBalancerInfoException";
const INVALID_PAIR: &str = "InvalidTargetGroupPairException";

/// What is given, checked.
pub(crate) fn parse(input: Input, quotas: &Quotas) -> Result<LoadBalancerInfo, Exception> {
    let most = quotas.load_balancers;
    let pairs = input.target_group_pair_info_list.unwrap_or_default();
    // More than one fits no platform, which is said when the platform is known.
    limit("targetGroupPairInfoList", pairs.len(), most).map_err(|words| Exception::new(INVALID_PAIR, words))?;
    let invalid = |words: String| Exception::new(INVALID, words);
    Ok(LoadBalancerInfo {
        classic: names("elbInfoList", input.elb_info_list, most).map_err(invalid)?,
        target_groups: names("targetGroupInfoList", input.target_group_info_list, most).map_err(invalid)?,
        pairs: pairs.into_iter().enumerate().map(|(n, Object(pair))| parse_pair(n, pair)).collect::<Result<_, _>>()?,
    })
}

fn parse_pair(n: usize, input: PairInput) -> Result<TargetGroupPair, Exception> {
    let place = format!("targetGroupPairInfoList[{n}]");
    let invalid = |words: String| Exception::new(INVALID_PAIR, words);
    let groups = format!("{place}.targetGroups");
    let names: Vec<TargetGroupName> = names(&groups, input.target_groups, 2).map_err(invalid)?;
    let given = names.len();
    let names: [TargetGroupName; 2] = names.try_into().map_err(|_| {
        invalid(format!("{groups}: a pair has two target groups, blue and green; {}.", count_given(given)))
    })?;
    let listener = listener(&format!("{place}.prodTrafficRoute"), input.prod_traffic_route).map_err(invalid)?;
    let test = listener_of(&format!("{place}.testTrafficRoute"), input.test_traffic_route).map_err(invalid)?;
    Ok(TargetGroupPair { groups: names, listener, test_listener: test })
}

fn listener(place: &str, route: Option<Object<RouteInput>>) -> Result<ListenerArn, String> {
    listener_of(place, route)?
        .ok_or_else(|| format!("{place}.listenerArns is required and was not given, or is empty."))
}

/// The one listener of a route, which may say nothing.
fn listener_of(place: &str, route: Option<Object<RouteInput>>) -> Result<Option<ListenerArn>, String> {
    let arns = route.and_then(|Object(route)| route.listener_arns).unwrap_or_default();
    match arns.as_slice() {
        [] => Ok(None),
        [arn] => arn.parse().map(Some).map_err(|bad| format!("{place}.listenerArns[0]: {bad}")),
        more => Err(format!("{place}.listenerArns: a route has one listener; {}.", count_given(more.len()))),
    }
}

fn names<T: FromStr<Err = BadName> + PartialEq + fmt::Display>(
    place: &str,
    given: Option<Vec<Object<Named>>>,
    most: usize,
) -> Result<Vec<T>, String> {
    let given = given.unwrap_or_default();
    limit(place, given.len(), most)?;
    let mut names = Vec::with_capacity(given.len());
    for (n, Object(input)) in given.into_iter().enumerate() {
        let name = input.name.ok_or_else(|| format!("{place}[{n}].name is required and was not given."))?;
        let name: T = plain_name(&name).map_err(|words| format!("{place}[{n}].name: {words}"))?;
        if names.contains(&name) {
            return Err(format!("{place}[{n}].name: '{name}' is listed twice; list it once."));
        }
        names.push(name);
    }
    Ok(names)
}

fn limit(place: &str, given: usize, most: usize) -> Result<(), String> {
    if given > most { Err(format!("{place}: there may be {most}; {}.", count_given(given))) } else { Ok(()) }
}

/// As it is shown: the lists that have something in them; `None` when none has.
pub(crate) fn render(info: &LoadBalancerInfo) -> Option<Value> {
    let pairs = info.pairs.iter().map(|pair| {
        let route = |listener: &ListenerArn| json!({ "listenerArns": [listener.as_str()] });
        let mut shown = json!({
            "targetGroups": named(&pair.groups), "prodTrafficRoute": route(&pair.listener),
        });
        if let Some(listener) = &pair.test_listener {
            shown["testTrafficRoute"] = route(listener);
        }
        shown
    });
    let lists = [
        ("elbInfoList", named(&info.classic)),
        ("targetGroupInfoList", named(&info.target_groups)),
        ("targetGroupPairInfoList", pairs.collect()),
    ];
    let shown: Map<String, Value> = lists
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(member, list)| (member.to_owned(), Value::Array(list)))
        .collect();
    (!shown.is_empty()).then_some(Value::Object(shown))
}

fn named(names: &[impl fmt::Display]) -> Vec<Value> {
    names.iter().map(|name| json!({ "name": name.to_string() })).collect()
}
