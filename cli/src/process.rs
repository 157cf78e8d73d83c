//! How a command that stays begins and ends.

use std::io::Write;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The end that the user asks for, by Ctrl-C or SIGTERM. A command listens before it says that it is ready, so that no
/// such request is lost.
pub struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    /// Starts to listen.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("Ctrl-C cannot be listened for")?,
            terminate: signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?,
        })
    }

    /// Returns when one of them comes, or has come.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }
}

/// Prints a line for the program that started this one, which may wait for it.
pub fn print_line(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("standard output is closed")
}
