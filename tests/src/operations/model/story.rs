//! A story in which everything is made, deployed, read, changed and deleted: every answer is as the model says.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{FleetStory, HostPlan, Plot, Runner, World};
use spillway_tests::template::machine;

use super::{Client, ROLE, furnish, lambda_group};

/// What a story without GitHub, and without fleets and task sets, never sees carried out, and what it is answered.
const REFUSED: [(&str, &str); 6] = [
    ("ContinueDeployment", "UnsupportedActionForDeploymentTypeException"),
    ("SkipWaitTimeForInstanceTermination", "UnsupportedActionForDeploymentTypeException"),
    ("BatchGetDeploymentInstances", "InvalidComputePlatformException"),
    ("GetDeploymentInstance", "InvalidComputePlatformException"),
    ("PutLifecycleEventHookExecutionStatus", "InvalidLifecycleEventHookExecutionIdException"),
    ("DeleteGitHubAccountToken", "GitHubAccountTokenDoesNotExistException"),
];

/// The id of a deployment of `orders:live` from version 1 to version 2.
pub(super) fn deploy(client: &Client<'_>, group: &str, more: Value) -> String {
    let mut body = json!({ "applicationName": "shop", "deploymentGroupName": group, "revision": revision() });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.call("CreateDeployment", body)["deploymentId"].as_str().unwrap_or_default().to_owned()
}

fn revision() -> Value {
    let properties = json!({ "Name": "orders", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2" });
    let resource = json!({ "it": { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let content = json!({ "version": 0.0, "Resources": [resource] }).to_string();
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } })
}

fn s3(key: &str) -> Value {
    json!({ "revisionType": "S3", "s3Location": { "bucket": "artifacts", "key": key, "bundleType": "zip" } })
}

#[test]
fn every_answer_is_as_the_model_says() {
    let world = World::new();
    let client = Client::new(&world);
    let version = |number: &str| number.parse().unwrap();
    world.put_alias("orders", "live", AliasRouting::only(version("1")), &[version("1"), version("2")]);
    furnish(&client);
    make(&client);
    deploy_and_read(&client, &world);
    read(&client);
    change_and_delete(&client);
    let refused: BTreeSet<&str> = REFUSED.iter().map(|(operation, _)| *operation).collect();
    let done = client.done.borrow();
    let mut faults = client.faults();
    faults.extend(
        client
            .model
            .operations
            .keys()
            .map(String::as_str)
            .filter(|name| !done.contains(*name) && !refused.contains(name))
            .map(|name| format!("{name} was never carried out")),
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn answers_about_hosts_are_as_the_model_says() {
    let world = World::new();
    let failing = HostPlan::Fails(HostEvent::ValidateService);
    FleetStory::new("CodeDeployDefault.OneAtATime", 3).host(0, failing).set(&world);
    let client = Client::new(&world);
    let body = json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": s3("shop-2.zip") });
    let id = client.call("CreateDeployment", body)["deploymentId"].clone();
    let look = || {
        client.call("GetDeployment", json!({ "deploymentId": id }));
        client.call("BatchGetDeployments", json!({ "deploymentIds": [id] }));
    };
    look();
    client.ask("ListDeploymentTargets", &json!({ "deploymentId": id }));
    client.ask("ListDeploymentInstances", &json!({ "deploymentId": id }));
    Runner::new(&world, machine()).run();
    look();
    for status in ["Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Unknown", "Ready"] {
        let filters = json!({ "TargetStatus": [status] });
        client.call("ListDeploymentTargets", json!({ "deploymentId": id, "targetFilters": filters }));
        client.call("ListDeploymentInstances", json!({ "deploymentId": id, "instanceStatusFilter": [status] }));
    }
    client.call("BatchGetDeploymentTargets", json!({ "deploymentId": id, "targetIds": ["i-0", "i-1"] }));
    client.call("BatchGetDeploymentInstances", json!({ "deploymentId": id, "instanceIds": ["i-0", "i-9"] }));
    for host in ["i-0", "i-1"] {
        client.call("GetDeploymentTarget", json!({ "deploymentId": id, "targetId": host }));
        client.call("GetDeploymentInstance", json!({ "deploymentId": id, "instanceId": host }));
    }
    for (operation, request) in [
        ("GetDeploymentTarget", json!({ "targetId": "i-9" })),
        ("GetDeploymentTarget", json!({ "targetId": "orders:live" })),
        ("BatchGetDeploymentTargets", json!({ "targetIds": vec!["i-0"; 26] })),
        ("GetDeploymentInstance", json!({ "instanceId": "i-9" })),
        ("ListDeploymentTargets", json!({ "targetFilters": { "ServerInstanceLabel": ["Blue"] } })),
        ("ListDeploymentTargets", json!({ "targetFilters": { "ServerInstanceLabel": ["Red"] } })),
        ("ListDeploymentInstances", json!({ "instanceTypeFilter": ["Green"] })),
    ] {
        let mut request = request;
        request["deploymentId"] = id.clone();
        assert_eq!(client.ask(operation, &request).0, 400, "{operation} {request}");
    }
    assert!(client.faults().is_empty(), "{}", client.faults().join("\n"));
}

fn make(client: &Client<'_>) {
    let hosts = json!({ "type": "FLEET_PERCENT", "value": 50 });
    let zones = json!({
        "firstZoneMonitorDurationInSeconds": 60, "monitorDurationInSeconds": 30,
        "minimumHealthyHostsPerZone": { "type": "HOST_COUNT", "value": 1 },
    });
    client.call(
        "CreateDeploymentConfig",
        json!({ "deploymentConfigName": "half", "minimumHealthyHosts": hosts, "zonalConfig": zones }),
    );
    let linear =
        json!({ "type": "TimeBasedLinear", "timeBasedLinear": { "linearPercentage": 25, "linearInterval": 1 } });
    for (name, platform) in [("steady", "Lambda"), ("steady-tasks", "ECS")] {
        client.call(
            "CreateDeploymentConfig",
            json!({ "deploymentConfigName": name, "computePlatform": platform, "trafficRoutingConfig": linear }),
        );
    }
    client.call(
        "CreateDeploymentGroup",
        json!({
            "applicationName": "fleet", "deploymentGroupName": "hosts", "serviceRoleArn": ROLE,
            "deploymentConfigName": "half",
            "ec2TagFilters": [{ "Key": "role", "Value": "web", "Type": "KEY_AND_VALUE" }],
            "triggerConfigurations": [{
                "triggerName": "news", "triggerTargetArn": "arn:aws:sns:us-east-1:111122223333:news",
                "triggerEvents": ["DeploymentStart", "DeploymentFailure"],
            }],
            "alarmConfiguration": { "enabled": true, "alarms": [{ "name": "errors" }] },
            "tags": [{ "Key": "team", "Value": "red" }],
        }),
    );
    client.call(
        "CreateDeploymentGroup",
        json!({
            "applicationName": "tasks", "deploymentGroupName": "service", "serviceRoleArn": ROLE,
            "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
            "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
            "ecsServices": [{ "clusterName": "c", "serviceName": "s" }],
            "blueGreenDeploymentConfiguration": {
                "deploymentReadyOption": { "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 10 },
                "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE", "terminationWaitTimeInMinutes": 5 },
            },
            "loadBalancerInfo": { "targetGroupPairInfoList": [{
                "targetGroups": [{ "name": "blue" }, { "name": "green" }],
                "prodTrafficRoute": { "listenerArns": ["arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/l/1/2"] },
            }] },
        }),
    );
    for key in ["one.zip", "two.zip"] {
        let body = json!({ "applicationName": "fleet", "revision": s3(key), "description": "by hand" });
        client.call("RegisterApplicationRevision", body);
    }
    for (name, user) in [("rack-1", "one"), ("rack-2", "two")] {
        let arn = format!("arn:aws:iam::111122223333:user/{user}");
        client.call("RegisterOnPremisesInstance", json!({ "instanceName": name, "iamUserArn": arn }));
    }
    let racks = json!({ "instanceNames": ["rack-1", "rack-2"], "tags": [{ "Key": "role", "Value": "web" }] });
    client.call("AddTagsToOnPremisesInstances", racks);
}

fn deploy_and_read(client: &Client<'_>, world: &World) {
    let rollback = json!({ "enabled": false });
    let more =
        json!({ "description": "first", "autoRollbackConfiguration": rollback, "deploymentConfigName": "steady" });
    let first = deploy(client, "live", more);
    let look = |id: &str| {
        client.call("GetDeployment", json!({ "deploymentId": id }));
        client.call("GetDeploymentTarget", json!({ "deploymentId": id, "targetId": "orders:live" }));
        client.call("BatchGetDeploymentTargets", json!({ "deploymentId": id, "targetIds": ["orders:live"] }));
        client.call("ListDeploymentTargets", json!({ "deploymentId": id }));
        client.call("ListDeploymentInstances", json!({ "deploymentId": id }));
    };
    client.call("GetDeployment", json!({ "deploymentId": first }));
    for (operation, name) in REFUSED {
        let body = json!({ "deploymentId": first, "instanceId": "i-1", "instanceIds": ["i-1"], "tokenName": "t",
            "lifecycleEventHookExecutionId": "x", "status": "Succeeded" });
        let (_, said) = client.ask(operation, &body);
        if said["__type"] != name {
            client.faults.borrow_mut().push(format!("{operation}: {said} and not {name}"));
        }
    }
    Runner::new(world, machine()).run();
    look(&first);
    client.call("CreateDeploymentGroup", lambda_group("other"));
    let stopped = deploy(client, "other", json!({}));
    client.call("StopDeployment", json!({ "deploymentId": stopped, "autoRollbackEnabled": true }));
    Runner::new(world, machine()).run();
    look(&first);
    client.call("GetDeployment", json!({ "deploymentId": stopped }));
    client.call("BatchGetDeployments", json!({ "deploymentIds": [first, stopped] }));
    client.call("ListDeployments", json!({}));
    let range = json!({ "start": 1, "end": "2033-01-01T00:00:00Z" });
    client.call(
        "ListDeployments",
        json!({ "applicationName": "shop", "deploymentGroupName": "live", "createTimeRange": range }),
    );
    let body = json!({ "applicationName": "shop", "deploymentGroupName": "live" });
    client.call("GetDeploymentGroup", body);
}

fn read(client: &Client<'_>) {
    for application in ["shop", "fleet", "tasks"] {
        let named = json!({ "applicationName": application });
        client.call("GetApplication", named.clone());
        client.call("ListDeploymentGroups", named.clone());
        client.call("ListApplicationRevisions", named);
    }
    for (application, group) in [("shop", "live"), ("fleet", "hosts"), ("tasks", "service")] {
        client.call("GetDeploymentGroup", json!({ "applicationName": application, "deploymentGroupName": group }));
        client.call(
            "BatchGetDeploymentGroups",
            json!({ "applicationName": application, "deploymentGroupNames": [group, "nobody"] }),
        );
    }
    for config in
        ["half", "steady", "steady-tasks", "CodeDeployDefault.OneAtATime", "CodeDeployDefault.LambdaAllAtOnce"]
    {
        client.call("GetDeploymentConfig", json!({ "deploymentConfigName": config }));
    }
    for (application, revision) in [("fleet", s3("one.zip")), ("shop", revision())] {
        let body = json!({ "applicationName": application, "revision": revision });
        client.call("GetApplicationRevision", body);
        let body = json!({ "applicationName": application, "revisions": [revision, s3("nobody")] });
        client.call("BatchGetApplicationRevisions", body);
    }
    client.call("BatchGetApplications", json!({ "applicationNames": ["shop", "fleet"] }));
    client.call("GetOnPremisesInstance", json!({ "instanceName": "rack-1" }));
    client.call("BatchGetOnPremisesInstances", json!({ "instanceNames": ["rack-1", "rack-2"] }));
    client.call("ListOnPremisesInstances", json!({ "registrationStatus": "Registered" }));
    client.call("ListTagsForResource", json!({ "ResourceArn": arn("application:shop") }));
    for operation in ["ListApplications", "ListDeploymentConfigs", "ListGitHubAccountTokenNames"] {
        client.call(operation, json!({}));
    }
}

fn change_and_delete(client: &Client<'_>) {
    client
        .call("TagResource", json!({ "ResourceArn": arn("application:shop"), "Tags": [{ "Key": "a", "Value": "b" }] }));
    client.call("UntagResource", json!({ "ResourceArn": arn("application:shop"), "TagKeys": ["a"] }));
    let body = json!({
        "applicationName": "fleet", "currentDeploymentGroupName": "hosts", "newDeploymentGroupName": "machines",
        "alarmConfiguration": { "enabled": false, "alarms": [] },
    });
    client.call("UpdateDeploymentGroup", body);
    client.call("UpdateApplication", json!({ "applicationName": "fleet", "newApplicationName": "ships" }));
    let racks = json!({ "instanceNames": ["rack-1"], "tags": [{ "Key": "role", "Value": "web" }] });
    client.call("RemoveTagsFromOnPremisesInstances", racks);
    client.call("DeregisterOnPremisesInstance", json!({ "instanceName": "rack-2" }));
    client.call("GetOnPremisesInstance", json!({ "instanceName": "rack-2" }));
    client.call("DeleteResourcesByExternalId", json!({ "externalId": "some-stack" }));
    client.call("DeleteDeploymentGroup", json!({ "applicationName": "ships", "deploymentGroupName": "machines" }));
    client.call("DeleteDeploymentConfig", json!({ "deploymentConfigName": "half" }));
    client.call("DeleteApplication", json!({ "applicationName": "ships" }));
}

fn arn(resource: &str) -> String {
    format!("arn:aws:codedeploy:us-east-1:111122223333:{resource}")
}
