//! Ways back, of one deployment or of hundreds at once: every record is halted first, then the traffic of one after the
//! other goes back, and only then executions are woken, whose calls would take Lambda's time from those who still wait.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::names::{AlarmName, DeploymentId};
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::pace::{Pace, each};
use crate::deployment::task::{DeploymentRef, Note, amend};
use crate::deployment::wake::wake_or_leave;
use crate::lambda::shift_alias::{Shifted, shift_alias};
use crate::ports::aliases::Aliases;
use crate::ports::clock::Clock;
use crate::ports::deployments::Deployments;
use crate::ports::executions::Wakes;
use crate::ports::services::ListenerShifts;

/// How many aliases are restored in a second. Each takes two calls, and Lambda allows an account 15 a second in all.
const PER_SECOND: i32 = 7;
/// How often one is tried again that Lambda has throttled, or that something else has kept from it for the moment.
const MOST_TRIES: u32 = 6;
/// How long after such a try the next one comes.
const BACKOFF: SignedDuration = SignedDuration::from_millis(500);

/// What ways back take.
#[derive(Debug, Clone, Copy)]
pub struct WaysBack<'a, D, A, L, W, C> {
    /// The records.
    pub deployments: &'a D,
    /// The aliases of Lambda deployments.
    pub aliases: &'a A,
    /// Those who move the listeners of ECS deployments.
    pub listeners: &'a L,
    /// Those who wait.
    pub wakes: &'a W,
    /// The clock. A time alone would not do: what is waited for after a halt counts from when it was saved.
    pub clock: &'a C,
}

/// What became of the traffic of deployments that were to go back.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// Whose traffic was moved now.
    pub moved: usize,
    /// Those who still have to go back, and why. Their executions, or the next run, take them back.
    pub left: Vec<(DeploymentId, Problem)>,
}

impl<D: Deployments, A: Aliases, L: ListenerShifts, W: Wakes, C: Clock> WaysBack<'_, D, A, L, W, C> {
    /// Halts a deployment for `red` alarms. One that has been halted, is over, or was created later, stays as it is.
    pub(crate) async fn halt(&self, id: &DeploymentId, red: &[AlarmName], at: Timestamp) -> Result<(), Problem> {
        let change = |record: &mut Deployment| {
            let concerns = record.created_at <= at && record.spec.rolls_back.is_none();
            if !concerns {
                return None;
            }
            let is_halted_now = record.halt(Cause::Alarm(red.to_vec()), self.clock.now());
            is_halted_now.then(|| {
                let names: Vec<&str> = red.iter().map(AlarmName::as_str).collect();
                let seen = format!("alarms in ALARM: {}", names.join(" "));
                Note { seen, decided: "Halt", why: "An alarm went off.".to_owned() }
            })
        };
        match amend(self.deployments, id, change).await {
            Err(problem) if problem.kind != ProblemKind::Missing => Err(problem),
            Err(_) | Ok(_) => Ok(()),
        }
    }

    /// Takes back the traffic of those that were halted and are not back yet, at a pace that Lambda allows. Once it is
    /// `until`, no further one is begun.
    pub(crate) async fn restore(&self, ids: Vec<DeploymentId>, until: Timestamp) -> Restored {
        let pace = Pace::new(PER_SECOND);
        let mut restored = Restored::default();
        for (id, done) in each(self.clock, until, ids, async |id| self.restore_one(id, &pace).await).await {
            match done {
                Ok(moved) => restored.moved += usize::from(moved),
                // Whatever else stands in the way is the execution's to see and to tell.
                Err(problem) if problem.kind != ProblemKind::Transient => {}
                Err(problem) => restored.left.push((id, problem)),
            }
        }
        restored
    }

    /// Whether anything had to be moved.
    async fn restore_one(&self, id: &DeploymentId, pace: &Pace) -> Result<bool, Problem> {
        for _ in 1..MOST_TRIES {
            match self.try_to_restore(id, pace).await {
                Err(problem) if problem.kind == ProblemKind::Transient => self.clock.sleep(BACKOFF).await,
                done => return done,
            }
        }
        self.try_to_restore(id, pace).await
    }

    async fn try_to_restore(&self, id: &DeploymentId, pace: &Pace) -> Result<bool, Problem> {
        let Some(record) = self.deployments.load(id).await? else { return Ok(false) };
        if !is_to_go_back(&record) {
            return Ok(false);
        }
        let subject = DeploymentRef { deployment_id: id.clone() };
        match &record.spec.target {
            Target::Lambda(_) => {
                pace.turn(self.clock).await;
                let now = self.clock.now();
                Box::pin(shift_alias(self.deployments, self.aliases, &subject, now))
                    .await
                    .map(|shifted| shifted == Shifted::Written)
            }
            Target::Ecs(_) => self.listeners.shift_listener(&subject).await.map(|()| true),
            Target::Server(_) | Target::Invalid(_) | Target::Unread => Ok(false),
        }
    }

    /// Wakes the execution of a deployment, if it waits.
    pub(crate) async fn wake(&self, id: &DeploymentId) -> Result<(), Problem> {
        if let Some(record) = self.deployments.load(id).await? {
            wake_or_leave(self.wakes, &record).await;
        }
        Ok(())
    }
}

/// Whether the traffic of a deployment has to go back and is not back yet.
pub(crate) fn is_to_go_back(record: &Deployment) -> bool {
    record.halt.is_some() && record.restored_at.is_none() && record.moves_traffic()
}
