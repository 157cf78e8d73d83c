//! What systemd hears of the daemon: that it is ready, that it ends, and, while it does, that it goes on.

use std::time::Duration;

use sd_notify::{NotifyState, notify, watchdog_enabled};

use crate::system::clock::{Bell, Clock};

/// A beat is missed by a host that is busy, and not two.
const BEATS_IN_TIME: u32 = 3;
/// Before the daemon beats again, a call may be made twice, and each may take this in addition to the time for its answer.
const CALL: Duration = Duration::from_secs(30);

/// The signs of life of a daemon. Where systemd does not want them, they go nowhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pulse {
    every: Option<Duration>,
}

impl Pulse {
    /// Says that the daemon is ready. Where systemd ends daemons without a sign of life, it is told to wait at least as
    /// long as this one may wait for answers that each take so long.
    pub fn begin(answer: Duration) -> Self {
        let Some(usual) = watchdog_enabled() else {
            tell(&[NotifyState::Ready]);
            return Self::default();
        };
        let patience = usual.max(2 * (answer + CALL));
        let microseconds = u32::try_from(patience.as_micros()).unwrap_or(u32::MAX);
        tell(&[NotifyState::Ready, NotifyState::WatchdogUsec(microseconds)]);
        Self { every: Some(usual / BEATS_IN_TIME) }
    }

    /// Says that the daemon goes on.
    pub fn beat(self) {
        if self.every.is_some() {
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// Says what the daemon does, for `systemctl status`.
    pub fn say(self, words: &str) {
        tell(&[NotifyState::Status(words)]);
    }

    /// Says that the daemon ends. From then on it may take the time that its unit gives it.
    pub fn end(self) {
        tell(&[NotifyState::Stopping]);
    }

    /// Waits until the bell rings, at most so long, with signs of life meanwhile. Whether it rang.
    pub fn wait(self, clock: &dyn Clock, bell: &Bell, at_most: Duration) -> bool {
        let every = self.every.unwrap_or(at_most);
        let mut left = at_most;
        while left > every {
            self.beat();
            if clock.wait(bell, every) {
                return true;
            }
            left -= every;
        }
        self.beat();
        clock.wait(bell, left)
    }
}

/// A service manager that does not hear it does without.
fn tell(state: &[NotifyState<'_>]) {
    notify(state).ok();
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use jiff::Timestamp;

    use super::*;

    #[derive(Default)]
    struct Noted(Mutex<Vec<u64>>);

    impl Clock for Noted {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn wait(&self, bell: &Bell, at_most: Duration) -> bool {
            self.0.lock().unwrap().push(at_most.as_secs());
            bell.is_rung()
        }
    }

    #[test]
    fn a_wait_is_cut_into_parts_between_which_the_daemon_says_that_it_goes_on() {
        let waits = |every: Option<u64>, at_most: u64, is_rung: bool| {
            let (clock, bell) = (Noted::default(), Bell::default());
            if is_rung {
                bell.ring();
            }
            let pulse = Pulse { every: every.map(Duration::from_secs) };
            assert_eq!(pulse.wait(&clock, &bell, Duration::from_secs(at_most)), is_rung);
            clock.0.into_inner().unwrap()
        };
        assert_eq!(waits(Some(100), 250, false), [100, 100, 50]);
        assert_eq!(waits(Some(100), 30, false), [30]);
        assert_eq!(waits(Some(100), 600, true), [100], "a request to end is met at once");
        assert_eq!(waits(None, 600, false), [600], "without a watchdog, no wait is cut");
    }
}
