//! Blue/green deployments to hosts, through the door.

use serde_json::{Value, json};
use spillway_domain::catalog::environment::{ReadyOption, Termination, TerminationAction};
use spillway_testkit::{BlueGreenPlan, FleetStory, Plot, Runner, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

/// The world of two original hosts and one replacement; the deployment waits to be continued.
fn world() -> World {
    let world = World::new();
    let plan = BlueGreenPlan {
        ready: ReadyOption::Stop { minutes: 60 },
        termination: Termination { action: TerminationAction::Terminate, minutes: 10 },
        ..BlueGreenPlan::new(1)
    };
    FleetStory::new("CodeDeployDefault.AllAtOnce", 2).blue_green(plan).set(&world);
    world
}

fn request(targets: Value) -> Value {
    let object = json!({ "bucket": "artifacts", "key": "shop-2.zip", "bundleType": "zip" });
    json!({
        "applicationName": "shop", "deploymentGroupName": "web", "targetInstances": targets,
        "revision": { "revisionType": "S3", "s3Location": object },
    })
}

fn green() -> Value {
    json!({ "tagFilters": [{ "Key": "role", "Value": "web-green", "Type": "KEY_AND_VALUE" }] })
}

fn deploy(world: &World) -> String {
    let answer = Door::new(world).call("CreateDeployment", &request(green()));
    answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn info(world: &World, id: &str) -> Value {
    Door::new(world).call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone()
}

fn run_until(runner: &mut Runner<'_>, id: &str, holds: impl Fn(&Value) -> bool) {
    runner.run_until(|world| holds(&info(world, id)));
}

fn listed(world: &World, id: &str, filters: Value) -> Value {
    let request = json!({ "deploymentId": id, "targetFilters": filters });
    let answer = Door::new(world).call("ListDeploymentTargets", &request);
    answer.get("targetIds").cloned().unwrap_or(answer)
}

/// What a target shows: its label, its status, and its events with theirs.
fn target(world: &World, id: &str, host: &str) -> String {
    let request = json!({ "deploymentId": id, "targetIds": [host] });
    let shown = Door::new(world).call("BatchGetDeploymentTargets", &request);
    let shown = &shown["deploymentTargets"][0]["instanceTarget"];
    let event = |event: &Value| {
        let (name, status) = (event["lifecycleEventName"].as_str().unwrap(), event["status"].as_str().unwrap());
        format!("{name} {status}")
    };
    let events: Vec<String> = shown["lifecycleEvents"].as_array().unwrap().iter().map(event).collect();
    let (label, status) = (shown["instanceLabel"].as_str().unwrap(), shown["status"].as_str().unwrap());
    format!("{label} {status}: {}", events.join(", "))
}

#[test]
fn a_target_shows_its_environment_and_the_events_of_all_phases() {
    let world = world();
    let mut runner = Runner::new(&world, machine());
    let id = deploy(&world);
    run_until(&mut runner, &id, |info| info["status"] == "Ready");
    let installed = "ApplicationStop Succeeded, DownloadBundle Succeeded, BeforeInstall Succeeded, Install Succeeded, \
                     AfterInstall Succeeded, ApplicationStart Succeeded, ValidateService Succeeded";
    let routed = "BeforeAllowTraffic Pending, AllowTraffic Pending, AfterAllowTraffic Pending";
    assert_eq!(target(&world, &id, "i-2"), format!("Green Ready: {installed}, {routed}"));
    assert_eq!(listed(&world, &id, json!({})), json!(["i-2"]));
    let ready = info(&world, &id);
    assert_eq!(ready["deploymentOverview"]["Ready"], 1);
    assert_eq!(ready["targetInstances"]["tagFilters"], green()["tagFilters"]);
    assert_eq!(ready["instanceTerminationWaitTimeStarted"], false);

    let wait = json!({ "deploymentId": id, "deploymentWaitType": "READY_WAIT" });
    assert_eq!(Door::new(&world).call("ContinueDeployment", &wait), json!({}));
    run_until(&mut runner, &id, |info| info["instanceTerminationWaitTimeStarted"] == true);
    let routed = routed.replace("Pending", "Succeeded");
    assert_eq!(target(&world, &id, "i-2"), format!("Green Succeeded: {installed}, {routed}"));
    let left = "BeforeBlockTraffic Succeeded, BlockTraffic Succeeded, AfterBlockTraffic Succeeded";
    assert_eq!(target(&world, &id, "i-0"), format!("Blue Succeeded: {left}"));
    assert_eq!(listed(&world, &id, json!({})), json!(["i-2", "i-0", "i-1"]));
    assert_eq!(listed(&world, &id, json!({ "ServerInstanceLabel": ["Green"] })), json!(["i-2"]));
    assert_eq!(listed(&world, &id, json!({ "ServerInstanceLabel": ["Blue"] })), json!(["i-0", "i-1"]));

    let wait = json!({ "deploymentId": id, "deploymentWaitType": "TERMINATION_WAIT" });
    Door::new(&world).call("ContinueDeployment", &wait);
    runner.run();
    assert_eq!(
        info(&world, &id)["additionalDeploymentStatusInfo"],
        "Succeeded: the traffic is on 1 host of the replacement environment; the original hosts are terminated."
    );
}

#[test]
fn a_replacement_that_got_no_traffic_is_skipped() {
    let world = world();
    let mut runner = Runner::new(&world, machine());
    let id = deploy(&world);
    run_until(&mut runner, &id, |info| info["status"] == "Ready");
    Door::new(&world).call("StopDeployment", &json!({ "deploymentId": id, "autoRollbackEnabled": true }));
    runner.run();
    assert!(target(&world, &id, "i-2").starts_with("Green Skipped: "));
    let stopped = info(&world, &id);
    assert_eq!(
        stopped["errorInformation"]["message"],
        "The deployment was stopped by StopDeployment. No traffic was moved: it is on the original hosts."
    );
    assert_eq!(stopped["rollbackInfo"]["rollbackMessage"], "There is nothing to roll back: no traffic was moved.");
}

#[test]
fn what_is_no_replacement_is_refused() {
    let world = world();
    let refused = |targets: Value| {
        let answer = Door::new(&world).call("CreateDeployment", &request(targets));
        format!("{}: {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap())
    };
    for nothing in [json!({}), json!({ "tagFilters": [], "autoScalingGroups": [] })] {
        assert_eq!(
            refused(nothing),
            "InvalidTargetInstancesException: Deployment group 'web' deploys blue/green, and targetInstances names no \
             replacement environment. Name its instances with tagFilters or ec2TagSet, its Auto Scaling groups with \
             autoScalingGroups, or both."
        );
    }
    assert_eq!(
        refused(json!({ "tagFilters": [{ "Type": "NONE" }] })),
        "InvalidEC2TagException: targetInstances.tagFilters[0]: Type 'NONE' is not valid. Valid values are [KEY_ONLY, \
         VALUE_ONLY, KEY_AND_VALUE]"
    );
    assert_eq!(
        refused(json!({ "autoScalingGroups": [""] })).split_once(": ").unwrap().0,
        "InvalidAutoScalingGroupException"
    );
}

#[test]
fn the_original_cannot_be_kept_any_more_once_it_is_being_terminated() {
    let world = world();
    let mut runner = Runner::new(&world, machine());
    let id = deploy(&world);
    run_until(&mut runner, &id, |info| info["status"] == "Ready");
    let wait = |which: &str| {
        Door::new(&world).call("ContinueDeployment", &json!({ "deploymentId": id, "deploymentWaitType": which }))
    };
    wait("READY_WAIT");
    run_until(&mut runner, &id, |info| info["instanceTerminationWaitTimeStarted"] == true);
    wait("TERMINATION_WAIT");
    runner.run_until(|world| world.record(&id.parse().unwrap()).unwrap().is_settled());
    let stop = Door::new(&world).call("StopDeployment", &json!({ "deploymentId": id }));
    assert_eq!(stop["__type"], "DeploymentAlreadyCompletedException", "{stop}");
    runner.run();
    assert_eq!(info(&world, &id)["status"], "Succeeded");
}
