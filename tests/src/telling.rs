//! Stories told from beginning to end, as their snapshots show them.

use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_testkit::{Plot, Runner, World, check};
use spillway_tests::template::machine;

/// The diary of a story, and how it ended.
pub fn tell(story: &dyn Plot) -> String {
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
pub fn ending(record: &Deployment) -> String {
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
