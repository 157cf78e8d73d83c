//! When to poll again.

use std::time::Duration;

use crate::client::fault::Fault;

/// A service that says less would be called without a pause.
const LEAST: Duration = Duration::from_millis(100);
/// The longest that a service may send a host away for.
const LONGEST: Duration = Duration::from_secs(600);
/// A wait after a failure is twice as long as the one before, from a second on up to so many seconds: a call that fails
/// in the middle of a deployment holds up hosts that wait for this one.
const MOST_SECONDS: f64 = 90.0;
/// A service with too much to do has less soon.
const MOST_SECONDS_THROTTLED: f64 = 30.0;
/// More failures in a row make no difference.
const MOST_FAILURES: i32 = 10;
/// So much of a wait is by chance, so that hosts that failed together do not come back together.
const JITTER: f64 = 0.25;

/// How long to wait between rounds.
pub struct Pacing {
    usual: Duration,
    failures: i32,
    chance: fastrand::Rng,
}

impl Pacing {
    /// Rounds that are so far apart unless the service says otherwise.
    pub fn new(usual: Duration, chance: fastrand::Rng) -> Self {
        Self { usual, failures: 0, chance }
    }

    /// The wait after a round that succeeded.
    pub fn after_success(&mut self, again_after: Option<Duration>) -> Duration {
        self.failures = 0;
        again_after.unwrap_or(self.usual).clamp(LEAST, LONGEST)
    }

    /// The wait after a failure: longer with each one in a row.
    pub fn after_failure(&mut self, fault: &Fault) -> Duration {
        let most = match fault {
            Fault::Throttled(_) => MOST_SECONDS_THROTTLED,
            Fault::Refused(_)
            | Fault::Denied(_)
            | Fault::Unavailable(_)
            | Fault::NoIdentity(_)
            | Fault::Malformed(_)
            | Fault::Disk(_) => MOST_SECONDS,
        };
        let seconds = 2_f64.powi(self.failures).min(most);
        self.failures = (self.failures + 1).min(MOST_FAILURES);
        Duration::from_secs_f64(seconds * (1.0 + JITTER * self.chance.f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds of the n-th wait of a row of failures hold for every chance.
    #[test]
    fn waits_grow_with_each_failure_up_to_a_bound() {
        let slow = [1, 2, 4, 8, 16, 32, 64, 90, 90, 90, 90, 90];
        let quick = [1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30];
        for seed in 0..100 {
            let pacing = || Pacing::new(Duration::from_secs(30), fastrand::Rng::with_seed(seed));
            let (mut of_slow, mut of_quick) = (pacing(), pacing());
            for (slow, quick) in slow.into_iter().zip(quick) {
                let waits = [
                    (slow, of_slow.after_failure(&Fault::Unavailable(String::new()))),
                    (quick, of_quick.after_failure(&Fault::Throttled(String::new()))),
                ];
                for (least, wait) in waits {
                    let least = f64::from(least);
                    assert!((least..=(least + 1.0) * (1.0 + JITTER)).contains(&wait.as_secs_f64()), "{least} {wait:?}");
                }
            }
        }
    }

    #[test]
    fn a_success_ends_the_waiting_and_the_service_says_when_to_come_again() {
        let mut pacing = Pacing::new(Duration::from_secs(30), fastrand::Rng::with_seed(1));
        let first = pacing.after_failure(&Fault::Denied(String::new()));
        for _ in 0..9 {
            pacing.after_failure(&Fault::Denied(String::new()));
        }
        assert_eq!(pacing.after_success(None), Duration::from_secs(30));
        assert_eq!(pacing.after_success(Some(Duration::from_millis(500))), Duration::from_millis(500));
        assert_eq!(pacing.after_success(Some(Duration::ZERO)), LEAST);
        assert_eq!(pacing.after_success(Some(Duration::from_secs(1 << 40))), LONGEST);
        let again = pacing.after_failure(&Fault::Denied(String::new()));
        assert!(again.as_secs_f64() < first.as_secs_f64() * (1.0 + JITTER), "{again:?} after {first:?}");
    }
}
