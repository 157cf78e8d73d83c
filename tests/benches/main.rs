//! `cargo bench`: whatever has a bar is measured, and told in one table.
//!
//! `cargo bench -- zips` measures only what is named: transitions, alarms, starts, zips, simulations or requests.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the bench")]
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::large_futures, reason = "nothing here is short of stack")]

mod alarms;
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

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

/// A line of the table.
struct Row {
    what: String,
    measured: String,
    bar: String,
    holds: bool,
}

type Measure = fn() -> Vec<Row>;

const MEASUREMENTS: [(&str, Measure); 6] = [
    ("transitions", transitions::measure),
    ("alarms", alarms::measure),
    ("starts", starts::measure),
    ("zips", zips::measure),
    ("simulations", simulations::measure),
    ("requests", requests::measure),
];

fn main() -> ExitCode {
    // Cargo says --bench.
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let mut rows = Vec::new();
    for (name, measure) in MEASUREMENTS {
        if named.is_empty() || named.iter().any(|word| word == name) {
            eprintln!("bench: {name}");
            rows.extend(measure());
        }
    }
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["what", "measured", "bar", "holds"]);
    for row in &rows {
        table.add_row([row.what.as_str(), &row.measured, &row.bar, if row.holds { "yes" } else { "NO" }]);
    }
    println!("\n{table}");
    let all_hold = !rows.is_empty() && rows.iter().all(|row| row.holds);
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
