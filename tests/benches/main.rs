//! `cargo bench`: whatever has a bar is measured, and told in one table.
//!
//! `cargo bench -- zips` measures only what is named: transitions, alarms, starts, zips, simulations,
//! fleets or requests.
//!
//! `cargo bench -- --smoke` makes the same measurements with debug builds, one sample of each, and no bar, so that a
//! measurement that has stopped working is noticed.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the bench")]
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::large_futures, reason = "nothing here is short of stack")]

mod alarms;
mod fleets;
mod functions;
mod poller;
mod requests;
mod simulations;
mod starts;
mod tap;
mod transitions;
mod zips;

#[path = "../src/cloud/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod cloud;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

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
    /// How many samples are taken where a full run takes `full`.
    fn samples(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Smoke => 1,
        }
    }

    /// Whether a measurement that began then, and lasts so long in a full run, goes on after its first sample.
    fn goes_on(self, began: Instant, lasts: Duration) -> bool {
        self == Self::Full && began.elapsed() < lasts
    }
}

type Measure = fn(Effort) -> Vec<Row>;

const MEASUREMENTS: [(&str, Measure); 7] = [
    ("transitions", transitions::measure),
    ("alarms", alarms::measure),
    ("starts", starts::measure),
    ("zips", zips::measure),
    ("simulations", simulations::measure),
    ("fleets", fleets::measure),
    ("requests", requests::measure),
];

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
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["what", "measured", "bar", "holds"]);
    for row in &rows {
        table.add_row([row.what.as_str(), &row.measured, &row.bar, if row.holds { "yes" } else { "NO" }]);
    }
    println!("\n{table}");
    let all_hold = !rows.is_empty() && (effort == Effort::Smoke || rows.iter().all(|row| row.holds));
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
