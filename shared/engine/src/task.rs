//! What the state machine hands to its functions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spillway_domain::deployment::decision::MoveKind;
use spillway_domain::deployment::ledger::LedgerEntry;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::words::excerpt;

use crate::{Change, Deployments};

/// The deployment that a function is to work on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentRef {
    /// Its id.
    pub deployment_id: DeploymentId,
}

/// A wait that a function is to park.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The generation at which the wait was decided. At any other, the wait is over before it begins.
    pub generation: u64,
    /// Step Functions' task token.
    pub token: String,
    /// When the state was entered, which is when the wait began.
    pub entered_at: Timestamp,
    /// How long the wait is.
    pub seconds: u32,
    /// The move that it comes after, or is.
    #[serde(rename = "move", default)]
    pub step: Option<MoveKind>,
}

/// How often a save is tried again after somebody else came first.
const MOST_TRIES: usize = 16;

/// The record, which must be there.
pub(crate) async fn load(deployments: &impl Deployments, id: &DeploymentId) -> Result<Deployment, Problem> {
    let found = deployments.load(id).await?;
    found.ok_or_else(|| Problem::new(ProblemKind::Missing, format!("There is no deployment {id}.")))
}

/// Saves a change; what is too large for the table, with its words from outside cut short.
pub(crate) async fn save(deployments: &impl Deployments, change: Change<'_>) -> Result<(), Problem> {
    match deployments.save(change).await {
        Err(problem) if problem.kind == ProblemKind::TooLarge => {
            // Boxed, because it is large and rare.
            let abridged = Box::pin(async {
                let (next, entry) = (change.next.abridged(), change.entry.map(LedgerEntry::abridged));
                deployments.save(Change { next: &next, entry: entry.as_ref(), ..change }).await
            });
            abridged.await
        }
        saved => saved,
    }
}

/// Loads, changes and saves until nobody else comes first. `change` answers with what it has to say for the ledger as
/// (seen, decided, why), or `None` when there is nothing to change any more; then nothing is saved.
pub(crate) async fn amend(
    deployments: &impl Deployments,
    id: &DeploymentId,
    mut change: impl FnMut(&mut Deployment) -> Option<(String, &'static str, String)>,
) -> Result<Option<Deployment>, Problem> {
    for _ in 0..MOST_TRIES {
        let mut record = load(deployments, id).await?;
        let unread = record.spec.target == Target::Unread;
        let Some((seen, decided, why)) = change(&mut record) else {
            return Ok(None);
        };
        let locks = unread && record.locked_alias().is_some();
        // A wait that goes on keeps its words and its end; one that is over is about to be decided on.
        let waits = record.parked.as_ref().is_some_and(|parked| parked.until > record.updated_at);
        if !record.has_ended() && !waits {
            record.note = excerpt(why.as_str());
            record.waits_until = None;
        }
        let entry = record.entry(seen, decided, why);
        match save(deployments, Change { locks, ..Change::of(&record, &entry) }).await {
            Err(problem) if problem.kind == ProblemKind::Stale => {}
            Err(problem) => return Err(problem),
            Ok(()) => return Ok(Some(record)),
        }
    }
    Err(Problem::new(ProblemKind::Transient, format!("Deployment {id} is being changed by too many at once.")))
}
