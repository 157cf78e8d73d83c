//! The lifecycle events of a deployment, one after the other, and their hooks.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::{CLOCKS_DIFFER_BY, Decision, Move, seconds_until};
use crate::deployment::lifecycle::{EventName, EventStatus, LifecycleEvent, Verdict};
use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::names::FunctionName;

impl Deployment {
    /// Enters a stage: the event before it has succeeded, its own begins.
    pub(crate) fn enter(&mut self, stage: Stage, now: Timestamp) {
        self.end_event(now);
        self.stage = stage;
        if let Some(event) = self.event_under_way() {
            event.status = EventStatus::InProgress;
            event.started_at = Some(now);
        }
    }

    /// The event that was under way has succeeded.
    pub(crate) fn end_event(&mut self, now: Timestamp) {
        if let Some(event) = self.event_under_way() {
            event.status = EventStatus::Succeeded;
            event.ended_at = Some(now);
        }
    }

    fn event_under_way(&mut self) -> Option<&mut LifecycleEvent> {
        let name = self.stage.event()?;
        self.events.iter_mut().find(|event| event.name == name)
    }

    /// What the hook of the event that is under way needs; `None` when it has none, or its verdict is Succeeded. A
    /// verdict of Failed, and one that is overdue, is trouble, and judged before.
    pub(crate) fn ask_or_await_hook(&self, now: Timestamp) -> Option<Decision> {
        let event = self.stage.event()?;
        let function = self.spec.target.hook(event)?;
        let Some(run) = &self.event(event)?.hook else {
            let until = self.not_after_ready_wait(now + SignedDuration::from_hours(1));
            let why = format!("{event} has a hook, {function}.");
            return Some(ask(function, event, why, until, now));
        };
        if run.verdict == Some(Verdict::Succeeded) {
            return None;
        }
        let why =
            run.trouble.clone().unwrap_or_else(|| format!("{function} was asked on {event} and has not answered."));
        if let Some(again_at) = run.again_at.filter(|again_at| *again_at > now + CLOCKS_DIFFER_BY) {
            let until = self.not_after_ready_wait(again_at.min(run.until));
            let bake = Move::Bake { seconds: seconds_until(until, now) };
            let what = if run.asked == 0 { "the next try" } else { "its call back, or else the next try" };
            return Some(Decision::new(bake, why).waiting(what, until));
        }
        Some(ask(function, event, why, self.not_after_ready_wait(run.until), now))
    }

    /// A hook that runs while the deployment may be continued is waited for no longer than that.
    fn not_after_ready_wait(&self, until: Timestamp) -> Timestamp {
        self.gates.open_until().map_or(until, |ready_until| ready_until.min(until))
    }
}

/// Asks the hook, or waits for its call back.
fn ask(function: &FunctionName, event: EventName, why: String, until: Timestamp, now: Timestamp) -> Decision {
    let what = format!("the verdict of {function} on {event}");
    Decision::new(Move::RunHook { seconds: seconds_until(until, now) }, why).waiting(what, until)
}
