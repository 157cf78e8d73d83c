//! Accidents that others had, one test each.

mod aliases;
mod fence;
mod hooks;
mod locks;
mod looks;
mod steps;
mod texts;
mod trouble;
mod wakes;

use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::names::{DeploymentId, Version};
use spillway_domain::percent::Percent;
use spillway_testkit::{Runner, Story, World, check};
use spillway_tests::template::machine;

/// The world after the story, which ended in order, and the story's deployment.
fn play(story: &Story) -> (World, Deployment) {
    let world = World::new().with_diary();
    let id = Runner::new(&world, machine()).play(story);
    check(&world).unwrap();
    let record = world.record(&id).unwrap();
    (world, record)
}

fn alias(world: &World) -> AliasRouting {
    world.alias(Story::FUNCTION, Story::ALIAS).unwrap().routing
}

fn version(number: u64) -> Version {
    number.to_string().parse().unwrap()
}

fn only(number: u64) -> AliasRouting {
    AliasRouting::only(version(number))
}

fn split(main: u64, second: u64, percent: u32) -> AliasRouting {
    AliasRouting::split(version(main), version(second), Percent::from_whole(percent))
}

/// Status, error code and message, in one line.
fn ending(record: &Deployment) -> String {
    let ending = record.ending.as_ref().unwrap();
    match &ending.error {
        None => ending.status.as_str().to_owned(),
        Some(error) => format!("{} {}: {}", ending.status.as_str(), error.code.as_str(), error.message),
    }
}

fn succeeded(world: &World, id: &DeploymentId) -> bool {
    world.record(id).is_some_and(|record| record.status() == Status::Succeeded)
}
