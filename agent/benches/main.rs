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

#[path = "../../tests/benches/table.rs"]
mod table;

use std::process::ExitCode;
use std::time::Duration;

use spillway_agent::system::clock::Deadline;
use table::{Effort, Measure, Row, median};

const MEASUREMENTS: [(&str, Measure); 2] = [("unpacking", unpacking::measure), ("daemon", daemon::measure)];

fn main() -> ExitCode {
    table::run(&MEASUREMENTS)
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
