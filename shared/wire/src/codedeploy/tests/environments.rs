use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::{
    AutoScalingProcess, BlueGreen, EcsService, Environment, GreenFleet, LoadBalancerInfo, OutdatedInstances,
    ReadyOption, TargetGroupPair, Termination, TerminationAction,
};
use spillway_domain::catalog::group::{DeploymentGroup, GroupSettings, GroupState};
use spillway_domain::catalog::instance::TagFilter;
use spillway_domain::catalog::tags::Tag;

use super::*;
use crate::testing::named;

pub(super) const BOTH: [Operation; 2] = [Operation::CreateDeploymentGroup, Operation::UpdateDeploymentGroup];
const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1/2";

pub(super) fn read(member: &str, value: Value) -> GroupSettings {
    let update = with(Operation::UpdateDeploymentGroup, member, value.clone()).to_string();
    let create = with(Operation::CreateDeploymentGroup, member, value).to_string();
    let created = CreateDeploymentGroup::parse(create.as_bytes(), &context()).unwrap().settings;
    assert_eq!(UpdateDeploymentGroup::parse(update.as_bytes(), &context()).unwrap().settings, created);
    created
}

fn pair() -> Value {
    json!({
        "targetGroups": [{ "name": "blue" }, { "name": "green" }],
        "prodTrafficRoute": { "listenerArns": [LISTENER] },
    })
}

fn changed(mut value: Value, member: &str, to: Value) -> Value {
    value[member] = to;
    value
}

#[test]
fn what_is_empty_is_given_and_takes_away() {
    let nothing: [(&str, Value, GroupSettings); 12] = [
        ("ec2TagFilters", json!([]), GroupSettings { ec2_tag_filters: Some(Vec::new()), ..Default::default() }),
        ("ec2TagSet", json!({}), GroupSettings { ec2_tag_set: Some(Vec::new()), ..Default::default() }),
        (
            "ec2TagSet",
            json!({ "ec2TagSetList": [] }),
            GroupSettings { ec2_tag_set: Some(Vec::new()), ..Default::default() },
        ),
        (
            "onPremisesInstanceTagFilters",
            json!([]),
            GroupSettings { on_premises_tag_filters: Some(Vec::new()), ..Default::default() },
        ),
        ("onPremisesTagSet", json!({}), GroupSettings { on_premises_tag_set: Some(Vec::new()), ..Default::default() }),
        ("autoScalingGroups", json!([]), GroupSettings { auto_scaling_groups: Some(Vec::new()), ..Default::default() }),
        ("ecsServices", json!([]), GroupSettings { ecs_services: Some(Vec::new()), ..Default::default() }),
        (
            "loadBalancerInfo",
            json!({ "elbInfoList": [], "targetGroupInfoList": null }),
            GroupSettings { load_balancer: Some(LoadBalancerInfo::default()), ..Default::default() },
        ),
        (
            "blueGreenDeploymentConfiguration",
            json!({ "deploymentReadyOption": {}, "terminateBlueInstancesOnDeploymentSuccess": null }),
            GroupSettings { blue_green: Some(BlueGreen::default()), ..Default::default() },
        ),
        ("outdatedInstancesStrategy", json!(null), GroupSettings::default()),
        ("ec2DeploymentOptions", json!({}), GroupSettings { suspended: Some(Vec::new()), ..Default::default() }),
        ("terminationHookEnabled", json!(false), GroupSettings { termination_hook: Some(false), ..Default::default() }),
    ];
    for (member, value, settings) in nothing {
        assert_eq!(read(member, value), settings, "{member}");
    }
}

#[test]
fn load_balancers_have_their_rules() {
    let names = |n: usize| -> Value { (0..n).map(|n| json!({ "name": n.to_string() })).collect() };
    for (list, operation) in ["elbInfoList", "targetGroupInfoList"].into_iter().zip(BOTH) {
        let cases = [
            (json!([{}]), format!("{list}[0].name is required and was not given.")),
            (
                json!([{ "name": " " }]),
                format!(
                    "{list}[0].name: {} name ' ' is not valid: 1 to 255 characters, without a blank at either end",
                    if list == "elbInfoList" { "load balancer" } else { "target group" }
                ),
            ),
            (json!([{ "name": "a" }, { "name": "a" }]), format!("{list}[1].name: 'a' is listed twice; list it once.")),
            (
                json!([{ "name": "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/0123" }]),
                format!(
                    "{list}[0].name: 'arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/0123' is an ARN; \
                     give the name alone: web"
                ),
            ),
            (
                json!([{ "name": "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/web" }]),
                format!(
                    "{list}[0].name: 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/web' is an ARN; give \
                     the name alone: web"
                ),
            ),
            (names(11), format!("{list}: there may be 10; 11 were given.")),
        ];
        for (value, words) in cases {
            let member = format!("loadBalancerInfo.{list}");
            assert_eq!(refused(operation, &member, value), format!("InvalidLoadBalancerInfoException: {words}"));
        }
    }
    let route = |arns: Value| json!({ "listenerArns": arns });
    let place = "targetGroupPairInfoList[0]";
    let pairs = [
        ("targetGroups", json!(null), ".targetGroups: a pair has two target groups, blue and green; 0 were given."),
        ("targetGroups", names(1), ".targetGroups: a pair has two target groups, blue and green; 1 was given."),
        ("targetGroups", names(3), ".targetGroups: there may be 2; 3 were given."),
        (
            "targetGroups",
            json!([{ "name": "blue" }, { "name": "arn:aws-cn:elasticloadbalancing:cn-north-1:1:targetgroup/green/0123" }]),
            ".targetGroups[1].name: 'arn:aws-cn:elasticloadbalancing:cn-north-1:1:targetgroup/green/0123' is an ARN; give \
             the name alone: green",
        ),
        (
            "targetGroups",
            json!([{ "name": "a" }, { "name": "a" }]),
            ".targetGroups[1].name: 'a' is listed twice; list it once.",
        ),
        ("prodTrafficRoute", json!(null), ".prodTrafficRoute.listenerArns is required and was not given, or is empty."),
        (
            "prodTrafficRoute",
            route(json!([])),
            ".prodTrafficRoute.listenerArns is required and was not given, or is empty.",
        ),
        (
            "prodTrafficRoute",
            route(json!([LISTENER, LISTENER])),
            ".prodTrafficRoute.listenerArns: a route has one listener; 2 were given.",
        ),
        (
            "testTrafficRoute",
            route(json!(["listener"])),
            ".testTrafficRoute.listenerArns[0]: listener ARN 'listener' is not valid: \
             arn:<partition>:elasticloadbalancing:<region>:<account>:listener/<load balancer>/<listener>",
        ),
    ];
    for operation in BOTH {
        for (member, value, words) in &pairs {
            assert_eq!(
                refused(
                    operation,
                    "loadBalancerInfo.targetGroupPairInfoList",
                    json!([changed(pair(), member, value.clone())])
                ),
                format!("InvalidTargetGroupPairException: {place}{words}")
            );
        }
    }
}

#[test]
fn services_and_auto_scaling_groups_have_their_rules() {
    let service =
        |member: &str, to: Value| json!([changed(json!({ "serviceName": "web", "clusterName": "prod" }), member, to)]);
    let eleven: Value = (0..11).map(|n| json!({ "serviceName": n.to_string(), "clusterName": "prod" })).collect();
    let names = |n: usize| -> Value { (0..n).map(|n| json!(n.to_string())).collect() };
    let cases = [
        (
            "ecsServices",
            service("serviceName", json!(null)),
            "InvalidECSServiceException: ecsServices[0].serviceName is required and was not given.",
        ),
        (
            "ecsServices",
            service("clusterName", json!(null)),
            "InvalidECSServiceException: ecsServices[0].clusterName is required and was not given.",
        ),
        (
            "ecsServices",
            service("clusterName", json!("a b")),
            "InvalidECSServiceException: ecsServices[0].clusterName: ECS cluster 'a b' is not valid: a name of 1 to 255 \
             letters, digits, - or _, or arn:<partition>:ecs:<region>:<account>:cluster/<name>",
        ),
        (
            "ecsServices",
            eleven,
            "InvalidECSServiceException: ecsServices: 11 were given; a deployment group is for one.",
        ),
        (
            "autoScalingGroups",
            json!(["a", ""]),
            "InvalidAutoScalingGroupException: autoScalingGroups[1]: Auto Scaling group name '' is not valid: 1 to 255 \
             characters, without a blank at either end",
        ),
        (
            "autoScalingGroups",
            json!(["arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:930d940e:autoScalingGroupName/web 1"]),
            "InvalidAutoScalingGroupException: autoScalingGroups[0]: \
             'arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:930d940e:autoScalingGroupName/web 1' is an ARN; \
             give the name alone: web 1",
        ),
        (
            "autoScalingGroups",
            json!(["a", "a"]),
            "InvalidAutoScalingGroupException: autoScalingGroups[1]: 'a' is listed twice; list it once.",
        ),
        (
            "autoScalingGroups",
            names(11),
            "InvalidAutoScalingGroupException: autoScalingGroups: there may be 10; 11 were given.",
        ),
    ];
    for operation in BOTH {
        for (member, value, words) in &cases {
            assert_eq!(refused(operation, member, value.clone()), *words);
        }
    }
}

#[test]
fn members_are_checked_in_the_order_of_the_model() {
    let mut request = json!({
        "applicationName": "shop", "deploymentGroupName": "live", "currentDeploymentGroupName": "live",
        "serviceRoleArn": "arn:aws:iam::111122223333:role/deployer", "deploymentConfigName": "a b",
        "ec2TagFilters": [{}], "onPremisesInstanceTagFilters": [{}], "autoScalingGroups": [""],
        "triggerConfigurations": [{}], "alarmConfiguration": { "enabled": true },
        "autoRollbackConfiguration": { "enabled": true }, "outdatedInstancesStrategy": "KEEP", "deploymentStyle": {},
        "ec2DeploymentOptions": { "autoScalingGroupProcessesToSuspend": [""] },
        "blueGreenDeploymentConfiguration": { "deploymentReadyOption": { "waitTimeInMinutes": 1 } },
        "loadBalancerInfo": { "elbInfoList": [{}] }, "ec2TagSet": { "ec2TagSetList": [[{}]] }, "ecsServices": [{}],
        "onPremisesTagSet": { "onPremisesTagSetList": [[{}]] },
    });
    let order = [
        ("deploymentConfigName", "InvalidDeploymentConfigName"),
        ("ec2TagFilters", "InvalidEC2Tag"),
        ("onPremisesInstanceTagFilters", "InvalidTag"),
        ("autoScalingGroups", "InvalidAutoScalingGroup"),
        ("triggerConfigurations", "InvalidTriggerConfig"),
        ("alarmConfiguration", "InvalidAlarmConfig"),
        ("autoRollbackConfiguration", "InvalidAutoRollbackConfig"),
        ("outdatedInstancesStrategy", "InvalidInput"),
        ("deploymentStyle", "InvalidDeploymentStyle"),
        ("blueGreenDeploymentConfiguration", "InvalidBlueGreenDeploymentConfiguration"),
        ("loadBalancerInfo", "InvalidLoadBalancerInfo"),
        ("ec2TagSet", "InvalidEC2Tag"),
        ("ecsServices", "InvalidECSService"),
        ("onPremisesTagSet", "InvalidTag"),
        ("ec2DeploymentOptions", "InvalidAutoScalingGroupProcessToSuspend"),
    ];
    for (member, name) in order {
        for operation in BOTH {
            let words = refusal(operation, &request);
            assert!(words.starts_with(&format!("{name}Exception: ")), "{member}: {words}");
        }
        request.as_object_mut().unwrap().remove(member);
    }
}

#[test]
fn a_group_is_shown_with_everything_that_it_was_given() {
    let filters = || vec![TagFilter::Key("a".to_owned()), TagFilter::Value("v".to_owned())];
    let mut environment = Environment::of(ComputePlatform::Server);
    environment.blue_green = BlueGreen {
        termination: Some(Termination { action: TerminationAction::KeepAlive, minutes: 5 }),
        ready: Some(ReadyOption::Stop { minutes: 7 }),
        green_fleet: Some(GreenFleet::DiscoverExisting),
    };
    environment.load_balancer = LoadBalancerInfo {
        classic: vec![named("b"), named("a")],
        target_groups: vec![named("t")],
        pairs: vec![TargetGroupPair {
            groups: [named("blue"), named("green")],
            listener: named(LISTENER),
            test_listener: Some(named(LISTENER)),
        }],
    };
    environment.ecs_services = vec![EcsService { service: named("web"), cluster: named("prod") }];
    environment.ec2_tags.filters = filters();
    environment.ec2_tags.set = vec![filters(), vec![TagFilter::KeyAndValue(Tag { key: "k".into(), value: "".into() })]];
    environment.on_premises_tags = environment.ec2_tags.clone();
    environment.auto_scaling_groups = vec![named("z"), named("a")];
    environment.outdated_instances = OutdatedInstances::Ignore;
    environment.termination_hook = true;
    environment.suspended = vec![AutoScalingProcess::ScheduledActions, AutoScalingProcess::AzRebalance];
    let application = Application { platform: ComputePlatform::Server, ..answers::application() };
    let group = DeploymentGroup { environment, ..answers::group() };
    let shown = GetDeploymentGroup::render(
        &(named("shop"), named("live")),
        &(application, group, GroupState::default()),
        &context(),
    );
    let list = json!([{ "Key": "a", "Type": "KEY_ONLY" }, { "Value": "v", "Type": "VALUE_ONLY" }]);
    let set = json!([list, [{ "Key": "k", "Value": "", "Type": "KEY_AND_VALUE" }]]);
    let expected = [
        ("computePlatform", json!("Server")),
        ("deploymentStyle", json!({ "deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL" })),
        (
            "blueGreenDeploymentConfiguration",
            json!({
                "terminateBlueInstancesOnDeploymentSuccess": { "action": "KEEP_ALIVE", "terminationWaitTimeInMinutes": 5 },
                "deploymentReadyOption": { "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 7 },
                "greenFleetProvisioningOption": { "action": "DISCOVER_EXISTING" },
            }),
        ),
        (
            "loadBalancerInfo",
            json!({
                "elbInfoList": [{ "name": "b" }, { "name": "a" }], "targetGroupInfoList": [{ "name": "t" }],
                "targetGroupPairInfoList": [changed(pair(), "testTrafficRoute", json!({ "listenerArns": [LISTENER] }))],
            }),
        ),
        ("ecsServices", json!([{ "serviceName": "web", "clusterName": "prod" }])),
        ("ec2TagFilters", list.clone()),
        ("onPremisesInstanceTagFilters", list.clone()),
        ("ec2TagSet", json!({ "ec2TagSetList": set })),
        ("onPremisesTagSet", json!({ "onPremisesTagSetList": set })),
        (
            "autoScalingGroups",
            json!(["z", "a"].map(|name| json!({
                "name": name, "hook": "Spillway-launch-g-id", "terminationHook": "Spillway-termination-g-id",
            }))),
        ),
        ("outdatedInstancesStrategy", json!("IGNORE")),
        ("terminationHookEnabled", json!(true)),
        ("ec2DeploymentOptions", json!({ "autoScalingGroupProcessesToSuspend": ["ScheduledActions", "AZRebalance"] })),
    ];
    for (member, value) in expected {
        assert_eq!(shown["deploymentGroupInfo"][member], value, "{member}");
    }
}
