//! `cargo bench -p spillway-agent`: what the agent promises of speed and size is measured, and told in one table.
//!
//! `-- unpacking` or `-- daemon` makes one of the measurements. `-- --smoke` makes all of them with debug builds, small
//! bundles, one sample of each, and no bar, so that a measurement that has stopped working is noticed.
//!
//! `cargo bench -- NAME` of the whole workspace reaches this bench as well. One that has no measurement of that name says
//! nothing.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the bench")]

mod bundles;
mod daemon;
mod programs;
mod unpacking;

#[path = "../tests/daemon/host.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod host;
#[path = "../tests/daemon/server.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod server;

use std::process::ExitCode;
use std::time::Duration;

use spillway_agent::system::clock::Deadline;

/// A line of the table.
struct Row {
    what: String,
    measured: String,
    bar: String,
    holds: bool,
}

/// How much a run measures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// Release builds, as many samples as a figure needs, and the bars.
    Full,
    /// Debug builds, one sample of each, and no bar.
    Smoke,
}

impl Effort {
    /// How many are taken where a full run takes `full` and a smoke run takes `smoke`.
    fn take(self, full: usize, smoke: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Smoke => smoke,
        }
    }
}

type Measure = fn(Effort) -> Vec<Row>;

const MEASUREMENTS: [(&str, Measure); 2] = [("unpacking", unpacking::measure), ("daemon", daemon::measure)];

fn main() -> ExitCode {
    // Cargo says --bench.
    let (options, named): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let effort = if options.iter().any(|option| option == "--smoke") { Effort::Smoke } else { Effort::Full };
    let mut rows = Vec::new();
    for (name, measure) in MEASUREMENTS {
        if named.is_empty() || named.iter().any(|word| word == name) {
            eprintln!("bench: {name}");
            rows.extend(measure(effort));
        }
    }
    if rows.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\n| what | measured | bar | holds |\n|---|---|---|---|");
    for Row { what, measured, bar, holds } in &rows {
        println!("| {what} | {measured} | {bar} | {} |", if *holds { "yes" } else { "NO" });
    }
    let all_hold = effort == Effort::Smoke || rows.iter().all(|row| row.holds);
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures how long something takes.
struct Stopwatch(Deadline);

impl Stopwatch {
    const LONGEST: Duration = Duration::from_secs(24 * 3_600);

    fn start() -> Self {
        Self(Deadline::after(Self::LONGEST))
    }

    fn passed(&self) -> Duration {
        Self::LONGEST - self.0.left()
    }
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
