//! What scripts write, kept in a file that is bounded and in the tail that goes with the result.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::diagnostics::Tail;

/// The most bytes of the log of a deployment.
const MOST: u64 = 64 << 20;

/// The log of the scripts of a deployment.
pub struct HookLog {
    file: File,
    written: u64,
    now: fn() -> Timestamp,
    tail: Tail,
}

impl HookLog {
    /// Opens the log, which goes on where it ended.
    pub fn open(path: &Path, now: fn() -> Timestamp) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let written = file.metadata()?.len();
        Ok(Self { file, written, now, tail: Tail::default() })
    }

    /// Adds a line of a script.
    pub fn line(&mut self, stream: &str, line: &str) -> io::Result<()> {
        self.note(&format!("{stream}{line}"))
    }

    /// Adds a line of the agent.
    pub fn note(&mut self, line: &str) -> io::Result<()> {
        self.tail.push(line);
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
        self.tail.text()
    }
}
