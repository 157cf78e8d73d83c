//! Whether a listener is as a deployment has left it, or somebody else has changed it.
//!
//! There is no compare-and-set of listeners: a write that was under way may come late, but only so late.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::lease_from;
use crate::deployment::lifecycle::EventName;
use crate::deployment::record::Deployment;
use crate::ecs::listener::{Forward, Listener};
use crate::ecs::service::ServiceState;
use crate::percent::Percent;

/// How long what a late write has left may be found, and put right, after its last moment.
const FOUND_WITHIN: SignedDuration = SignedDuration::from_secs(15);

/// From when a forward is as somebody else has it, if it is not as it was last asked for at `at`.
fn settled_from(at: Timestamp) -> Timestamp {
    lease_from(at) + FOUND_WITHIN
}

impl Deployment {
    /// A forward that this deployment cannot have left as it is, in words.
    pub fn drift(&self, service: &ServiceState, now: Timestamp) -> Option<String> {
        let of_tests = || self.drift_of(service.test_listener.as_ref()?, true, now);
        self.drift_of(&service.listener, false, now).or_else(of_tests)
    }

    /// The same of one listener, be it the one of the test traffic or the other.
    pub fn drift_of(&self, listener: &Listener, is_for_tests: bool, now: Timestamp) -> Option<String> {
        let groups = &self.ecs.as_ref()?.groups;
        if listener.of(groups).next().is_none() {
            return Some(format!("listener {} no longer forwards to either target group of the pair.", listener.arn));
        }
        let drift = listener.of(groups).find(|forward| !self.may_have_left(forward, is_for_tests, now))?;
        Some(format!("{} now forwards with weights {drift}.", listener.place(drift)))
    }

    /// Whether a forward can be as this deployment has left it.
    pub fn may_have_left(&self, forward: &Forward, is_for_tests: bool, now: Timestamp) -> bool {
        let share = self.ecs.as_ref().and_then(|progress| forward.share(&progress.groups));
        share.is_some_and(|share| match is_for_tests {
            true => self.may_have_tested(share, now),
            false => self.may_have_set(share, now),
        })
    }

    /// Whether the replacement's share of the production traffic can be what this deployment has set.
    fn may_have_set(&self, share: Percent, now: Timestamp) -> bool {
        let steps =
            |last: usize| share == Percent::ZERO || (0..=last).any(|step| self.spec.routing.share(step) == share);
        if let Some(step) = self.stage.step() {
            return match self.bake_until.filter(|_| self.halt.is_none()) {
                Some(until) if now >= settled_from(self.bake_began(step, until)) => {
                    self.spec.routing.share(step) == share
                }
                Some(_) | None => steps(step),
            };
        }
        if !self.moves_traffic() {
            return share == Percent::ZERO;
        }
        let settled = self.halt.is_none() && self.has_long_ended(EventName::AllowTraffic, now);
        share == Percent::ALL || (!settled && steps(self.spec.routing.steps().len()))
    }

    /// The same of the test traffic.
    fn may_have_tested(&self, share: Percent, now: Timestamp) -> bool {
        let settled = self.halt.is_none() && self.has_long_ended(EventName::AllowTestTraffic, now);
        share == Percent::ALL || share == Percent::ZERO && !settled
    }

    /// When the bake of a step began that ends then.
    pub(crate) fn bake_began(&self, step: usize, until: Timestamp) -> Timestamp {
        let seconds = self.spec.routing.steps().get(step).map_or(0, |step| step.wait_seconds);
        until - SignedDuration::from_secs(i64::from(seconds))
    }

    fn has_long_ended(&self, event: EventName, now: Timestamp) -> bool {
        self.event(event).and_then(|event| event.ended_at).is_some_and(|at| now >= settled_from(at))
    }
}
