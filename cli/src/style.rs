//! Signs and colors. No color says what no sign or word says.

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, Color};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const BLUE: Style = AnsiColor::Blue.on_default();
const FAINT: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// The sign of a status of a deployment, a target or an event, and its color.
fn sign(status: &str) -> (&'static str, Style) {
    match status {
        "Succeeded" => ("✓", GREEN),
        "Failed" => ("✗", RED),
        "Stopped" => ("■", YELLOW),
        "InProgress" => ("●", BLUE),
        "Ready" => ("‖", YELLOW),
        "Skipped" => ("–", FAINT),
        _ => ("○", FAINT),
    }
}

/// The sign of a status, in its color.
pub fn mark(status: &str) -> String {
    let (sign, style) = sign(status);
    format!("{style}{sign}{style:#}")
}

/// A status with its sign, in its color.
pub fn status(status: &str) -> String {
    let (sign, style) = sign(status);
    format!("{style}{sign} {status}{style:#}")
}

/// The same, in a table.
pub fn cell(status: &str) -> Cell {
    let color = match status {
        "Succeeded" => Color::DarkGreen,
        "Failed" => Color::DarkRed,
        "Stopped" | "Ready" => Color::DarkYellow,
        "InProgress" => Color::DarkBlue,
        _ => Color::Reset,
    };
    Cell::new(format!("{} {status}", sign(status).0)).fg(color)
}

/// What stands out.
pub fn bold(text: &str) -> String {
    format!("{BOLD}{text}{BOLD:#}")
}

/// What stands back.
pub fn faint(text: &str) -> String {
    format!("{FAINT}{text}{FAINT:#}")
}

/// What went wrong.
pub fn red(text: &str) -> String {
    format!("{RED}{text}{RED:#}")
}

/// A bar of so many columns, and how much of it is filled.
pub fn bar(percent: f64, columns: usize) -> String {
    let filled = ((percent / 100.0) * columns as f64).round().clamp(0.0, columns as f64) as usize;
    format!("{BLUE}{}{BLUE:#}{}", "█".repeat(filled), faint(&"░".repeat(columns - filled)))
}

/// `25` for 25.0, `0.5` for 0.5.
pub fn percent(percent: f64) -> String {
    format!("{percent} %")
}
