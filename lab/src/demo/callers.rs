//! What the callers saw, period by period. A period is the time between two changes of the routing.

use std::time::Instant;

use serde::Serialize;

use super::routing::{Change, percent, to_milliseconds};
use super::traffic::{Call, by_version};

/// A time in which the routing did not change.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Period {
    /// Its begin and end in seconds after CreateDeployment; what is open was so before, or stayed so.
    pub from_seconds: Option<f64>,
    pub to_seconds: Option<f64>,
    /// The share of the target version that was asked for, in percent.
    pub asked_percent: f64,
    /// How many calls began and ended in it.
    pub calls: usize,
    /// How many of them the original version answered.
    pub original: usize,
    /// How many of them the target version answered.
    pub target: usize,
    /// How many answers were errors.
    pub failed: usize,
}

impl Period {
    /// The share of the target version that the callers saw, in percent.
    pub fn seen_percent(&self) -> f64 {
        percent(self.target as f64 / (self.original + self.target).max(1) as f64)
    }

    /// Whether the shares that were seen are the ones that were asked for, as far as chance allows: within four
    /// standard deviations and one call. Where one version gets everything there is no chance in it.
    pub fn is_as_asked(&self) -> bool {
        let answered = self.original + self.target;
        let asked = self.asked_percent / 100.0;
        let off = (self.target as f64 - answered as f64 * asked).abs();
        let deviation = (answered as f64 * asked * (1.0 - asked)).sqrt();
        let is_split = self.asked_percent > 0.0 && self.asked_percent < 100.0;
        answered == self.calls && if is_split { off <= 4.0 * deviation + 1.0 } else { off == 0.0 }
    }
}

/// The periods, and how many calls were under way during a change and so are in none of them.
pub(super) fn periods(
    changes: &[Change],
    calls: &[Call],
    created: Instant,
    original: &str,
    target: &str,
) -> (Vec<Period>, usize) {
    let seconds = |moment: Instant| to_milliseconds(moment.duration_since(created).as_secs_f64());
    let mut periods = Vec::new();
    for (n, change) in changes.iter().enumerate() {
        let next = changes.get(n + 1);
        let is_in = |call: &&Call| call.began >= change.by && next.is_none_or(|next| call.ended <= next.after);
        let own: Vec<Call> = calls.iter().filter(is_in).cloned().collect();
        let counts = by_version(&own);
        periods.push(Period {
            from_seconds: (n > 0).then(|| seconds(change.by)),
            to_seconds: next.map(|next| seconds(next.by)),
            asked_percent: percent(change.routing.share(target)),
            calls: own.len(),
            original: counts.get(original).copied().unwrap_or(0),
            target: counts.get(target).copied().unwrap_or(0),
            failed: own.iter().filter(|call| call.failed).count(),
        });
    }
    let first = changes.first().map_or(created, |first| first.by);
    let all = calls.iter().filter(|call| call.began >= first).count();
    let counted: usize = periods.iter().map(|period| period.calls).sum();
    (periods, all - counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(asked_percent: f64, original: usize, target: usize) -> Period {
        let calls = original + target;
        Period { from_seconds: None, to_seconds: None, asked_percent, calls, original, target, failed: 0 }
    }

    #[test]
    fn chance_may_move_a_share_a_little_and_never_one_that_is_whole() {
        assert!(period(25.0, 75, 25).is_as_asked());
        assert!(period(5.0, 40, 0).is_as_asked());
        assert!(!period(25.0, 20, 80).is_as_asked());
        assert!(period(0.0, 40, 0).is_as_asked() && period(100.0, 0, 40).is_as_asked());
        assert!(!period(0.0, 39, 1).is_as_asked() && !period(100.0, 1, 39).is_as_asked());
    }

    #[test]
    fn a_call_that_nobody_answered_is_not_as_asked() {
        assert!(!Period { calls: 41, ..period(0.0, 40, 0) }.is_as_asked());
    }
}
