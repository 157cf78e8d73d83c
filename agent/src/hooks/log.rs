//! What scripts write, kept in a file that is bounded and in the tail that goes with the result.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::progress::Progress;

/// The most bytes of the log of a deployment.
const MOST: u64 = 64 << 20;

/// The log of the scripts of a deployment.
pub struct HookLog {
    file: File,
    written: u64,
    now: fn() -> Timestamp,
    progress: Progress,
}

impl HookLog {
    /// Opens the log, which goes on where it ended. Its tail, which others see as the progress, begins anew.
    pub fn open(path: &Path, now: fn() -> Timestamp, progress: &Progress) -> io::Result<Self> {
        progress.begin();
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let written = file.metadata()?.len();
        Ok(Self { file, written, now, progress: progress.clone() })
    }

    /// Adds a line of a script.
    pub fn line(&mut self, stream: &str, line: &str) -> io::Result<()> {
        self.note(&format!("{stream}{line}"))
    }

    /// Adds a line of the agent.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        self.progress.push(line);
        if self.written >= MOST {
            return Ok(());
        }
        let mut text = format!("{} {line}\n", (self.now)().strftime("%Y-%m-%d %H:%M:%S"));
        self.written += text.len() as u64;
        if self.written >= MOST {
            text.push_str("what follows is not kept: the log is full\n");
        }
        self.file.write_all(text.as_bytes())
    }

    /// Its newest lines.
    pub fn tail(&self) -> String {
        self.progress.tail()
    }
}
