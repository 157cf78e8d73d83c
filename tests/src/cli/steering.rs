//! Commands that steer, and the display that follows.

use insta::assert_snapshot;
use spillway_testkit::{BlueGreenPlan, FleetStory, Plot, Story, World};

use super::Stage;
use super::stories::{alarmed, broken_fleet, canary, service, thrown, waiting};

#[test]
fn watch_says_each_decision_as_it_comes_and_then_how_it_ended() {
    let world = World::new();
    let stage = Stage::new(&world).passing(30);
    let id = stage.begin(&canary(), 1);
    assert_snapshot!(stage.run(&["watch", &id]));
}

#[test]
fn watch_follows_the_rollback_too_and_fails() {
    let world = World::new();
    let stage = Stage::new(&world).passing(30);
    let id = stage.play(&alarmed());
    assert_snapshot!(stage.run(&["watch", &id]));
}

#[test]
fn watch_may_be_for_programs() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.play(&Story::new("CodeDeployDefault.LambdaAllAtOnce"));
    assert_snapshot!(stage.run(&["watch", &id, "--output", "json"]));
    assert_snapshot!("watch_as_text", stage.run(&["watch", &id, "--output", "text"]));
}

#[test]
fn stop_says_what_it_does_and_follows_until_the_traffic_is_back() {
    let world = World::new();
    let stage = Stage::new(&world).passing(5);
    let id = stage.begin(&canary(), 100);
    assert_snapshot!(stage.run(&["stop", &id]));
}

#[test]
fn stop_may_end_at_once() {
    let world = World::new();
    let stage = Stage::new(&world);
    let id = stage.begin(&canary(), 100);
    assert_snapshot!(stage.run(&["stop", &id, "--rollback", "false", "--detach"]));
}

#[test]
fn rollback_says_where_to_and_follows() {
    let world = World::new();
    let stage = Stage::new(&world).passing(5);
    stage.play(&Story::new("CodeDeployDefault.LambdaAllAtOnce"));
    assert_snapshot!(stage.run(&["rollback", "shop/orders"]));
}

#[test]
fn retry_deploys_the_same_revision_again() {
    let world = World::new();
    let stage = Stage::new(&world).passing(20);
    thrown().set(&world);
    let options = ["--function", "orders", "--alias", "live", "--hook", "AfterAllowTraffic=post", "--detach"];
    stage.run(&[&["deploy", "shop/orders", "--config", "CodeDeployDefault.LambdaAllAtOnce"], &options[..]].concat());
    stage.pass(60);
    assert_snapshot!(stage.run(&["retry", "shop/orders", "--output", "text"]));
    stage.pass(60);
    assert_snapshot!("history", stage.run(&["history", "shop/orders"]));
}

#[test]
fn deploy_makes_the_appspec_of_an_alias_and_follows() {
    let world = World::new();
    let stage = Stage::new(&world).passing(20);
    canary().set(&world);
    let options = ["--function", "orders", "--alias", "live", "--steps", "10@1m"];
    assert_snapshot!(stage.run(&[&["deploy", "shop/orders"], &options[..]].concat()));
    assert_snapshot!("again", stage.run(&["deploy", "shop/orders", "--version", "1"]));
}

#[test]
fn deploy_finds_the_container_of_a_service() {
    let world = World::new();
    let stage = Stage::new(&world);
    service().set(&world);
    assert_snapshot!(stage.run(&["deploy", "shop/web", "--task-definition", "web:2", "--detach"]));
}

#[test]
fn deploy_packs_a_folder_for_servers() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    let stage = Stage::new(&world);
    broken_fleet().set(&world);
    let source = folder.path().to_str().unwrap();
    let place = ["--s3-location", "s3://artifacts/shop/web.zip", "--source", source];
    let without = stage.run(&[&["deploy", "shop/web", "--detach"], &place[..]].concat());
    assert_snapshot!("without_an_appspec", without.replace(source, "FOLDER"));
    std::fs::write(folder.path().join("appspec.yml"), "version: 0.0\nos: linux\n").unwrap();
    assert_snapshot!("deploy", stage.run(&[&["deploy", "shop/web", "--detach"], &place[..]].concat()));
    assert_snapshot!("push", stage.run(&[&["push", "shop"], &place[..]].concat()));
}

#[test]
fn continue_begins_the_shift_of_a_service_that_waits_to_be_continued() {
    let world = World::new();
    let stage = Stage::new(&world).passing(30);
    let id = stage.begin(&waiting(), 120);
    assert_snapshot!(stage.run(&["continue", &id]));
}

#[test]
fn deploy_names_the_replacement_of_a_blue_green_deployment_and_retry_names_it_again() {
    let world = World::new();
    let stage = Stage::new(&world).passing(20);
    let fleet = FleetStory::new("CodeDeployDefault.AllAtOnce", 1).blue_green(BlueGreenPlan::new(1));
    FleetStory { rollback: true, ..fleet }.set(&world);
    let deploy = ["deploy", "shop/web", "--s3-location", "s3://artifacts/shop-2.zip"];
    let replacement = ["--replacement-tag", "role=web-green"];
    assert_snapshot!("without_a_replacement", stage.run(&[&deploy[..], &["--detach"]].concat()));
    assert_snapshot!("a_tag_without_a_key", stage.run(&[&deploy[..], &["--replacement-tag", "=web-green"]].concat()));
    stage.run(&[&deploy[..], &replacement, &["--detach"]].concat());
    let id = world.records()[0].id.to_string();
    stage.run(&["stop", &id, "--detach"]);
    stage.pass(60);
    assert_snapshot!("retry", stage.run(&["retry", &id]));
}
