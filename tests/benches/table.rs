//! What a bench measures, told in one table: what it is, how it turned out, and whether its bar holds.

use std::process::ExitCode;

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

/// A line of the table.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) bar: String,
    pub(crate) holds: bool,
}

/// How much a run measures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Release builds, as many samples as a figure needs, and the bars.
    Full,
    /// Debug builds, one sample of each, and no bar.
    Smoke,
}

impl Effort {
    /// How many are taken where a full run takes `full` and a smoke run takes `smoke`.
    pub(crate) fn take(self, full: usize, smoke: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Smoke => smoke,
        }
    }
}

/// A measurement.
pub(crate) type Measure = fn(Effort) -> Vec<Row>;

/// Makes the measurements that the command names, all of them if it names none, and tells whether every bar holds. Names
/// may be those of another bench: cargo hands the same words to all.
pub(crate) fn run(measurements: &[(&str, Measure)]) -> ExitCode {
    // Cargo says --bench.
    let (options, named): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let effort = if options.iter().any(|option| option == "--smoke") { Effort::Smoke } else { Effort::Full };
    let mut rows = Vec::new();
    for (name, measure) in measurements {
        if named.is_empty() || named.iter().any(|word| word == name) {
            eprintln!("bench: {name}");
            rows.extend(measure(effort));
        }
    }
    if rows.is_empty() {
        let known: Vec<&str> = measurements.iter().map(|(name, _)| *name).collect();
        eprintln!("bench: nothing is called {} here; there are {}", named.join(" "), known.join(", "));
        return ExitCode::SUCCESS;
    }
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["what", "measured", "bar", "holds"]);
    for row in &rows {
        table.add_row([row.what.as_str(), &row.measured, &row.bar, if row.holds { "yes" } else { "NO" }]);
    }
    println!("\n{table}");
    let all_hold = effort == Effort::Smoke || rows.iter().all(|row| row.holds);
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
