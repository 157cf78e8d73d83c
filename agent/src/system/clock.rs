//! The agent's only clock.

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
