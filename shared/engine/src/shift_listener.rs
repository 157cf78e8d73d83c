//! Shift listener: makes the listeners forward as the record says. Forward, to the end, and back: it is one and the
//! same.
//!
//! A load balancer has no compare-and-set. So the record is read right before each write, everything is read back, and
//! the record once more: whatever came between is repaired. A write that is later than that cannot be later than its
//! function lives, and nothing is deleted before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spillway_domain::{Deployment, EcsProgress, Forward, ListenerArn, ListenerRouting, Problem, ProblemKind};

use crate::observe_service::read_known;
use crate::task::{amend, load};
use crate::{Deployments, Listeners, Subject};

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

/// How often it looks again when something came between.
const MOST_ROUNDS: usize = 8;

/// Makes the listeners forward as the record says.
pub async fn shift_listener(
    deployments: &impl Deployments,
    listeners: &impl Listeners,
    subject: &Subject,
    now: Timestamp,
) -> Result<Rerouted, Problem> {
    let mut rerouted = Rerouted::AlreadyThere;
    for _ in 0..MOST_ROUNDS {
        let record = load(deployments, &subject.deployment_id).await?;
        let Some((routing, progress)) = record.listener_routing().zip(record.ecs.as_ref()) else {
            return Ok(Rerouted::LeftAlone);
        };
        let needed = needed(listeners, &record, progress, routing, now).await?;
        if needed.is_empty() {
            if record.halt.is_some() {
                note_restored(deployments, subject, now).await?;
            }
            return Ok(rerouted);
        }
        for (arn, forward, weights) in &needed {
            let current = load(deployments, &subject.deployment_id).await?;
            if current.listener_routing() != Some(routing) {
                break;
            }
            write(listeners, &record, progress, (arn, forward, weights)).await?;
            rerouted = Rerouted::Written;
        }
    }
    let words = "The listeners are being written by others faster than they can be read.";
    Err(Problem::new(ProblemKind::Stale, words))
}

/// Home, a target group that is gone need not be listed.
async fn write(
    listeners: &impl Listeners,
    record: &Deployment,
    progress: &EcsProgress,
    (arn, forward, weights): (&ListenerArn, &Forward, &[(String, u32)]),
) -> Result<(), Problem> {
    let role = &record.order.role;
    match listeners.route(role, arn, forward, weights).await {
        Err(problem)
            if problem.kind == ProblemKind::Missing && record.listener_routing() == Some(ListenerRouting::HOME) =>
        {
            listeners.route(role, arn, forward, &[(progress.groups.original.clone(), 1)]).await
        }
        written => written,
    }
}

type Write = (ListenerArn, Forward, Vec<(String, u32)>);

/// What has to be written: the test traffic before the other on the way forth, and after it on the way back. What
/// somebody else has changed is not ours to write.
async fn needed(
    listeners: &impl Listeners,
    record: &Deployment,
    progress: &EcsProgress,
    routing: ListenerRouting,
    now: Timestamp,
) -> Result<Vec<Write>, Problem> {
    let Some((_, pair)) = record.service() else { return Ok(Vec::new()) };
    let tests = pair.test_listener.iter().map(|arn| (arn, routing.test_share(), true));
    let mut writes = Vec::new();
    let mut all: Vec<_> = tests.chain([(&pair.listener, routing.share, false)]).collect();
    if routing == ListenerRouting::HOME {
        all.reverse();
    }
    for (arn, share, is_for_tests) in all {
        let listener = read_known(listeners, &record.order.role, arn).await?;
        if let Some(words) = record.stray_of(&listener, is_for_tests, now).filter(|_| routing != ListenerRouting::HOME)
        {
            let words = format!("A load balancer was changed by somebody else: {words}");
            return Err(Problem::new(ProblemKind::Stale, words));
        }
        let needing = listener.needing(&progress.groups, share, routing.attached);
        let own = needing.filter(|forward| record.may_have_left(forward, is_for_tests, now));
        let weights = progress.groups.weights(share, listener.kind);
        writes.extend(own.map(|forward| (arn.clone(), forward.clone(), weights.clone())));
    }
    Ok(writes)
}

async fn note_restored(deployments: &impl Deployments, subject: &Subject, now: Timestamp) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        if record.restored_at.is_some() || record.has_ended() || !record.moves_traffic() {
            return None;
        }
        record.restored(now);
        let seen = "listeners: all traffic to the original".to_owned();
        Some((seen, "Restored", "Traffic is back on the original task set.".to_owned()))
    };
    amend(deployments, &subject.deployment_id, change).await.map(|_| ())
}
