//! The lifecycle hooks that deployment groups have in Auto Scaling groups.

use serde_json::{Value, json};
use spillway_testkit::World;
use spillway_tests::door::Door;

use super::{CREATE, UPDATE, application, send, shown};

/// The hooks that Auto Scaling groups have: group and name of each.
fn hooks(world: &World) -> Vec<String> {
    world.lifecycle_hooks().iter().map(|hook| format!("{} {}", hook.group, hook.name)).collect()
}

/// A world with the Auto Scaling groups `a` and `b`.
fn world() -> World {
    let world = World::new();
    for group in ["a", "b"] {
        world.make_auto_scaling_group(&group.parse().unwrap());
    }
    world
}

fn group() -> Value {
    json!({ "applicationName": "shop", "deploymentGroupName": "live" })
}

#[test]
fn hooks_come_and_go_with_the_auto_scaling_groups_of_a_group() {
    let world = world();
    let door = Door::new(&world);
    application(&door, "Server");
    let id = send(&door, CREATE, "live", &json!({ "autoScalingGroups": ["a"] }))["deploymentGroupId"]
        .as_str()
        .unwrap()
        .to_owned();
    let (launch, end) = (format!("Spillway-launch-{id}"), format!("Spillway-termination-{id}"));
    assert_eq!(hooks(&world), [format!("a {launch}")]);
    assert_eq!(shown(&door, "live")["autoScalingGroups"], json!([{ "name": "a", "hook": launch }]));

    let clean = json!({ "hooksNotCleanedUp": [] });
    assert_eq!(
        send(&door, UPDATE, "live", &json!({ "autoScalingGroups": ["a", "b"], "terminationHookEnabled": true })),
        clean
    );
    assert_eq!(
        hooks(&world),
        ["a", "b"].iter().flat_map(|group| [format!("{group} {launch}"), format!("{group} {end}")]).collect::<Vec<_>>()
    );
    assert_eq!(
        send(&door, UPDATE, "live", &json!({ "newDeploymentGroupName": "web", "autoScalingGroups": ["b"] })),
        clean
    );
    assert_eq!(hooks(&world), [format!("b {launch}"), format!("b {end}")]);
    let wanted = json!([{ "name": "b", "hook": launch, "terminationHook": end }]);
    assert_eq!(shown(&door, "web")["autoScalingGroups"], wanted);

    let deleted = json!({ "applicationName": "shop", "deploymentGroupName": "web" });
    assert_eq!(door.call("DeleteDeploymentGroup", &deleted), clean);
    assert!(hooks(&world).is_empty());
}

#[test]
fn an_application_is_deleted_with_the_hooks_of_its_groups() {
    let world = world();
    let door = Door::new(&world);
    application(&door, "Server");
    send(&door, CREATE, "live", &json!({ "autoScalingGroups": ["a"] }));
    send(&door, CREATE, "other", &json!({ "autoScalingGroups": ["a", "b"] }));
    assert_eq!(hooks(&world).len(), 3);
    door.call("DeleteApplication", &json!({ "applicationName": "shop" }));
    assert!(hooks(&world).is_empty());
}

#[test]
fn no_group_is_made_and_none_is_changed_for_an_auto_scaling_group_that_is_not_there() {
    let world = world();
    let door = Door::new(&world);
    application(&door, "Server");
    let refused = send(&door, CREATE, "live", &json!({ "autoScalingGroups": ["a", "none"] }));
    assert_eq!(refused["__type"], "InvalidAutoScalingGroupException", "{refused}");
    assert_eq!(
        without_id(refused["message"].as_str().unwrap()),
        "Lifecycle hook Spillway-launch-ID could not be put into Auto Scaling group none, and nothing was changed: \
         autoscaling:PutLifecycleHook of Spillway-launch-ID in none failed: ValidationError: there is no such Auto Scaling \
         group."
    );
    assert!(hooks(&world).is_empty());
    assert_eq!(door.call("GetDeploymentGroup", &group())["__type"], "DeploymentGroupDoesNotExistException");

    send(&door, CREATE, "live", &json!({ "autoScalingGroups": ["a"] }));
    let before = (shown(&door, "live"), hooks(&world));
    let refused = send(&door, UPDATE, "live", &json!({ "autoScalingGroups": ["b", "none"] }));
    assert_eq!(refused["__type"], "InvalidAutoScalingGroupException", "{refused}");
    assert_eq!((shown(&door, "live"), hooks(&world)), before);
}

/// A message about hooks without the id of their deployment group.
fn without_id(message: &str) -> String {
    let mut words = Vec::new();
    for word in message.split(' ') {
        words.push(if word.starts_with("Spillway-launch-") { "Spillway-launch-ID" } else { word });
    }
    words.join(" ")
}

#[test]
fn a_role_that_may_not_put_hooks_is_named_and_hooks_that_it_may_not_delete_are_listed() {
    let world = world();
    let door = Door::new(&world);
    application(&door, "Server");
    let id = send(&door, CREATE, "live", &json!({ "autoScalingGroups": ["a"] }))["deploymentGroupId"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = (shown(&door, "live"), hooks(&world));
    world.deny(true);
    let refused = send(&door, UPDATE, "live", &json!({ "autoScalingGroups": ["a", "b"] }));
    assert_eq!(refused["__type"], "InvalidRoleException", "{refused}");
    assert_eq!(
        without_id(refused["message"].as_str().unwrap()),
        "The service role arn:aws:iam::111122223333:role/deployer may not put lifecycle hooks into the Auto Scaling \
         groups, and nothing was changed: autoscaling:PutLifecycleHook of Spillway-launch-ID in b failed: AccessDenied. Give \
         the role autoscaling:PutLifecycleHook and autoscaling:DeleteLifecycleHook."
    );
    assert_eq!((shown(&door, "live"), hooks(&world)), before);

    let deleted = door.call("DeleteDeploymentGroup", &group());
    assert_eq!(deleted, json!({ "hooksNotCleanedUp": [{ "name": "a", "hook": format!("Spillway-launch-{id}") }] }));
    assert_eq!(hooks(&world), before.1);
    assert_eq!(door.call("GetDeploymentGroup", &group())["__type"], "DeploymentGroupDoesNotExistException");
}
