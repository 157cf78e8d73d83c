//! `cargo demo`: three deployments under traffic in a local cloud, and a table of what came of them. `cargo demo ecs`
//! plays the same with an ECS service.
//!
//! Everything in it is the real thing: the functions, the state machine and the table of `template.yaml`, a client of
//! CodeDeploy that knows nothing of Spillway, and callers that call through the alias, or the load balancer. Each scene
//! checks its own claims.

mod audience;
mod callers;
mod checks;
mod display;
mod execution;
mod platform;
mod report;
mod routing;
mod scene;
mod scenes;
mod servers;
mod stage;
mod traffic;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use checks::Check;
use clap::ValueEnum;
use display::Display;

use crate::local::{self, Endpoints, LocalCloud};
use platform::Platform;
use report::{SceneSummary, Summary};
use scene::{Alarm, Played};
use stage::Stage;

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Demo {
    /// Versions of a Lambda function behind an alias.
    Lambda,
    /// Task sets of an ECS service behind a load balancer.
    Ecs,
    /// Revisions of an application on a fleet of hosts.
    Servers,
}

/// Plays a demo and prints what is seen. Answers whether all of it was as it should be. `json` is where to write the
/// summary for machines.
pub async fn run(demo: Demo, json: Option<&Path>) -> anyhow::Result<bool> {
    match demo {
        Demo::Lambda => Box::pin(play_traffic(Platform::Lambda, json)).await,
        Demo::Ecs => Box::pin(play_traffic(Platform::Ecs, json)).await,
        Demo::Servers => Box::pin(servers::run(json)).await,
    }
}

/// Plays the demo and prints what is seen. Answers whether all of it was as it should be. `json` is where to write the
/// summary for machines.
async fn play_traffic(platform: Platform, json: Option<&Path>) -> anyhow::Result<bool> {
    let display = Arc::new(Display::default());
    let teller = Arc::clone(&display);
    let options = local::Options {
        quiet: false,
        progress: Box::new(move |step| teller.line(&format!("setting up: {step}"))),
        ..local::Options::default()
    };
    let cloud = LocalCloud::start(options).await?;
    let endpoints = cloud.endpoints().clone();
    let began = Instant::now();
    let played = play_all(platform, &cloud, &display).await;
    cloud.stop().await;
    let has_ended = has_ended(&endpoints);

    let scenes = played?;
    let passed = has_ended && scenes.iter().flat_map(|scene| &scene.checks).all(|check| check.holds);
    let summary = Summary { passed, seconds: routing::to_milliseconds(began.elapsed().as_secs_f64()), scenes };
    tell(&summary, has_ended, &display);
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&summary)?;
        std::fs::write(path, text + "\n").with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(passed)
}

async fn play_all(platform: Platform, cloud: &LocalCloud, display: &Display) -> anyhow::Result<Vec<SceneSummary>> {
    display.line(match platform {
        Platform::Lambda => "setting up: function orders with versions 1, 2, 3 and alias live, two hooks, an alarm",
        Platform::Ecs => "setting up: service orders with versions 1, 2, 3 and a load balancer, a hook, an alarm",
    });
    let stage = Arc::new(Stage::set(platform, cloud).await?);
    if let Some(note) = scenes::note(platform) {
        display.paragraph(note);
    }
    let mut summaries = Vec::new();
    for (n, scene) in scenes::scenes(platform).iter().enumerate() {
        display.text(&format!("\n{}. {}", n + 1, scene.announcement));
        let played = Box::pin(scene::play(&stage, display, scene)).await;
        let played = played.with_context(|| format!("scene {}, {}, could not be played", n + 1, scene.name))?;
        let checks = (scene.claims)(&played);
        tell_scene(&played, &checks, display);
        summaries.push(SceneSummary::new(&played, checks));
    }
    Ok(summaries)
}

fn tell_scene(played: &Played, checks: &[Check], display: &Display) {
    let (code, words) = checks::error(&played.deployment);
    if !words.is_empty() {
        display.paragraph(&format!("why: {code}. {words}"));
    }
    if let Some(words) = checks::hook_words(&played.deployment).filter(|said| said != words) {
        display.paragraph(&format!("the hook said: {words}"));
    }
    if let Some(rollback) = &played.rollback {
        display.paragraph(&format!("{} says: {}", rollback.id(), rollback.rollback_message()));
    }
    if let Some(alarm) = &played.alarm {
        tell_alarm(played, alarm, display);
    }
    display.text("\n  What the callers saw");
    display.text(&report::callers_table(played));
    display.line(&format!("  {} more calls were under way while the {} changed", played.between, played.router()));
    for check in checks {
        display.paragraph(&check.words());
    }
}

fn tell_alarm(played: &Played, alarm: &Alarm, display: &Display) {
    let (look, every) = (played.scene.platform.look(), played.scene.look_every.as_millis());
    display.paragraph(&format!(
        "{} ms from before SetAlarmState was sent until {look}, asked every {every} ms, showed version {} alone",
        alarm.to_restored.as_millis(),
        played.original
    ));
    if let Some(lasted) = alarm.to_last_call {
        let (lasted, target) = (lasted.as_millis(), played.scene.target);
        display
            .paragraph(&format!("{lasted} ms from then until the end of the last call that version {target} answered"));
    }
}

fn tell(summary: &Summary, has_ended: bool, display: &Display) {
    display.text("\nAll deployments");
    display.text(&report::summary_table(summary));
    for scene in &summary.scenes {
        for check in scene.checks.iter().filter(|check| !check.holds) {
            display.text(&format!("FAILED in scene {}: {}", scene.scene, check.words()));
        }
    }
    display.line(match has_ended {
        true => "Everything that was started has ended.",
        false => "FAILED: something of the local cloud still answers, although it was stopped.",
    });
    let verdict = if summary.passed { "All was as it should be" } else { "Not all was as it should be" };
    display.line(&format!("{verdict}, in {:.0} s.", summary.seconds));
}

/// Whether the ports of the local cloud answer no more.
fn has_ended(endpoints: &Endpoints) -> bool {
    [&endpoints.aws, &endpoints.codedeploy, &endpoints.containers]
        .into_iter()
        .all(|url| std::net::TcpStream::connect(url.trim_start_matches("http://")).is_err())
}
