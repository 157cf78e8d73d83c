//! What other threads see of the event that runs, and how they end it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostics::Tail;
use crate::system::Cancellation;

/// The progress of the event that runs. An agent runs one at a time.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    tail: Arc<Mutex<Tail>>,
    /// Ends the event's scripts before their time.
    pub cancellation: Cancellation,
}

impl Progress {
    /// Begins a log.
    pub fn begin(&self) {
        self.with(|tail| *tail = Tail::default());
    }

    /// Adds a line to the log.
    pub fn push(&self, line: &str) {
        self.with(|tail| tail.push(line));
    }

    /// The newest lines of the log.
    pub fn tail(&self) -> String {
        self.with(|tail| tail.text())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Tail) -> T) -> T {
        work(&mut self.tail.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
