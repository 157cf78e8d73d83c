//! Commands that show.

use insta::assert_snapshot;
use spillway_testkit::{Story, World};

use super::Stage;
use super::stories::{alarmed, broken_fleet, canary, service, thrown};

#[test]
fn status_shows_what_is_being_deployed_and_what_it_waits_for() {
    let world = World::new();
    let stage = Stage::new(&world);
    stage.begin(&canary(), 100);
    assert_snapshot!(stage.run(&["status"]));
}

#[test]
fn status_of_a_deployment_shows_its_events_too() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.begin(&canary(), 100);
    assert_snapshot!(stage.run(&["status", &id]));
}

#[test]
fn status_of_a_fleet_counts_its_hosts() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.begin(&broken_fleet(), 20);
    assert_snapshot!(stage.run(&["status", &id]));
}

#[test]
fn status_is_one_call() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.begin(&canary(), 100);
    for arguments in [&["status"][..], &["status", "shop/orders"], &["status", &id]] {
        // A second call would be made a day later.
        let stage = Stage::new(&world).passing(86_400);
        let before = world.now();
        stage.run(arguments);
        assert_eq!(world.now(), before, "{arguments:?}");
    }
}

#[test]
fn a_list_has_one_line_for_each_deployment() {
    let world = World::new();
    let stage = Stage::new(&world);
    stage.play(&alarmed());
    assert_snapshot!(stage.run(&["list"]));
}

#[test]
fn a_list_may_be_for_programs() {
    let world = World::new();
    let stage = Stage::new(&world);
    stage.play(&alarmed());
    assert_snapshot!("text", stage.run(&["list", "shop/orders", "--status", "Stopped", "--output", "text"]));
    assert_snapshot!("json", stage.run(&["list", "--status", "Stopped", "--output", "json"]));
}

#[test]
fn a_history_says_how_each_deployment_ended_and_what_the_group_has() {
    let world = World::new();
    let stage = Stage::new(&world);
    stage.play(&thrown());
    assert_snapshot!(stage.run(&["history", "shop/orders"]));
}

#[test]
fn a_deployment_that_waits_is_explained() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.begin(&canary(), 100);
    assert_snapshot!(stage.run(&["explain", &id]));
}

#[test]
fn a_deployment_that_an_alarm_stopped_is_explained() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.play(&alarmed());
    assert_snapshot!(stage.run(&["explain", &id]));
}

#[test]
fn a_deployment_that_a_hook_failed_is_explained_with_the_hooks_words_and_log() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.play(&thrown());
    assert_snapshot!(stage.run(&["explain", &id]));
}

#[test]
fn a_fleet_that_failed_is_explained_with_its_first_failed_hosts() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.play(&broken_fleet());
    assert_snapshot!(stage.run(&["explain", &id]));
}

#[test]
fn a_service_that_was_deployed_to_is_explained() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.play(&service());
    assert_snapshot!(stage.run(&["explain", &id]));
}

#[test]
fn a_group_to_which_nothing_happens_is_explained() {
    let world = World::new();
    let stage = Stage::new(&world);
    stage.play(&Story::new("CodeDeployDefault.LambdaAllAtOnce"));
    assert_snapshot!(stage.run(&["explain", "shop/orders"]));
}
