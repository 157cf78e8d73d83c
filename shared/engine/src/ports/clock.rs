//! Time, for use cases that pace what they do.

use jiff::{SignedDuration, Timestamp};

/// The clock, by which one can also wait.
pub trait Clock {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Comes back when so much time has passed.
    async fn sleep(&self, time: SignedDuration);
}
