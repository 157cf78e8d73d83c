//! What was given is shown: any settings, on every platform, created or changed to.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use spillway_testkit::World;
use spillway_tests::door::Door;

use super::{CREATE, LISTENER, UPDATE, application, send, shown};

type Members = Map<String, Value>;

/// What takes a setting away, for what clients can take away.
fn nothing() -> Members {
    let nothing = json!({
        "ec2TagFilters": [], "onPremisesInstanceTagFilters": [], "autoScalingGroups": [], "triggerConfigurations": [],
        "alarmConfiguration": { "enabled": false, "ignorePollAlarmFailure": false, "alarms": [] },
        "autoRollbackConfiguration": { "enabled": false, "events": [] }, "ec2TagSet": {}, "onPremisesTagSet": {},
        "loadBalancerInfo": {}, "ecsServices": [], "blueGreenDeploymentConfiguration": {},
    });
    let Value::Object(nothing) = nothing else { unreachable!("it is an object") };
    nothing
}

const AUTO_SCALING_GROUPS: [&str; 3] = ["z", "asg 1", "a"];

fn members(value: Value) -> Members {
    let Value::Object(members) = value else { unreachable!("settings are objects") };
    members
}

/// One of these settings, or none.
fn merge(parts: Vec<Option<Value>>) -> Value {
    Value::Object(parts.into_iter().flatten().flat_map(members).collect())
}

fn filter() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z0-9 :/=+_.-]{1,8}";
    prop_oneof![
        text.prop_map(|key| json!({ "Key": key, "Type": "KEY_ONLY" })),
        text.prop_map(|value| json!({ "Value": value, "Type": "VALUE_ONLY" })),
        (text, "[a-z]{0,3}").prop_map(|(key, value)| json!({ "Key": key, "Value": value, "Type": "KEY_AND_VALUE" })),
    ]
}

fn filters() -> impl Strategy<Value = Value> {
    vec(filter(), 1..5).prop_map(|mut filters| {
        filters.sort_by_key(Value::to_string);
        filters.dedup();
        filters.reverse();
        Value::Array(filters)
    })
}

/// The tags of one kind of instances, in either form.
fn tags(list: &'static str, set: &'static str) -> impl Strategy<Value = Value> {
    prop_oneof![
        filters().prop_map(move |filters| json!({ list: filters })),
        vec(filters(), 1..4).prop_map(move |groups| json!({ set: { format!("{set}List"): groups } })),
    ]
}

fn names(key: &'static str) -> impl Strategy<Value = Value> {
    subsequence(vec!["z", "b", "a-1", "Name with blanks"], 1..4)
        .prop_map(move |names| json!({ key: names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>() }))
}

fn blue_green() -> impl Strategy<Value = Value> {
    let ready = prop_oneof![
        Just(json!({ "actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0 })),
        (1..=7200_u32)
            .prop_map(|minutes| json!({ "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": minutes })),
    ];
    let end = (select(vec!["TERMINATE", "KEEP_ALIVE"]), 0..=2880_u32)
        .prop_map(|(action, minutes)| json!({ "action": action, "terminationWaitTimeInMinutes": minutes }));
    let fleet = option::of(select(vec!["DISCOVER_EXISTING", "COPY_AUTO_SCALING_GROUP"]));
    (ready, end, fleet).prop_map(|(ready, end, fleet)| {
        let mut block = json!({ "deploymentReadyOption": ready, "terminateBlueInstancesOnDeploymentSuccess": end });
        if let Some(action) = fleet {
            block["greenFleetProvisioningOption"] = json!({ "action": action });
        }
        json!({ "blueGreenDeploymentConfiguration": block })
    })
}

/// What every platform has.
fn common() -> impl Strategy<Value = Value> {
    let events = subsequence(vec!["DeploymentStart", "DeploymentFailure", "InstanceReady"], 1..3);
    let triggers = vec(events, 0..4).prop_map(|triggers| {
        let triggers = triggers.into_iter().enumerate().map(|(n, events)| {
            let topic = format!("arn:aws:sns:us-east-1:111122223333:news-{n}");
            json!({ "triggerName": format!("t{n}"), "triggerTargetArn": topic, "triggerEvents": events })
        });
        json!({ "triggerConfigurations": triggers.collect::<Vec<_>>() })
    });
    let alarms = (any::<bool>(), any::<bool>(), subsequence(vec!["z", "too many errors", "ä"], 1..3)).prop_map(
        |(enabled, ignore, names)| {
            let alarms: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
            json!({ "alarmConfiguration": { "enabled": enabled, "ignorePollAlarmFailure": ignore, "alarms": alarms } })
        },
    );
    let rollback = (any::<bool>(), subsequence(vec!["DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_FAILURE"], 1..2))
        .prop_map(|(enabled, events)| json!({ "autoRollbackConfiguration": { "enabled": enabled, "events": events } }));
    let outdated = select(vec!["UPDATE", "IGNORE"]).prop_map(|own| json!({ "outdatedInstancesStrategy": own }));
    let hook = any::<bool>().prop_map(|own| json!({ "terminationHookEnabled": own }));
    let processes = subsequence(vec!["Terminate", "AZRebalance", "InstanceRefresh", "ScheduledActions"], 1..=4)
        .prop_map(|own| json!({ "ec2DeploymentOptions": { "autoScalingGroupProcessesToSuspend": own } }));
    let instances = (option::of(outdated), option::of(hook), option::of(processes));
    (option::of(triggers), option::of(alarms), option::of(rollback), instances).prop_map(
        |(triggers, alarms, rollback, (outdated, hook, processes))| {
            merge(vec![triggers, alarms, rollback, outdated, hook, processes])
        },
    )
}

fn lambda() -> impl Strategy<Value = Value> {
    let config = select(vec!["CodeDeployDefault.LambdaCanary10Percent5Minutes", "Steps.5@1m"]);
    (common(), option::of(config)).prop_map(|(common, config)| {
        merge(vec![Some(common), config.map(|config| json!({ "deploymentConfigName": config }))])
    })
}

fn ecs() -> impl Strategy<Value = Value> {
    let service = prop_oneof![
        Just(json!({ "serviceName": "web", "clusterName": "prod" })),
        Just(json!({
            "serviceName": "arn:aws:ecs:us-east-1:111122223333:service/prod/web",
            "clusterName": "arn:aws:ecs:us-east-1:111122223333:cluster/prod",
        })),
    ];
    (common(), blue_green(), service, any::<bool>()).prop_map(|(common, blue_green, service, test)| {
        let mut pair = json!({
            "targetGroups": [{ "name": "green" }, { "name": "blue" }],
            "prodTrafficRoute": { "listenerArns": [LISTENER] },
        });
        if test {
            pair["testTrafficRoute"] = json!({ "listenerArns": [format!("{LISTENER}/test")] });
        }
        let own = json!({ "ecsServices": [service], "loadBalancerInfo": { "targetGroupPairInfoList": [pair] } });
        merge(vec![Some(common), Some(blue_green), Some(own)])
    })
}

fn server() -> impl Strategy<Value = Value> {
    let balancers = (names("elbInfoList"), option::of(names("targetGroupInfoList")))
        .prop_map(|(classic, groups)| json!({ "loadBalancerInfo": merge(vec![Some(classic), groups]) }));
    let scaling =
        subsequence(AUTO_SCALING_GROUPS.to_vec(), 1..3).prop_map(|names| json!({ "autoScalingGroups": names }));
    let parts = (
        common(),
        option::of(tags("ec2TagFilters", "ec2TagSet")),
        option::of(tags("onPremisesInstanceTagFilters", "onPremisesTagSet")),
        option::of(balancers),
        option::of(blue_green()),
        option::of(scaling),
        select(vec!["IN_PLACE", "BLUE_GREEN"]),
        any::<bool>(),
    );
    parts.prop_map(|(common, ec2, on_premises, balancers, blue_green, scaling, kind, quiet)| {
        let option = if balancers.is_some() { "WITH_TRAFFIC_CONTROL" } else { "WITHOUT_TRAFFIC_CONTROL" };
        let kind = if balancers.is_some() { kind } else { "IN_PLACE" };
        let style = json!({ "deploymentStyle": { "deploymentType": kind, "deploymentOption": option } });
        let style = (balancers.is_some() || !quiet).then_some(style);
        merge(vec![Some(common), ec2, on_premises, balancers, blue_green, scaling, style])
    })
}

fn any_settings() -> impl Strategy<Value = (&'static str, Value, Value)> {
    prop_oneof![(Just("Lambda"), lambda(), lambda()), (Just("ECS"), ecs(), ecs()), (Just("Server"), server(), server()),]
}

/// What is shown, as it is sent again by those who copy a group. The one member whose form differs is given by names.
fn given_again(shown: &Value) -> Value {
    let mut given = shown.clone();
    let groups = shown["autoScalingGroups"].as_array().into_iter().flatten();
    given["autoScalingGroups"] = groups.map(|group| group["name"].clone()).collect();
    given
}

/// Every member that was given is shown as it was given, and none of the blocks that were not.
fn assert_echo(given: &Value, shown: &Value) {
    for (member, value) in given.as_object().into_iter().flatten() {
        let value = match member.as_str() {
            // Each is shown with the hooks that it has by now.
            "autoScalingGroups" => {
                assert_eq!(given_again(shown)[member], *value, "{member}");
                continue;
            }
            _ => value,
        };
        assert_eq!(shown[member], *value, "{member}");
    }
    for block in ["blueGreenDeploymentConfiguration", "loadBalancerInfo", "ec2TagSet", "onPremisesTagSet"] {
        assert_eq!(shown.get(block).is_some(), given.get(block).is_some(), "{block}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_given_is_shown((platform, first, second) in any_settings()) {
        let world = World::new();
        for group in AUTO_SCALING_GROUPS {
            world.make_auto_scaling_group(&group.parse().unwrap());
        }
        let door = Door::new(&world);
        application(&door, platform);
        let created = send(&door, CREATE, "live", &first);
        prop_assert!(created["deploymentGroupId"].is_string(), "{first}: {created}");
        let before = shown(&door, "live");
        assert_echo(&first, &before);

        // What the second does not give, it takes away.
        let mut change = nothing();
        change.insert("deploymentStyle".to_owned(), before["deploymentStyle"].clone());
        if platform == "Server" {
            let style = json!({ "deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL" });
            change.insert("deploymentStyle".to_owned(), style);
        }
        change.extend(members(second.clone()));
        prop_assert_eq!(send(&door, UPDATE, "live", &Value::Object(change)), json!({ "hooksNotCleanedUp": [] }));
        let after = shown(&door, "live");
        assert_echo(&second, &after);
        for (member, value) in nothing() {
            if second.get(&member).is_none() && value != json!({}) {
                prop_assert_eq!(&after[&member], &value, "{}", member);
            }
        }
        // An update that says nothing changes nothing, and one that says what is shown doesn't either.
        for same in [json!({}), given_again(&after)] {
            prop_assert_eq!(send(&door, UPDATE, "live", &same), json!({ "hooksNotCleanedUp": [] }), "{}", same);
            prop_assert_eq!(shown(&door, "live"), after.clone());
        }
        // A copy that is made of what is shown is the same. An ECS service is in one group, so that the first one goes.
        let name = json!({ "applicationName": "shop", "deploymentGroupName": "live" });
        door.call("DeleteDeploymentGroup", &name);
        let copied = send(&door, CREATE, "live", &given_again(&after));
        prop_assert!(copied["deploymentGroupId"].is_string(), "{}: {}", after, copied);
        let mut copy = shown(&door, "live");
        for member in ["deploymentGroupId", "autoScalingGroups"] {
            copy[member] = after[member].clone(); // hooks are named after the id of their group
        }
        prop_assert_eq!(given_again(&shown(&door, "live"))["autoScalingGroups"].clone(), given_again(&after)["autoScalingGroups"].clone());
        prop_assert_eq!(copy, after);
    }
}
