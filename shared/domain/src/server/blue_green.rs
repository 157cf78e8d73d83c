//! Blue/green deployments to hosts: the replacement hosts get the revision, the load balancers take the replacement in and
//! then let the original go, the deployment group takes over the replacement, and the original is terminated or kept. The
//! rollback of one takes the original in again and lets the replacement go.

use jiff::{SignedDuration, Timestamp};

use crate::catalog::environment::{
    AutoScalingGroupName, Environment, ReadyOption, TagSelection, Termination, TerminationAction,
};
use crate::catalog::revision::RevisionLocation;
use crate::deployment::decision::{Decision, Move, MoveKind, Seen, Step, seconds_until};
use crate::deployment::gate::Gate;
use crate::deployment::halt::Cause;
use crate::deployment::record::{Deployment, Status};
use crate::deployment::stage::Stage;
use crate::server::fleet::count;
use crate::server::phase::{Phase, PhaseDone, Takeover};
use crate::server::plan;
use crate::server::progress::Selection;
use crate::server::stage::ServerStage;
use crate::server::target::{Replacement, ServerTarget};

/// How long terminating original hosts is tried that AWS refuses.
const TERMINATE_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// The shortest wait before terminating is tried again.
const SHORTEST_RETRY_SECONDS: i64 = 5;
/// The longest.
const LONGEST_RETRY_SECONDS: i64 = 300;

/// The hosts of an environment, by what selects them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selector<'a> {
    /// The EC2 instances.
    pub ec2_tags: &'a TagSelection,
    /// The Auto Scaling groups whose instances are meant, too.
    pub auto_scaling_groups: &'a [AutoScalingGroupName],
}

impl<'a> From<&'a Replacement> for Selector<'a> {
    fn from(replacement: &'a Replacement) -> Self {
        Self { ec2_tags: &replacement.ec2_tags, auto_scaling_groups: &replacement.auto_scaling_groups }
    }
}

impl<'a> From<&'a Environment> for Selector<'a> {
    fn from(environment: &'a Environment) -> Self {
        Self { ec2_tags: &environment.ec2_tags, auto_scaling_groups: &environment.auto_scaling_groups }
    }
}

impl Deployment {
    /// What selects its hosts in place, and the original ones of a blue/green deployment.
    pub fn originals(&self) -> Selector<'_> {
        (&self.spec.environment).into()
    }

    /// What the deployment group selects before it takes over the environment that has the traffic, and after; `None` in
    /// place.
    pub fn adoption(&self) -> Option<(Selector<'_>, Selector<'_>)> {
        let (original, replacement) = (self.originals(), self.replacement()?.into());
        let is_rollback = self.spec.rolls_back.is_some();
        Some(if is_rollback { (replacement, original) } else { (original, replacement) })
    }

    /// The revision that its deployment group has from its end on; `None` where that stays what it was. A group that has
    /// taken the replacement over has the revision of the replacement, unless a rollback has the group select the original
    /// again.
    pub fn revision_left(&self) -> Option<&RevisionLocation> {
        let is_over = self.takeover == Some(Takeover::Done);
        if self.ending.as_ref().is_some_and(|ending| ending.rolled_back_by.is_some()) {
            return None;
        }
        match (self.replacement(), &self.spec.rolls_back) {
            (Some(replacement), Some(_)) if replacement.was_taken_over && !is_over => {
                self.spec.previous_revision.as_ref()
            }
            (Some(_), Some(_)) => None,
            (Some(_), None) if is_over => Some(&self.spec.revision),
            (Some(_) | None, _) => Some(&self.spec.revision).filter(|_| self.status() == Status::Succeeded),
        }
    }

    /// Whether its deployment group has to take over the environment that has the traffic.
    pub fn is_to_adopt(&self) -> bool {
        self.stage == Stage::Server(ServerStage::Adopt) && self.takeover.is_none() && self.halt.is_none()
    }

    /// Notes whether its deployment group has done so, and whether instances were launched meanwhile that have no revision.
    pub fn note_takeover(&mut self, takeover: Takeover, launched_meanwhile: bool, now: Timestamp) {
        self.takeover = Some(takeover);
        self.launched_meanwhile |= launched_meanwhile;
        self.changed(now);
    }

    /// Whether its original hosts are due to be terminated.
    pub fn is_to_terminate(&self) -> bool {
        self.stage == Stage::Server(ServerStage::Terminate) && !self.originals_terminated && !self.has_ended()
    }

    /// Notes that they were.
    pub fn note_terminated(&mut self, now: Timestamp) {
        self.originals_terminated = true;
        self.changed(now);
    }

    /// What a rollback of it undoes; `None` where it has moved no traffic.
    pub(crate) fn undone(&self) -> Option<Replacement> {
        let replacement = self.replacement().filter(|_| self.touched_in(Phase::Route) > 0)?;
        let was_taken_over = self.takeover == Some(Takeover::Done);
        let originals_return = self.touched_in(Phase::Leave) > 0 || was_taken_over;
        Some(Replacement { originals_return, was_taken_over, ..replacement.clone() })
    }
}

/// What is next, from the stage that the record is in, through as many stages as need no move.
pub(super) fn forward(next: &mut Deployment, target: &ServerTarget, seen: &Seen, now: Timestamp) -> Step {
    loop {
        let (answer, then) = match next.stage {
            Stage::Server(ServerStage::Select | ServerStage::Deploy) => match plan::in_phase(next, target, seen, now) {
                Step::Done(_) => after_phase(next, now),
                step @ (Step::Make(_) | Step::Halt(_) | Step::Stuck(..)) => (Some(step), Stage::Ended),
            },
            Stage::Gate(Gate::Ready) => (await_continuation(next, seen, now), Stage::Server(ServerStage::Select)),
            Stage::Server(ServerStage::Adopt) => adopt(next, now),
            Stage::Gate(Gate::Termination) => (await_termination(next, now), Stage::Server(ServerStage::Terminate)),
            Stage::Server(ServerStage::Terminate) => (Some(terminate(next, seen, now)), Stage::Ended),
            Stage::Created | Stage::Lambda(_) | Stage::Ecs(_) | Stage::Ended => (Some(done(next)), Stage::Ended),
        };
        if let Some(answer) = answer {
            return answer;
        }
        if then == Stage::Server(ServerStage::Select) {
            begin_phase(next);
        }
        next.enter(then, now);
    }
}

/// What comes after the phase, whose hosts are done.
fn after_phase(next: &mut Deployment, now: Timestamp) -> (Option<Step>, Stage) {
    match next.phase() {
        Phase::Install => {
            if let Some(ReadyOption::Stop { minutes }) = next.spec.environment.blue_green.ready {
                next.gates.ready_until = Some(now + SignedDuration::from_mins(i64::from(minutes)));
            }
            (None, Stage::Gate(Gate::Ready))
        }
        Phase::Route => (None, Stage::Server(ServerStage::Select)),
        Phase::Leave | Phase::Return => (None, Stage::Server(ServerStage::Adopt)),
        Phase::Withdraw | Phase::InPlace => (Some(done(next)), Stage::Ended),
    }
}

/// Files the phase that is over, so that the hosts of the next one are selected.
fn begin_phase(next: &mut Deployment) {
    let phase = next.phase();
    if let Some(progress) = next.server.take() {
        next.phases_done.push(PhaseDone { phase, progress });
    }
}

/// The wait to be continued, if there is one; `None` once it was.
fn await_continuation(next: &mut Deployment, seen: &Seen, now: Timestamp) -> Option<Step> {
    let until = next.gates.open_until()?;
    if now >= until {
        let Some(ReadyOption::Stop { minutes }) = next.spec.environment.blue_green.ready else { return None };
        return Some(Step::Halt(Cause::NotContinued(minutes)));
    }
    if !next.notified.ready {
        if !next.note_undelivered(seen) {
            return Some(Step::Make(Decision::new(
                Move::Announce,
                "The replacement is ready, and waits to be continued.",
            )));
        }
        next.notified.ready = true;
    }
    let wait = Decision::new(Move::Bake { seconds: seconds_until(until, now) }, "The replacement is ready.");
    Some(Step::Make(wait.waiting("ContinueDeployment with READY_WAIT", until)))
}

/// The deployment group takes over the environment that has the traffic.
fn adopt(next: &mut Deployment, now: Timestamp) -> (Option<Step>, Stage) {
    if next.takeover.is_none() {
        let which = if next.spec.rolls_back.is_some() { "original" } else { "replacement" };
        let why = format!(
            "The {which} hosts have the traffic, so deployment group {} selects the {which} environment from here on.",
            next.spec.group
        );
        return (Some(Step::Make(Decision::new(Move::SettleFleet, why))), Stage::Ended);
    }
    if next.spec.rolls_back.is_some() {
        return (None, Stage::Server(ServerStage::Select));
    }
    match next.spec.environment.blue_green.termination {
        // A group that selects the original still may need it.
        _ if next.takeover == Some(Takeover::Declined) => (Some(done(next)), Stage::Ended),
        Some(Termination { action: TerminationAction::Terminate, minutes }) => {
            next.gates.terminate_at = Some(now + SignedDuration::from_mins(i64::from(minutes)));
            (None, Stage::Gate(Gate::Termination))
        }
        Some(Termination { action: TerminationAction::KeepAlive, .. }) | None => (Some(done(next)), Stage::Ended),
    }
}

/// The wait before the original hosts are terminated; `None` once it is over.
fn await_termination(next: &Deployment, now: Timestamp) -> Option<Step> {
    let until = next.gates.terminate_at.filter(|until| *until > now)?;
    let wait = Decision::new(
        Move::Bake { seconds: seconds_until(until, now) },
        "The original hosts are kept for the way back.",
    );
    Some(Step::Make(wait.waiting("the end of the termination wait", until)))
}

/// The original hosts go. There is no way back from here, so a refusal is tried again and ends nothing.
fn terminate(next: &Deployment, seen: &Seen, now: Timestamp) -> Step {
    if next.originals_terminated {
        return done(next);
    }
    let since = next.gates.terminate_at.unwrap_or(now);
    match seen.refusal(MoveKind::SettleFleet) {
        None => Step::Make(Decision::new(
            Move::SettleFleet,
            "The termination wait is over, so the original hosts are terminated.",
        )),
        Some(problem) if now >= since + TERMINATE_WITHIN => Step::Done(format!(
            "The replacement hosts got all traffic. The original hosts could not be terminated: {} Terminate them by hand.",
            problem.words
        )),
        Some(problem) => {
            let passed = now.duration_since(since).as_secs().clamp(SHORTEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS);
            let seconds = u32::try_from(passed).unwrap_or(u32::MAX);
            let why = format!("The original hosts could not be terminated: {}", problem.words);
            let wait = Decision::new(Move::Bake { seconds }, why);
            Step::Make(wait.waiting("the next try to terminate them", now + SignedDuration::from_secs(passed)))
        }
    }
}

fn done(next: &Deployment) -> Step {
    let hosts = |phase| match next.progress_of(phase).map(|progress| progress.selection) {
        Some(Selection::Hosts { count, .. }) => count,
        Some(Selection::NoOriginals | Selection::TooMany { .. }) | None => 0,
    };
    let (routed, left) = (hosts(Phase::Route), hosts(Phase::Leave));
    let is_rollback = next.spec.rolls_back.is_some();
    Step::Done(match (is_rollback, hosts(Phase::Return), hosts(Phase::Withdraw)) {
        (true, 0, withdrawn) => {
            format!(
                "Succeeded: the traffic is on the original hosts alone; {} of the replacement left it.",
                count(withdrawn)
            )
        }
        (true, returned, withdrawn) => format!(
            "Succeeded: the traffic is on {} of the original environment again; {} of the replacement left it.",
            count(returned),
            count(withdrawn)
        ),
        (false, ..) => {
            let fate = match (left, next.originals_terminated) {
                (0, _) => "no original host had any",
                (_, true) => "the original hosts are terminated",
                (_, false) => "the original hosts are kept without traffic",
            };
            let group = match next.takeover {
                Some(Takeover::Declined) => format!(
                    " Deployment group {} was changed meanwhile, so it is left as it is: have it select the replacement.",
                    next.spec.group
                ),
                Some(Takeover::Done) | None => String::new(),
            };
            format!("Succeeded: the traffic is on {} of the replacement environment; {fate}.{group}", count(routed))
        }
    })
}

/// Where the traffic is, in words, once the deployment has ended.
pub(super) fn where_traffic_is(next: &Deployment) -> String {
    let touched = |phase| next.touched_in(phase);
    if next.spec.rolls_back.is_some() {
        let (returned, withdrawn) = (touched(Phase::Return), touched(Phase::Withdraw));
        return format!(
            "At most {} of the original environment returned to the traffic, and at most {} of the replacement left it.",
            count(returned),
            count(withdrawn)
        );
    }
    match (touched(Phase::Route), touched(Phase::Leave)) {
        (0, _) => "No traffic was moved: it is on the original hosts.".to_owned(),
        (routed, 0) => {
            format!("All original hosts are in the traffic; at most {} of the replacement may be, too.", count(routed))
        }
        (routed, left) => format!(
            "{} of the replacement may be in the traffic; at most {} of the original environment may have left it.",
            count(routed),
            count(left)
        ),
    }
}
