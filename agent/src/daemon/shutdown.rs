//! Ends the agent between two commands, never in one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::system::clock::Bell;

/// Whether the agent is about to end, and whether a command runs.
#[derive(Debug, Default)]
pub struct Shutdown {
    state: Mutex<State>,
    idle: Condvar,
    /// Rings when the agent is about to end.
    pub bell: Bell,
    /// Rings when the service has heard of it.
    pub left: Bell,
}

#[derive(Debug, Default)]
struct State {
    is_stopping: bool,
    is_busy: bool,
}

/// A command that runs.
#[derive(Debug)]
pub struct Busy<'a>(&'a Shutdown);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.state().is_busy = false;
        self.0.idle.notify_all();
    }
}

impl Shutdown {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a command, unless the agent is about to end.
    pub fn begin(&self) -> Option<Busy<'_>> {
        let mut state = self.state();
        if state.is_stopping {
            return None;
        }
        state.is_busy = true;
        Some(Busy(self))
    }

    /// Whether a command runs.
    pub fn is_busy(&self) -> bool {
        self.state().is_busy
    }

    /// Whether the agent is about to end.
    pub fn is_stopping(&self) -> bool {
        self.state().is_stopping
    }

    /// Lets no further command begin, and waits for the one that runs, at most so long. Whether none runs.
    pub fn stop(&self, at_most: Duration) -> bool {
        let mut state = self.state();
        state.is_stopping = true;
        self.bell.ring();
        let outcome = self.idle.wait_timeout_while(state, at_most, |state| state.is_busy);
        !outcome.unwrap_or_else(PoisonError::into_inner).0.is_busy
    }
}
