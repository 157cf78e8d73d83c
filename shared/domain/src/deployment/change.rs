//! What others than the planner may change in a record. Each change is one save.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::lease_from;
use crate::deployment::gate::Gate;
use crate::deployment::halt::{Cause, Halt};
use crate::deployment::ledger::LedgerEntry;
use crate::deployment::lifecycle::{EventName, HookRun, VainAsk, Verdict};
use crate::deployment::record::{Deployment, NotificationKind, Parked};
use crate::deployment::spec::Target;
use crate::deployment::stage::Stage;
use crate::ecs::stage::EcsStage;
use crate::percent::Percent;
use crate::server::lifecycle_action::{ActionAnswer, ActionTold};
use crate::server::progress::FleetProgress;
use crate::server::stage::ServerStage;
use crate::words::excerpt;

/// How long a hook's verdict is waited for, as in CodeDeploy.
const HOOK_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// The shortest wait before a hook is asked again.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// The longest, for a hook that Lambda does not let run.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// The longest, for one whose answer is lost: so long a function may run, and it may still call back.
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(15);
/// How long past its time something parked is left alone.
const OVERSLEPT_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// How long an execution may take to make its first save. Short, because to start twice is to start once.
const UNSTARTED_FOR: SignedDuration = SignedDuration::from_secs(15);
/// How long an execution may go without a save while nothing is parked, before it is looked at.
const SILENT_FOR: SignedDuration = SignedDuration::from_mins(2);

impl Deployment {
    /// Halts it: from now on no shift moves traffic forward. `false` when it was halted or over already, or is past
    /// the point from which there is a way back.
    pub fn halt(&mut self, cause: Cause, now: Timestamp) -> bool {
        if self.halt.is_some() || self.is_settled() {
            return false;
        }
        self.halt = Some(Halt { cause, at: now });
        self.cut_wait_short(now);
        self.changed(now);
        true
    }

    /// Whether nothing can change any more where it ends: it is over, or its original is being deleted.
    pub fn is_settled(&self) -> bool {
        match self.stage {
            Stage::Ecs(stage) => stage == EcsStage::Termination,
            Stage::Server(stage) => stage == ServerStage::Terminate,
            Stage::Created | Stage::Lambda(_) | Stage::Gate(_) => false,
            Stage::Ended => true,
        }
    }

    /// Notes which hosts were selected.
    pub fn select(&mut self, progress: FleetProgress, now: Timestamp) {
        self.server = Some(progress);
        self.changed(now);
    }

    /// Notes that Auto Scaling launched an instance for its group. `false` when that is known, or the deployment is over.
    pub fn note_launch(&mut self, now: Timestamp) -> bool {
        if self.launched_meanwhile || self.has_ended() {
            return false;
        }
        self.launched_meanwhile = true;
        self.changed(now);
        true
    }

    /// Notes what Auto Scaling was told. `false` when it was told before how the instance fared, which is told last.
    pub fn note_told(&mut self, answer: ActionAnswer, now: Timestamp) -> bool {
        if self.action_told.is_some_and(|told| told.answer.ends_wait()) {
            return false;
        }
        self.action_told = Some(ActionTold { answer, at: now });
        self.changed(now);
        true
    }

    /// Ends the wait at that gate. `false` when it does not wait there.
    pub fn end_wait(&mut self, gate: Gate, now: Timestamp) -> bool {
        if self.stage != Stage::Gate(gate) || self.halt.is_some() {
            return false;
        }
        match gate {
            Gate::Ready => self.gates.continued = true,
            Gate::Termination => match &mut self.gates.terminate_at {
                Some(until) => *until = now,
                // It is kept for good.
                None => return false,
            },
        }
        self.cut_wait_short(now);
        self.changed(now);
        true
    }

    /// Takes what its revision says, once it was read, and halts for what stands in its way. `false` when that is known
    /// already, or does not matter any more.
    pub fn set_target(&mut self, target: Target, obstacle: Option<Cause>, now: Timestamp) -> bool {
        if self.spec.target != Target::Unread || self.halt.is_some() || self.has_ended() {
            return false;
        }
        self.spec.target = if self.spec.restarts { target.restarted() } else { target };
        self.halt = obstacle.map(|cause| Halt { cause, at: now });
        self.changed(now);
        true
    }

    /// Parks a wait for the current step or hook, until `until`.
    pub fn park(&mut self, token: String, until: Timestamp, now: Timestamp) {
        self.parked = Some(Parked { token, until });
        self.quieted(now);
        self.changed(now);
    }

    /// Notes that the current step has taken effect, at `at`, and begins to bake; answers until when. `None` when there
    /// is no step to bake, because the deployment is halted or in doubt, or has no step left.
    pub fn begin_bake(&mut self, at: Timestamp) -> Option<Timestamp> {
        let step = self.spec.routing.steps().get(self.stage.step()?)?;
        if self.halt.is_some() || !self.doubts.is_empty() {
            return None;
        }
        if self.bake_until.is_none() {
            self.share = step.percent;
            self.bake_until = Some(at + SignedDuration::from_secs(i64::from(step.wait_seconds)));
        }
        self.bake_until
    }

    /// Notes that the hook of `event` is being asked, and how often that was; the caller checks whether it may be.
    pub fn ask_hook(&mut self, event: EventName, now: Timestamp) {
        if let Some(event) = self.events.iter_mut().find(|e| e.name == event) {
            let until = now + HOOK_WAIT;
            let run = event.hook.get_or_insert(HookRun {
                asked: 0,
                until,
                returned: false,
                verdict: None,
                trouble: None,
                again_at: None,
            });
            run.asked += 1;
            run.again_at = None;
        }
    }

    /// Notes that the hook of `event` was asked in vain, and until when it is left alone: as long again as it has taken so
    /// far. What may have run counts; what did not is taken back. `false` when the event no longer waits for this asking.
    pub fn ask_hook_again(&mut self, event: EventName, ask: VainAsk, why: &str, now: Timestamp) -> bool {
        let open = self.waits_for_hook(event);
        let Some(run) = self.hook_run_mut(event).filter(|run| open && !run.returned) else {
            return false;
        };
        let longest = match ask {
            VainAsk::AnswerLost => LONGEST_RUN,
            VainAsk::NotRun => {
                run.asked = run.asked.saturating_sub(1);
                LONGEST_PAUSE
            }
        };
        let passed = now.duration_since(run.until - HOOK_WAIT);
        run.again_at = Some(now + passed.clamp(SHORTEST_PAUSE, longest));
        run.trouble = Some(excerpt(why));
        self.changed(now);
        true
    }

    /// Notes that the hook of `event` is through and gave no verdict, in the words of what it did, so that its call back is
    /// awaited. `false` when the event no longer waits.
    pub fn await_call_back(&mut self, event: EventName, trouble: &str, now: Timestamp) -> bool {
        let open = self.waits_for_hook(event);
        let Some(run) = self.hook_run_mut(event).filter(|_| open) else {
            return false;
        };
        run.returned = true;
        run.trouble = Some(excerpt(trouble));
        self.note = excerpt(format!("{trouble} Its call back is awaited."));
        self.changed(now);
        true
    }

    /// Takes the verdict of the hook of `event`. The first one stays. `false` when the event no longer waits.
    pub fn answer_hook(&mut self, event: EventName, verdict: Verdict, now: Timestamp) -> bool {
        let open = self.waits_for_hook(event);
        let Some(run) = self.hook_run_mut(event).filter(|_| open) else {
            return false;
        };
        run.returned = true;
        run.verdict = Some(verdict);
        self.cut_wait_short(now);
        self.changed(now);
        true
    }

    /// Whether the verdict of the hook of `event` still matters.
    pub fn waits_for_hook(&self, event: EventName) -> bool {
        let run = self.event(event).and_then(|event| event.hook.as_ref());
        self.halt.is_none()
            && !self.has_ended()
            && self.current_event() == Some(event)
            && run.is_some_and(|run| run.verdict.is_none())
    }

    /// Notes that the traffic is back where it came from, and whether what was under way before the halt can have no more
    /// effect.
    pub fn restored(&mut self, is_fenced: bool, at: Timestamp) {
        self.restored_at = Some(at);
        self.late_until = self.halt.as_ref().filter(|_| !is_fenced).map(|halt| lease_from(halt.at));
        self.share = if self.spec.rolls_back.is_some() { Percent::ALL } else { Percent::ZERO };
        self.changed(at);
    }

    /// Notes that everybody was told of the start, or that it waits to be continued, or, once it is over, of the end.
    pub fn told(&mut self, now: Timestamp) {
        let told = match self.notification().0 {
            NotificationKind::Start => &mut self.notified.start,
            NotificationKind::Ready => &mut self.notified.ready,
            NotificationKind::End => &mut self.notified.end,
        };
        *told = true;
        self.changed(now);
    }

    /// Notes what could not be told of its hosts, each sentence once; answers with those that are new.
    pub fn left_untold(&mut self, untold: impl IntoIterator<Item = String>, now: Timestamp) -> Vec<String> {
        let new: Vec<String> = untold.into_iter().filter(|words| !self.undelivered.contains(words)).collect();
        if !new.is_empty() {
            self.undelivered.extend_from_slice(&new);
            self.changed(now);
        }
        new
    }

    /// Gives it a further execution, in place of one that died.
    pub fn begin_attempt(&mut self, now: Timestamp) {
        self.attempt += 1;
        self.parked = None;
        self.changed(now);
    }

    /// Whether something should have happened by now, so that it is worth a look.
    pub fn overslept(&self, now: Timestamp) -> bool {
        let silent_for = if self.stage == Stage::Created { UNSTARTED_FOR } else { SILENT_FOR };
        match &self.parked {
            Some(parked) => now > parked.until + OVERSLEPT_AFTER,
            None => now > self.updated_at + silent_for,
        }
    }

    /// Ends the wait of what is parked, so that the sweep looks at it if the wake is lost.
    fn cut_wait_short(&mut self, now: Timestamp) {
        if let Some(parked) = &mut self.parked {
            parked.until = parked.until.min(now);
        }
    }

    /// Counts the save, and the moment of it.
    pub(crate) fn changed(&mut self, now: Timestamp) {
        self.generation += 1;
        self.updated_at = now;
    }

    /// A ledger entry for the state as it is now.
    pub fn entry(&self, seen: String, decided: &str, why: String) -> LedgerEntry {
        let line = LedgerEntry {
            at: self.updated_at,
            generation: self.generation,
            seen,
            decided: decided.to_owned(),
            why,
            waits_for: None,
            until: None,
        };
        line.excerpted()
    }

    fn hook_run_mut(&mut self, event: EventName) -> Option<&mut HookRun> {
        self.events.iter_mut().find(|e| e.name == event)?.hook.as_mut()
    }
}
