//! Deployments to instances that Auto Scaling launches, through the door.

use jiff::SignedDuration;
use serde_json::{Value, json};
use spillway_domain::server::event::HostEvent;
use spillway_testkit::{FleetStory, HostPlan, Plot, Runner, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

/// The world of a fleet of one host with an Auto Scaling group.
fn world() -> World {
    let world = World::new();
    FleetStory::new("CodeDeployDefault.AllAtOnce", 1).scaling().set(&world);
    world
}

fn deploy(world: &World, revision: u32) -> String {
    let object = json!({ "bucket": "artifacts", "key": format!("shop-{revision}.zip"), "bundleType": "zip" });
    let revision = json!({ "revisionType": "S3", "s3Location": object });
    let request = json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": revision });
    let answer = Door::new(world).call("CreateDeployment", &request);
    answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn info(world: &World, id: &str) -> Value {
    Door::new(world).call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone()
}

fn target(world: &World, deployment: &str, host: &str) -> Value {
    let request = json!({ "deploymentId": deployment, "targetIds": [host] });
    Door::new(world).call("BatchGetDeploymentTargets", &request)["deploymentTargets"][0]["instanceTarget"].clone()
}

/// The deployments of the group with that creator, newest first.
fn created_by(world: &World, creator: &str) -> Vec<Value> {
    let listed = json!({ "applicationName": "shop", "deploymentGroupName": "web" });
    let listed = Door::new(world).call("ListDeployments", &listed)["deployments"].clone();
    let ids = listed.as_array().unwrap().iter().map(|id| info(world, id.as_str().unwrap()));
    ids.filter(|info| info["creator"] == creator).collect()
}

fn run_for(runner: &mut Runner<'_>, world: &World, seconds: i64) {
    let until = world.now() + SignedDuration::from_secs(seconds);
    runner.run_until(|world| world.now() >= until);
}

/// A deployment has succeeded, and three instances that were launched since have failed; one more is launched, and waits.
fn held<'w>(world: &'w World) -> Runner<'w> {
    let mut runner = Runner::new(world, machine());
    deploy(world, 2);
    runner.run();
    for _ in 0..3 {
        world.launch(HostPlan::Fails(HostEvent::ApplicationStart));
    }
    runner.run();
    world.launch(HostPlan::Works);
    run_for(&mut runner, world, 60);
    assert_eq!(created_by(world, "autoscaling")[0]["status"], "InProgress");
    runner
}

#[test]
fn a_deployment_follows_one_during_which_an_instance_was_launched_and_each_names_the_other() {
    let world = world();
    let mut runner = Runner::new(&world, machine());
    let first = deploy(&world, 2);
    run_for(&mut runner, &world, 10);
    world.launch(HostPlan::Works);
    runner.run();
    let [followed] = &created_by(&world, "CodeDeployAutoUpdate")[..] else { panic!("one follows") };
    assert_eq!(followed["status"], "Succeeded");
    assert_eq!(followed["updateOutdatedInstancesOnly"], true);
    let id = followed["deploymentId"].as_str().unwrap();
    assert_eq!(followed["relatedDeployments"], json!({ "autoUpdateOutdatedInstancesRootDeploymentId": first }));
    assert_eq!(info(&world, &first)["relatedDeployments"], json!({ "autoUpdateOutdatedInstancesDeploymentIds": [id] }));
}

#[test]
fn a_held_instance_that_a_later_deployment_reached_goes_into_service_with_its_revision() {
    let world = world();
    let mut runner = held(&world);
    let later = deploy(&world, 1);
    runner.run();
    assert_eq!(info(&world, &later)["deploymentOverview"]["Succeeded"], 5);
    let held = &created_by(&world, "autoscaling")[0];
    assert_eq!(held["status"], "Succeeded");
    assert_eq!(held["additionalDeploymentStatusInfo"], "Succeeded: i-4 is ready to go into service.");
    let target = target(&world, held["deploymentId"].as_str().unwrap(), "i-4");
    assert_eq!(target["status"], "Succeeded");
    assert_eq!(target["lifecycleEvents"][0]["status"], "Skipped");
    assert_eq!(
        target["lifecycleEvents"][0]["diagnostics"]["message"],
        "i-4 has this revision, or a later one of its deployment group."
    );
}

#[test]
fn the_revision_before_is_never_installed_over_the_one_that_a_running_deployment_has_brought() {
    let world = world();
    let mut runner = Runner::new(&world, machine());
    deploy(&world, 2);
    runner.run();
    let later = deploy(&world, 1);
    world.launch(HostPlan::Works);
    runner.run();
    let of_later = target(&world, &later, "i-1");
    assert_eq!(of_later["status"], "Succeeded", "the running deployment selects the instance, too");
    let launch = &created_by(&world, "autoscaling")[0];
    assert_eq!(launch["status"], "Succeeded");
    assert!(launch["revision"]["s3Location"]["key"] == "shop-2.zip", "{launch}");
    let of_launch = target(&world, launch["deploymentId"].as_str().unwrap(), "i-1");
    assert_eq!(of_launch["lifecycleEvents"][0]["status"], "Skipped", "{of_launch}");
}

#[test]
fn a_held_instance_says_why_it_waits_and_is_replaced_when_its_deployment_is_stopped() {
    let world = world();
    let mut runner = held(&world);
    let id = created_by(&world, "autoscaling")[0]["deploymentId"].as_str().unwrap().to_owned();
    assert_eq!(
        info(&world, &id)["deploymentStatusMessages"][0],
        "The last 3 instances that Auto Scaling launched in web-servers failed with this revision, so i-4 waits for 1 hour \
         before it is deployed to. Deploy a revision to deployment group web that works, or stop this deployment to have the \
         instance replaced. Waiting for the end of the pause after failed launches. Until 2023-11-14 23:17:32 UTC at the \
         latest."
    );
    Door::new(&world).call("StopDeployment", &json!({ "deploymentId": id }));
    runner.run();
    assert_eq!(info(&world, &id)["status"], "Stopped");
    assert_eq!(world.answers_to_auto_scaling(), ["i-1 Abandon", "i-2 Abandon", "i-3 Abandon", "i-4 Abandon"]);
}
