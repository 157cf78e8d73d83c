//! Deployments to ECS services: their timelines, what accidents do to them, and random ones.

mod properties;
mod stories;
mod timelines;
mod trouble;

use spillway_domain::{Deployment, DeploymentId};
use spillway_testkit::{Runner, ServiceStory, World, check};
use spillway_tests::template::machine;
pub use stories::stories;

/// The diary of a story, and how it ended.
fn tell(story: &ServiceStory) -> String {
    let world = World::new().with_diary();
    let mut runner = Runner::new(&world, machine());
    let id = runner.play(story);
    check(&world).unwrap();
    let transitions = runner.transitions(&id);
    format!("{}\n\n{}\n{transitions} state transitions", world.diary(), endings(&world, &id))
}

fn endings(world: &World, id: &DeploymentId) -> String {
    let record = world.record(id).unwrap();
    let text = ending(&record);
    match record.ending.as_ref().and_then(|ending| ending.rolled_back_by.as_ref()) {
        Some(rollback) => format!("{text}\n{}", endings(world, rollback)),
        None => text,
    }
}

/// How a deployment ended, in words.
fn ending(record: &Deployment) -> String {
    let ending = record.ending.as_ref().unwrap();
    let mut text = format!("{} {}", record.id, ending.status.as_str());
    if let Some(error) = &ending.error {
        text += &format!("\n  {}: {}", error.code.as_str(), error.message);
    }
    if let Some(words) = &ending.rollback_message {
        text += &format!("\n  {words}");
    }
    for event in &record.events {
        text += &format!("\n  {} {:?}", event.name, event.status);
        if let Some(why) = &event.diagnostics {
            text += &format!(" {:?}: {}", why.code, why.message);
        }
    }
    text
}
