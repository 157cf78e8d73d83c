//! Deployment groups and configurations of every platform, through the door.

mod echoes;
mod lifecycle_hooks;

use serde_json::{Value, json};
use spillway_testkit::World;
use spillway_tests::door::Door;

const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";
const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1";

fn application(door: &Door<'_>, platform: &str) {
    let body = json!({ "applicationName": "shop", "computePlatform": platform });
    assert!(door.call("CreateApplication", &body)["applicationId"].is_string());
}

/// The least that a group of a platform needs.
fn least(platform: &str) -> Value {
    match platform {
        "ECS" => json!({
            "blueGreenDeploymentConfiguration": blue_green("CONTINUE_DEPLOYMENT", 0, 5),
            "loadBalancerInfo": pair(),
            "ecsServices": [{ "serviceName": "web", "clusterName": "prod" }],
        }),
        _ => json!({}),
    }
}

fn blue_green(action: &str, ready: u32, end: u32) -> Value {
    json!({
        "deploymentReadyOption": { "actionOnTimeout": action, "waitTimeInMinutes": ready },
        "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE", "terminationWaitTimeInMinutes": end },
    })
}

fn pair() -> Value {
    json!({ "targetGroupPairInfoList": [{
        "targetGroups": [{ "name": "blue" }, { "name": "green" }], "prodTrafficRoute": { "listenerArns": [LISTENER] },
    }] })
}

/// Creates or updates the group `live`, or another.
fn send(door: &Door<'_>, operation: &str, name: &str, settings: &Value) -> Value {
    let mut body = settings.clone();
    body["applicationName"] = json!("shop");
    if operation == CREATE {
        body["deploymentGroupName"] = json!(name);
        body["serviceRoleArn"] = json!(ROLE);
    } else {
        body["currentDeploymentGroupName"] = json!(name);
    }
    door.call(operation, &body)
}

const CREATE: &str = "CreateDeploymentGroup";
const UPDATE: &str = "UpdateDeploymentGroup";

fn shown(door: &Door<'_>, name: &str) -> Value {
    let body = json!({ "applicationName": "shop", "deploymentGroupName": name });
    let answer = door.call("GetDeploymentGroup", &body);
    answer.get("deploymentGroupInfo").unwrap_or(&answer).clone()
}

/// The name of an exception and, after a colon, its words.
fn words(answer: &Value) -> String {
    format!("{}: {}", answer["__type"].as_str().unwrap_or_default(), answer["message"].as_str().unwrap_or_default())
}

#[test]
fn a_group_of_any_platform_lives() {
    let lives = [
        ("Server", "CodeDeployDefault.OneAtATime", "IN_PLACE", "WITHOUT_TRAFFIC_CONTROL"),
        ("Lambda", "CodeDeployDefault.LambdaAllAtOnce", "BLUE_GREEN", "WITH_TRAFFIC_CONTROL"),
        ("ECS", "CodeDeployDefault.ECSAllAtOnce", "BLUE_GREEN", "WITH_TRAFFIC_CONTROL"),
    ];
    for (platform, config, kind, option) in lives {
        let world = World::new();
        let door = Door::new(&world);
        application(&door, platform);
        let id = send(&door, CREATE, "live", &least(platform))["deploymentGroupId"].clone();
        let first = shown(&door, "live");
        assert_eq!(first["deploymentGroupId"], id);
        assert_eq!(first["computePlatform"], platform);
        assert_eq!(first["deploymentConfigName"], config);
        assert_eq!(first["deploymentStyle"], json!({ "deploymentType": kind, "deploymentOption": option }));
        let block = "blueGreenDeploymentConfiguration";
        assert_eq!(first.get(block), least(platform).get(block));

        let change = json!({
            "newDeploymentGroupName": "prod", "outdatedInstancesStrategy": "IGNORE",
            "alarmConfiguration": { "enabled": true, "alarms": [{ "name": "errors" }] },
        });
        assert_eq!(send(&door, UPDATE, "live", &change), json!({ "hooksNotCleanedUp": [] }));
        let mut expected = first.clone();
        expected["deploymentGroupName"] = json!("prod");
        expected["outdatedInstancesStrategy"] = json!("IGNORE");
        expected["alarmConfiguration"] =
            json!({ "enabled": true, "ignorePollAlarmFailure": false, "alarms": [{ "name": "errors" }] });
        assert_eq!(shown(&door, "prod"), expected);
        assert_eq!(
            words(&shown(&door, "live")),
            "DeploymentGroupDoesNotExistException: No Deployment Group found for name: live"
        );
        assert_eq!(
            words(&send(&door, CREATE, "prod", &least(platform))),
            "DeploymentGroupAlreadyExistsException: Deployment group already exists with the name: prod"
        );
        let name = json!({ "applicationName": "shop", "deploymentGroupName": "prod" });
        assert_eq!(door.call("DeleteDeploymentGroup", &name)["hooksNotCleanedUp"], json!([]));
        assert_eq!(
            words(&shown(&door, "prod")),
            "DeploymentGroupDoesNotExistException: No Deployment Group found for name: prod"
        );
    }
}

#[test]
fn a_configuration_is_for_the_platform_of_the_group() {
    for (platform, foreign) in [("Server", "ECSAllAtOnce"), ("Lambda", "OneAtATime"), ("ECS", "LambdaAllAtOnce")] {
        let world = World::new();
        let door = Door::new(&world);
        application(&door, platform);
        let refused = format!(
            "InvalidDeploymentConfigNameException: Compute platform of deployment config CodeDeployDefault.{foreign} does \
             not match expected compute platform, correct compute platform should be {platform}."
        );
        let config = json!(format!("CodeDeployDefault.{foreign}"));
        let mut settings = least(platform);
        settings["deploymentConfigName"] = config.clone();
        assert_eq!(words(&send(&door, CREATE, "live", &settings)), refused);
        send(&door, CREATE, "live", &least(platform));
        let before = shown(&door, "live");
        assert_eq!(words(&send(&door, UPDATE, "live", &json!({ "deploymentConfigName": config }))), refused);
        assert_eq!(shown(&door, "live"), before);
    }
}

#[test]
fn an_update_is_judged_by_what_the_group_would_be() {
    let world = World::new();
    let door = Door::new(&world);
    application(&door, "Server");
    send(&door, CREATE, "live", &json!({ "ec2TagFilters": [{ "Key": "a", "Type": "KEY_ONLY" }] }));
    let with = json!({ "deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL" });
    let without = json!({ "deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL" });
    let balancer = json!({ "elbInfoList": [{ "name": "lb" }] });
    let set = json!({ "ec2TagSetList": [[{ "Key": "a", "Type": "KEY_ONLY" }]] });
    let no_balancer = "InvalidLoadBalancerInfoException: The deploymentOption value is set to WITH_TRAFFIC_CONTROL, but no \
                       load balancer or target group has been specified in loadBalancerInfo.";
    let both = "InvalidEC2TagCombinationException: Both ec2TagFilters and ec2TagSet are specified, and a deployment group \
                has one of them. Leave one out; an update empties the one that the group has had.";
    let changes = [
        (json!({ "deploymentStyle": with }), Some(no_balancer)),
        (json!({ "deploymentStyle": with, "loadBalancerInfo": balancer }), None),
        (json!({ "loadBalancerInfo": {} }), Some(no_balancer)),
        (json!({ "deploymentStyle": without, "loadBalancerInfo": {} }), None),
        (json!({ "ec2TagSet": set }), Some(both)),
        (json!({ "ec2TagSet": set, "ec2TagFilters": [] }), None),
        (json!({ "ec2TagSet": {} }), None),
    ];
    for (change, refused) in changes {
        let before = shown(&door, "live");
        let answer = send(&door, UPDATE, "live", &change);
        match refused {
            Some(refused) => {
                assert_eq!(words(&answer), refused);
                assert_eq!(shown(&door, "live"), before);
            }
            None => assert_eq!(answer, json!({ "hooksNotCleanedUp": [] }), "{change}"),
        }
    }
    let emptied = shown(&door, "live");
    for member in ["ec2TagSet", "onPremisesTagSet", "loadBalancerInfo"] {
        assert_eq!(emptied.get(member), None);
    }
    assert_eq!(emptied["ec2TagFilters"], json!([]));
}

#[test]
fn what_does_not_fit_is_refused_by_create_and_by_update() {
    let in_place = json!({ "deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL" });
    let alone = json!({ "deploymentType": "BLUE_GREEN", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL" });
    let tag = json!([{ "Key": "a", "Type": "KEY_ONLY" }]);
    let cases = [
        ("Lambda", "deploymentStyle", in_place.clone(), "InvalidDeploymentStyle"),
        ("Lambda", "ec2TagFilters", tag.clone(), "InvalidEC2Tag"),
        ("Lambda", "onPremisesInstanceTagFilters", tag.clone(), "InvalidTag"),
        ("Lambda", "autoScalingGroups", json!(["a"]), "InvalidAutoScalingGroup"),
        (
            "Lambda",
            "blueGreenDeploymentConfiguration",
            blue_green("STOP_DEPLOYMENT", 1, 1),
            "InvalidBlueGreenDeploymentConfiguration",
        ),
        ("Lambda", "loadBalancerInfo", pair(), "InvalidLoadBalancerInfo"),
        ("Lambda", "ecsServices", least("ECS")["ecsServices"].clone(), "InvalidECSService"),
        ("ECS", "deploymentStyle", in_place, "InvalidDeploymentStyle"),
        ("ECS", "ec2TagSet", json!({ "ec2TagSetList": [tag] }), "InvalidEC2Tag"),
        ("ECS", "autoScalingGroups", json!(["a"]), "InvalidAutoScalingGroup"),
        ("ECS", "blueGreenDeploymentConfiguration", json!({}), "InvalidBlueGreenDeploymentConfiguration"),
        (
            "ECS",
            "blueGreenDeploymentConfiguration",
            json!({ "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE" } }),
            "InvalidBlueGreenDeploymentConfiguration",
        ),
        ("ECS", "loadBalancerInfo", json!({}), "InvalidLoadBalancerInfo"),
        ("ECS", "loadBalancerInfo", json!({ "elbInfoList": [{ "name": "lb" }] }), "InvalidLoadBalancerInfo"),
        ("ECS", "ecsServices", json!([]), "InvalidECSService"),
        ("Server", "deploymentStyle", alone, "InvalidDeploymentStyle"),
        ("Server", "loadBalancerInfo", pair(), "InvalidTargetGroupPair"),
        ("Server", "ecsServices", least("ECS")["ecsServices"].clone(), "InvalidECSService"),
    ];
    for (platform, member, value, name) in cases {
        let world = World::new();
        let door = Door::new(&world);
        application(&door, platform);
        let mut settings = least(platform);
        settings[member] = value.clone();
        let created = send(&door, CREATE, "live", &settings);
        assert_eq!(created["__type"], format!("{name}Exception"), "{platform} {member}: {created}");
        assert!(send(&door, CREATE, "live", &least(platform))["deploymentGroupId"].is_string());
        let before = shown(&door, "live");
        let updated = send(&door, UPDATE, "live", &json!({ member: value }));
        assert_eq!(updated, created);
        assert_eq!(shown(&door, "live"), before);
    }
}

#[test]
fn an_ecs_service_is_in_one_group() {
    let world = World::new();
    let door = Door::new(&world);
    application(&door, "ECS");
    let taken = "ECSServiceMappingLimitExceededException: The ECS service prod/web (cluster/service) belongs to another \
                 deployment group, and can be in one only. Take it out of that group, or delete that group, first.";
    let other = json!([{ "serviceName": "other", "clusterName": "prod" }]);
    let mut settings = least("ECS");
    let web = settings["ecsServices"].clone();
    send(&door, CREATE, "live", &settings);
    assert_eq!(words(&send(&door, CREATE, "late", &settings)), taken);
    settings["ecsServices"] = other.clone();
    assert!(send(&door, CREATE, "late", &settings)["deploymentGroupId"].is_string());
    assert_eq!(words(&send(&door, UPDATE, "late", &json!({ "ecsServices": web }))), taken);
    assert_eq!(shown(&door, "late")["ecsServices"], other);
    door.call("DeleteDeploymentGroup", &json!({ "applicationName": "shop", "deploymentGroupName": "live" }));
    assert_eq!(send(&door, UPDATE, "late", &json!({ "ecsServices": web })), json!({ "hooksNotCleanedUp": [] }));
    assert_eq!(shown(&door, "late")["ecsServices"], web);
}

#[test]
fn a_deployment_to_what_is_not_built_is_refused_and_the_group_stays() {
    let world = World::new();
    let door = Door::new(&world);
    application(&door, "Server");
    let mut settings = least("Server");
    settings["deploymentStyle"] = json!({ "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" });
    settings["loadBalancerInfo"] = json!({ "targetGroupInfoList": [{ "name": "web" }] });
    settings["blueGreenDeploymentConfiguration"] = json!({
        "greenFleetProvisioningOption": { "action": "COPY_AUTO_SCALING_GROUP" },
        "deploymentReadyOption": { "actionOnTimeout": "CONTINUE_DEPLOYMENT" },
        "terminateBlueInstancesOnDeploymentSuccess": { "action": "KEEP_ALIVE" },
    });
    send(&door, CREATE, "live", &settings);
    let before = shown(&door, "live");
    let body = json!({
        "applicationName": "shop", "deploymentGroupName": "live",
        "revision": { "revisionType": "S3", "s3Location": { "bucket": "b", "key": "k.zip", "bundleType": "zip" } },
    });
    let refused = words(&door.call("CreateDeployment", &body));
    let not_built =
        "UnsupportedActionForDeploymentTypeException: greenFleetProvisioningOption of deployment group 'live' is";
    assert!(refused.starts_with(not_built), "{refused}");
    assert_eq!(shown(&door, "live"), before);
}

#[test]
fn configurations_of_any_platform_live() {
    let world = World::new();
    let door = Door::new(&world);
    let routing =
        json!({ "type": "TimeBasedCanary", "timeBasedCanary": { "canaryPercentage": 5, "canaryInterval": 2 } });
    let hosts = json!({ "type": "HOST_COUNT", "value": 2 });
    let zones = json!({
        "firstZoneMonitorDurationInSeconds": 60, "monitorDurationInSeconds": 30,
        "minimumHealthyHostsPerZone": { "type": "FLEET_PERCENT", "value": 50 },
    });
    let configs = [
        ("lambda", json!({ "computePlatform": "Lambda", "trafficRoutingConfig": routing })),
        ("ecs", json!({ "computePlatform": "ECS", "trafficRoutingConfig": routing })),
        ("server", json!({ "computePlatform": "Server", "minimumHealthyHosts": hosts })),
        ("zones", json!({ "computePlatform": "Server", "minimumHealthyHosts": hosts, "zonalConfig": zones })),
    ];
    for (name, config) in configs {
        let mut body = config.clone();
        body["deploymentConfigName"] = json!(name);
        let id = door.call("CreateDeploymentConfig", &body)["deploymentConfigId"].clone();
        let mut shown = door.call("GetDeploymentConfig", &body)["deploymentConfigInfo"].clone();
        let members = shown.as_object_mut().unwrap();
        assert_eq!(members.remove("deploymentConfigId"), Some(id));
        assert_eq!(members.remove("createTime"), Some(json!(1_700_000_000.0)));
        assert_eq!(shown, body);
    }
}
