//! What is shown while a deployment runs: a live display on a terminal, and one line for every change everywhere.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The columns that a line may have.
pub(super) const WIDTH: usize = 100;

/// How a deployment is.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// The lifecycle event that is under way, or the status when none is.
    pub stage: String,
    /// The columns that the longest of them needs.
    pub stage_width: usize,
    /// The version that is deployed.
    pub version: String,
    /// The percents that it gets.
    pub share: f64,
    /// What the deployment says about itself: what it waits for, and why.
    pub note: String,
    /// The seconds since it was created.
    pub seconds: f64,
    /// What the callers see at the moment.
    pub callers: String,
}

impl View {
    /// The part of it that makes a change.
    pub fn words(&self) -> String {
        let Self { stage, stage_width, share, note, .. } = self;
        format!("{stage:<stage_width$}{share:>4} % {note}")
    }
}

/// Standard output, with a live part at its end while a deployment runs, when it is a terminal.
#[derive(Default)]
pub(super) struct Display {
    live: Mutex<Option<ProgressBar>>,
}

impl Display {
    /// Prints a line, as far as it fits.
    pub fn line(&self, text: &str) {
        self.text(&cut(text));
    }

    /// Prints a paragraph, indented, in as many lines as it needs.
    pub fn paragraph(&self, text: &str) {
        let mut line = String::from(" ");
        for word in text.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.text(&line);
                line = String::from("   ");
            }
            line = format!("{line} {word}");
        }
        self.text(&line);
    }

    /// Prints text as it is.
    pub fn text(&self, text: &str) {
        // The reader has closed standard output, so nothing more is printed.
        let print = || writeln!(std::io::stdout(), "{text}").ok();
        match &*self.live() {
            Some(bar) => bar.suspend(print),
            None => print(),
        };
    }

    /// Shows how a deployment is, on a terminal.
    pub fn show(&self, view: &View) {
        if !std::io::stdout().is_terminal() {
            return;
        }
        let View { stage, version, share, note, seconds, callers, .. } = view;
        let mut live = self.live();
        let bar = live.get_or_insert_with(new_bar);
        bar.set_prefix(format!("{share} % to version {version} · {stage} · {seconds:.1} s"));
        bar.set_message(format!("{}\n  callers now: {callers}", cut(note)));
        bar.set_position((share * 100.0) as u64);
    }

    /// Shows a table that changes, on a terminal.
    pub fn board(&self, table: &str) {
        if std::io::stdout().is_terminal() {
            self.live().get_or_insert_with(new_board).set_message(table.to_owned());
        }
    }

    /// Takes the live part away.
    pub fn clear(&self) {
        if let Some(bar) = self.live().take() {
            bar.finish_and_clear();
        }
    }

    fn live(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(10_000), ProgressDrawTarget::stdout());
    let style = ProgressStyle::with_template("  {spinner:.cyan} {bar:40.green/dim} {prefix}\n  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn new_board() -> ProgressBar {
    let board = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
    board.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
    board
}

/// The text, or as much of it as fits into one line.
fn cut(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    let fitting: String = text.chars().take(WIDTH - 1).collect();
    format!("{}…", fitting.trim_end())
}
