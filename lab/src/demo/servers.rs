//! `cargo demo servers`: four deployments to a fleet of six hosts, each with an agent of its own. Four are EC2 instances in
//! two zones, found by their tags; two are on-premises instances, registered and tagged.

mod bundle;
mod fleet;
mod grid;
mod pages;
mod scene;

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

use super::display::Display;
use super::{has_ended, routing};
use crate::local::{self, LocalCloud};
use fleet::Fleet;
use scene::{Played, SCENES};

/// Everything that was seen.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    passed: bool,
    seconds: f64,
    scenes: Vec<Played>,
}

/// Plays the demo and prints what is seen. Answers whether all of it was as it should be. `json` is where to write the
/// summary for machines.
pub(super) async fn run(json: Option<&Path>) -> anyhow::Result<bool> {
    let display = std::sync::Arc::new(Display::default());
    let teller = std::sync::Arc::clone(&display);
    let options = local::Options {
        quiet: false,
        progress: Box::new(move |step| teller.line(&format!("setting up: {step}"))),
        ..local::Options::default()
    };
    let cloud = LocalCloud::start(options).await?;
    let endpoints = cloud.endpoints().clone();
    let began = Instant::now();
    let played = play_all(&cloud, &display).await;
    cloud.stop().await;
    let has_ended = has_ended(&endpoints);
    let scenes = played?;
    let passed = has_ended && scenes.iter().flat_map(|scene| &scene.checks).all(|check| check.holds);
    let seconds = routing::to_milliseconds(began.elapsed().as_secs_f64());
    display.text("\nAll deployments");
    display.text(&grid::summary(&scenes));
    display.line(match has_ended {
        true => "Everything that was started has ended.",
        false => "FAILED: something of the local cloud still answers, although it was stopped.",
    });
    let verdict = if passed { "All was as it should be" } else { "Not all was as it should be" };
    display.line(&format!("{verdict}, in {seconds:.0} s."));
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&Summary { passed, seconds, scenes })?;
        std::fs::write(path, text + "\n").with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(passed)
}

async fn play_all(cloud: &LocalCloud, display: &Display) -> anyhow::Result<Vec<Played>> {
    display.line("setting up: six hosts with their agents, three revisions of an application, pushed with the AWS CLI");
    let mut fleet = Fleet::start(cloud).await?;
    let mut played = Vec::new();
    for (number, scene) in (1..).zip(&SCENES) {
        display.text(&format!("\n{number}. {}", scene.announcement));
        let seen = scene::play(&mut fleet, scene, display).await;
        let seen = seen.with_context(|| format!("scene {number} could not be played"))?;
        seen.tell(display);
        played.push(seen);
    }
    fleet.stop().await?;
    Ok(played)
}
