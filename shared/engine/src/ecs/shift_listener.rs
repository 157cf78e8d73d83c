//! Shift listener: makes the listeners forward as the record says. Forward, to the end, and back: it is one and the
//! same.
//!
//! A load balancer has no compare-and-set. So the record is read right before each write, everything is read back, and
//! the record once more: whatever came between is repaired. A write that is later than that cannot be later than its
//! function lives, and nothing is deleted before.

use futures_util::future::{OptionFuture, join};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spillway_domain::catalog::environment::ListenerArn;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::listener::{Forward, ListenerRouting};
use spillway_domain::ecs::progress::EcsProgress;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{DeploymentRef, Note, amend, load};
use crate::ecs::observe_service::read_known;
use crate::ports::deployments::Deployments;
use crate::ports::services::{Listeners, TaskSets};
use crate::retry::{Tried, contended, retry_stale};

/// What became of the listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rerouted {
    /// They were written.
    Written,
    /// They forwarded so already.
    AlreadyThere,
    /// The deployment has nothing to do with them, or no more.
    LeftAlone,
}

/// The customer's load balancers, and the task sets behind them.
#[derive(Debug, Clone, Copy)]
pub struct Balancing<'a, L, T> {
    /// The listeners.
    pub listeners: &'a L,
    /// The task sets.
    pub task_sets: &'a T,
}

/// How often it looks again when something came between.
const MOST_ROUNDS: usize = 8;

/// Makes the listeners forward as the record says.
pub async fn shift_listener(
    deployments: &impl Deployments,
    balancing: &Balancing<'_, impl Listeners, impl TaskSets>,
    subject: &DeploymentRef,
    now: Timestamp,
) -> Result<Rerouted, Problem> {
    let (mut rerouted, mut refused) = (Rerouted::AlreadyThere, None);
    let shifted = retry_stale(MOST_ROUNDS, async || {
        let record = load(deployments, &subject.deployment_id).await?;
        let Some((routing, progress)) = record.listener_routing().zip(record.ecs.as_ref()) else {
            return Ok(Tried::Break(Rerouted::LeftAlone));
        };
        let goes_back = routing == ListenerRouting::HOME;
        let destination = OptionFuture::from(goes_back.then(|| refuse_if_gone(balancing.task_sets, &record, progress)));
        let found = look(balancing.listeners, &record, progress, routing, now);
        let (destination, found) = join(destination, found).await;
        destination.transpose()?;
        let Found { writes, arrived, unread } = found?;
        if arrived && record.halt.is_some() {
            note_restored(deployments, subject, now).await?;
        }
        if writes.is_empty() || refused.is_some() {
            return match refused.take().or(unread) {
                Some(problem) => Err(problem),
                None if arrived => Ok(Tried::Break(rerouted)),
                None => Err(left_to_others(&record)),
            };
        }
        for Write { listener, forward, weights } in &writes {
            let current = load(deployments, &subject.deployment_id).await?;
            if current.listener_routing() != Some(routing) {
                break;
            }
            match balancing.listeners.route(&record.session(), listener, forward, weights).await {
                Ok(()) => rerouted = Rerouted::Written,
                // What one forward refuses keeps no other from going home.
                Err(problem) if goes_back => refused = refused.take().or(Some(problem)),
                Err(problem) => return Err(problem),
            }
        }
        Ok(Tried::Continue(()))
    });
    shifted.await?.ok_or_else(|| contended(ProblemKind::Stale, "A listener"))
}

/// Nothing goes home to a task set that is gone. What ECS does not tell is no reason to leave traffic away from home.
async fn refuse_if_gone(task_sets: &impl TaskSets, record: &Deployment, progress: &EcsProgress) -> Result<(), Problem> {
    let Some((service, _)) = record.service() else { return Ok(()) };
    let is_gone = match task_sets.read(&record.session(), service).await {
        Ok(seen) => !seen.task_sets.iter().any(|set| set.id == progress.original && set.is_live()),
        Err(problem) => problem.kind == ProblemKind::Missing,
    };
    let words = || format!("Task set {} is gone, so that no traffic goes back to it.", progress.original);
    if is_gone { Err(Problem::new(ProblemKind::Stale, words())) } else { Ok(()) }
}

fn left_to_others(record: &Deployment) -> Problem {
    let words = format!("The listeners of deployment {} were changed outside the deployment.", record.id);
    Problem::new(ProblemKind::Stale, words)
}

/// A forward that has to be written.
struct Write {
    listener: ListenerArn,
    forward: Forward,
    weights: Vec<(String, u32)>,
}

/// What the listeners are like.
struct Found {
    /// What has to be written.
    writes: Vec<Write>,
    /// Whether the production traffic is where it should be.
    arrived: bool,
    /// What kept one listener from being read on the way home.
    unread: Option<Problem>,
}

/// Looks for what has to be written: the test traffic before the other on the way forth, and after it on the way back.
/// What somebody else has changed is not ours to write.
async fn look(
    listeners: &impl Listeners,
    record: &Deployment,
    progress: &EcsProgress,
    routing: ListenerRouting,
    now: Timestamp,
) -> Result<Found, Problem> {
    let mut found = Found { writes: Vec::new(), arrived: true, unread: None };
    let Some((_, pair)) = record.service() else { return Ok(found) };
    let tests = pair.test_listener.iter().map(|arn| (arn, routing.test_share(), true));
    let mut all: Vec<_> = tests.chain([(&pair.listener, routing.share, false)]).collect();
    let goes_back = routing == ListenerRouting::HOME;
    if goes_back {
        all.reverse();
    }
    for (arn, share, is_for_tests) in all {
        let listener = match read_known(listeners, &record.session(), arn).await {
            Err(problem) if goes_back => {
                found.arrived &= is_for_tests;
                found.unread = found.unread.or(Some(problem));
                continue;
            }
            read => read?,
        };
        if let Some(words) = record.drift_of(&listener, is_for_tests, now).filter(|_| !goes_back) {
            let words = format!("A load balancer was changed outside this deployment: {words}");
            return Err(Problem::new(ProblemKind::Stale, words));
        }
        found.arrived &= is_for_tests || listener.routes(&progress.groups, share);
        let needing = listener.needing(&progress.groups, share, routing.attached);
        let own = needing.filter(|forward| record.may_have_left(forward, is_for_tests, now));
        let weights = progress.groups.weights(share, listener.kind);
        found.writes.extend(own.map(|forward| Write {
            listener: arn.clone(),
            forward: forward.clone(),
            weights: weights.clone(),
        }));
    }
    Ok(found)
}

async fn note_restored(deployments: &impl Deployments, subject: &DeploymentRef, now: Timestamp) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        if record.restored_at.is_some() || record.has_ended() || !record.moves_traffic() {
            return None;
        }
        record.restored(true, now);
        let seen = "listeners: all traffic to the original".to_owned();
        Some(Note { seen, decided: "Restored", why: "Traffic is back on the original task set.".to_owned() })
    };
    amend(deployments, &subject.deployment_id, change).await.map(|_| ())
}
