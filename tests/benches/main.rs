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
mod table;
mod tap;
mod transitions;
mod zips;

#[path = "../src/cloud/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
mod cloud;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use table::{Effort, Measure, Row, median};

/// Whether a measurement that began then, and lasts so long in a full run, goes on after its first sample.
fn goes_on(effort: Effort, began: Instant, lasts: Duration) -> bool {
    effort == Effort::Full && began.elapsed() < lasts
}

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
    table::run(&MEASUREMENTS)
}
