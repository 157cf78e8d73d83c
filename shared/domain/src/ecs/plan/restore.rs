//! The way back: traffic to the original task set, then the replacement goes. Whatever was under way has to have come
//! before a task set is deleted.

use jiff::{SignedDuration, Timestamp};

use crate::deployment::decision::{Decision, Move, MoveKind, Seen, WayBack, lease_from, seconds_until};
use crate::deployment::halt::Cause;
use crate::deployment::record::Deployment;
use crate::deployment::stage::Stage;
use crate::ecs::listener::{Listener, ListenerRouting};
use crate::ecs::progress::EcsProgress;
use crate::ecs::service::ServiceState;
use crate::ecs::stage::EcsStage;
use crate::percent::Percent;
use crate::problem::{Problem, ProblemKind};

/// How long what is refused is tried again, once all traffic is back.
const TIDY_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// What is next on the way back, of a deployment that was halted, or a rollback that was made, `since`.
pub(crate) fn restore(next: &mut Deployment, since: Timestamp, seen: &Seen, now: Timestamp) -> WayBack {
    let Some(progress) = next.ecs.clone().filter(|_| next.touches_service()) else {
        return WayBack::Restored;
    };
    match &seen.service {
        None => WayBack::try_later(since, "the service was not looked at.", now),
        Some(Err(problem)) if problem.kind == ProblemKind::Missing => {
            WayBack::Gone(format!("There is no service left to restore: {}", problem.words))
        }
        Some(Err(problem)) => blindly(next, since, problem, seen, now),
        Some(Ok(_)) if next.stage == Stage::Ecs(EcsStage::Termination) => {
            WayBack::Blocked("Its original was being deleted, so that all traffic stays where it is.".to_owned())
        }
        Some(Ok(service)) => Way { progress: &progress, service, since, now, seen }.go(next),
    }
}

/// Traffic needs nothing but its listeners to go home; everything else has to be seen.
fn blindly(next: &Deployment, since: Timestamp, problem: &Problem, seen: &Seen, now: Timestamp) -> WayBack {
    let is_away = next.moves_traffic() && next.restored_at.is_none();
    let failed = seen.failed.as_ref().filter(|(step, _)| *step == MoveKind::RouteListener).map(|(_, problem)| problem);
    match failed {
        Some(refused) if is_away && refused.kind != ProblemKind::Stale => {
            WayBack::try_later(since, &refused.words, now)
        }
        None if is_away => {
            let why = format!("Traffic goes back, although the service cannot be seen: {}", problem.words);
            WayBack::Make(Decision::new(Move::RouteListener, why))
        }
        Some(_) | None => {
            let why = format!("The service has to be seen before its replacement can go: {}", problem.words);
            WayBack::look_later(since, why, "another look at the service", now)
        }
    }
}

/// Where the traffic of a deployment that did not succeed is, in words.
pub(crate) fn where_traffic_is(next: &Deployment) -> String {
    match &next.ecs {
        None => "No traffic was moved.".to_owned(),
        Some(progress) if next.restored_at.is_some() => {
            format!("All traffic is on task set {}.", progress.original)
        }
        Some(_) => "No traffic was moved.".to_owned(),
    }
}

struct Way<'a> {
    progress: &'a EcsProgress,
    service: &'a ServiceState,
    since: Timestamp,
    now: Timestamp,
    seen: &'a Seen,
}

impl Way<'_> {
    fn go(&self, next: &mut Deployment) -> WayBack {
        let (original, groups) = (&self.progress.original, &self.progress.groups);
        if self.service.live(original).is_none() {
            return WayBack::Gone(format!(
                "Task set {original} is gone, so that the traffic stays where it is: see the listeners."
            ));
        }
        if self.is_own_traffic_away(next) {
            let why = format!("Traffic goes back to task set {original}.");
            return match self.refusal(MoveKind::RouteListener) {
                None => WayBack::Make(Decision::new(Move::RouteListener, why)),
                Some(words) => WayBack::try_later(self.since, words, self.now),
            };
        }
        if self.service.sends_to(&groups.replacement) {
            return self.left_as_it_is(next);
        }
        if next.has_lost_sight(self.service) {
            return self.nobody_knows(next);
        }
        if next.moves_traffic() {
            next.restored_at.get_or_insert(self.now);
        }
        // A third one that somebody has stand for it is theirs.
        let is_own = |id: &String| id == original || Some(id) == self.progress.replacement.as_ref();
        if self.service.primary().is_none_or(|primary| primary.id != *original && is_own(&primary.id)) {
            return self.tidy(Move::PromoteTaskSet, format!("Task set {original} becomes PRIMARY again."));
        }
        if let Some(rest) = self.remove(next) {
            return rest;
        }
        if self.service.routes(groups, ListenerRouting::HOME) { WayBack::Restored } else { self.left_as_it_is(next) }
    }

    /// Whether a forward that is as this deployment has left it gives the replacement something.
    fn is_own_traffic_away(&self, next: &Deployment) -> bool {
        let groups = &self.progress.groups;
        let away = |listener: &Listener, is_for_tests| {
            let mut needing = listener.needing(groups, Percent::ZERO, false);
            needing.any(|forward| next.may_have_left(forward, is_for_tests, self.now))
        };
        away(&self.service.listener, false)
            || self.service.test_listener.as_ref().is_some_and(|tests| away(tests, true))
    }

    /// Whether the deployment ends for what somebody else has changed, so that its words name that already.
    fn is_named(&self, next: &Deployment) -> bool {
        matches!(&next.halt, Some(halt) if matches!(halt.cause, Cause::ServiceDrifted(_)))
    }

    /// What somebody else has changed stays so.
    fn left_as_it_is(&self, next: &Deployment) -> WayBack {
        let replacement = self.service.made_for(next.maker().as_str());
        let drift = next.drift(self.service, self.now).filter(|_| !self.is_named(next));
        let drift = drift.map_or_else(String::new, |words| {
            format!(
                "A load balancer was changed, and not by this deployment: \
            {words} "
            )
        });
        let words = match replacement.filter(|_| self.service.sends_to(&self.progress.groups.replacement)) {
            None => "Spillway has left the change as it is.".to_owned(),
            Some(replacement) => format!(
                "Spillway has left the change as it is, and keeps task set {}, which gets traffic by it.",
                replacement.id
            ),
        };
        WayBack::Blocked(format!("{drift}{words}"))
    }

    /// Whatever has taken the listener's place may send traffic to the replacement.
    fn nobody_knows(&self, next: &Deployment) -> WayBack {
        let kept = self.service.made_for(next.maker().as_str()).map_or_else(String::new, |replacement| {
            format!(" Task set {} is kept: delete it once nothing sends traffic to it.", replacement.id)
        });
        let listener = match self.is_named(next) {
            true => "Spillway cannot see where the traffic of the listener goes.".to_owned(),
            false => format!(
                "Listener {} no longer forwards to either target group, so Spillway cannot see where its traffic goes.",
                self.service.listener.arn
            ),
        };
        let words = format!("{listener}{kept}");
        // One that is not found has no forwards at all.
        if self.service.listener.forwards.is_empty() { WayBack::Gone(words) } else { WayBack::Blocked(words) }
    }

    /// The replacement goes, once nothing can come any more that would send traffic to it, or make it anew.
    fn remove(&self, next: &Deployment) -> Option<WayBack> {
        let maker = next.maker().as_str();
        let replacement = self.service.made_for(maker);
        if replacement.is_none() && next.stage != Stage::Ecs(EcsStage::Install) {
            return None;
        }
        // One that was made and is not shown yet is waited for to the end.
        let is_shown = self.service.task_sets.iter().any(|set| set.external_id.as_deref() == Some(maker));
        let lease = if is_shown { next.harmless_from() } else { lease_from(self.since) };
        if self.now < lease {
            let why = "The traffic is where it should be.";
            let wait = Decision::new(Move::Bake { seconds: seconds_until(lease, self.now) }, why);
            return Some(WayBack::Make(
                wait.waiting("moves that may still be under way, before anything is deleted", lease),
            ));
        }
        let replacement = replacement?;
        Some(self.tidy(Move::RetireTaskSet, format!("Task set {} is not needed any more.", replacement.id)))
    }

    /// A move that has time, now that the traffic is back. One that is refused for too long is left to people.
    fn tidy(&self, step: Move, why: String) -> WayBack {
        let Some(words) = self.refusal(step.kind()) else {
            return WayBack::Make(Decision::new(step, why));
        };
        if self.now >= self.since + TIDY_WITHIN {
            return WayBack::Blocked(format!("All traffic is back. {why} But AWS refuses, so do it by hand: {words}"));
        }
        let seconds = u32::try_from(self.now.duration_since(self.since).as_secs().clamp(5, 300)).unwrap_or(300);
        let until = self.now + SignedDuration::from_secs(i64::from(seconds));
        let why = format!("All traffic is back. {why} AWS refuses: {words}");
        WayBack::Make(Decision::new(Move::Bake { seconds }, why).waiting("the next try", until))
    }

    /// Why AWS refused that move.
    fn refusal(&self, of: MoveKind) -> Option<&str> {
        self.seen.refusal(of).map(|problem| problem.words.as_str())
    }
}
