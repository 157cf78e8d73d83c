//! The agent's only clock.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "this is the clock that is handed down")]
pub fn now() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or_default()
}

/// A moment after which something has taken too long. It does not mind when the time of day is set.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(std::time::Instant);

impl Deadline {
    /// A moment from now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is handed down")]
    pub fn after(duration: Duration) -> Self {
        Self(std::time::Instant::now() + duration)
    }

    /// What is left until then.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is handed down")]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(std::time::Instant::now())
    }

    /// Whether it has come.
    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }
}

/// The time of day, and waiting. A test has one that it turns.
pub trait Clock: Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;
    /// Waits until the bell rings, at most so long. Whether it rang.
    fn wait(&self, bell: &Bell, at_most: Duration) -> bool;
}

/// The clock of the host.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostClock;

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn wait(&self, bell: &Bell, at_most: Duration) -> bool {
        bell.wait(at_most)
    }
}

/// Ends the waiting of another thread. Once rung, it stays so.
#[derive(Debug, Default)]
pub struct Bell {
    is_rung: Mutex<bool>,
    rung: Condvar,
}

impl Bell {
    /// Ends all waiting.
    pub fn ring(&self) {
        *self.is_rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.rung.notify_all();
    }

    /// Whether it has rung.
    pub fn is_rung(&self) -> bool {
        *self.is_rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it rings, at most so long. Whether it rang.
    pub fn wait(&self, at_most: Duration) -> bool {
        let is_rung = self.is_rung.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.rung.wait_timeout_while(is_rung, at_most, |is_rung| !*is_rung);
        *outcome.unwrap_or_else(PoisonError::into_inner).0
    }
}
