//! Every test that crosses crates.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for")]
#![allow(clippy::large_futures, reason = "a test runs once, and its futures may be as large as its story")]

mod access;
mod cli;
mod cloud;
mod contracts;
mod crashes;
mod crowd;
mod docs;
mod examples;
mod fleets;
mod house;
mod operations;
mod pipelines;
mod properties;
mod regressions;
mod rewriting;
mod samples;
mod services;
mod stacks;
mod telling;
mod timelines;
