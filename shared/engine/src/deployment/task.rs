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

use crate::ports::deployments::{Change, Deployments};
use crate::retry::{Tried, contended, retry_stale, unless_stale};

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

/// How often a save is tried again after another writer came first.
pub(crate) const MOST_TRIES: usize = 16;

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

/// What the ledger says of a change.
#[derive(Debug)]
pub(crate) struct Note {
    /// What was seen.
    pub(crate) seen: String,
    /// What was decided.
    pub(crate) decided: &'static str,
    /// Why.
    pub(crate) why: String,
}

/// Loads, changes and saves until no other writer comes first. `change` answers with its line for the ledger, or `None`
/// when there is nothing to change any more; then nothing is saved.
pub(crate) async fn amend(
    deployments: &impl Deployments,
    id: &DeploymentId,
    mut change: impl FnMut(&mut Deployment) -> Option<Note>,
) -> Result<Option<Deployment>, Problem> {
    let amended = retry_stale(MOST_TRIES, async || {
        let mut record = load(deployments, id).await?;
        let unread = record.spec.target == Target::Unread;
        let Some(Note { seen, decided, why }) = change(&mut record) else {
            return Ok(Tried::Break(None));
        };
        let locks = unread && record.locked_alias().is_some();
        // A wait that goes on keeps its words and its end; one that is over is about to be decided on.
        let waits = record.parked.as_ref().is_some_and(|parked| parked.until > record.updated_at);
        if !record.has_ended() && !waits {
            record.note = excerpt(why.as_str());
            record.waits_until = None;
        }
        let entry = record.entry(seen, decided, why);
        let saved = save(deployments, Change { locks, ..Change::of(&record, &entry) }).await;
        unless_stale(saved.map(|()| Some(record)))
    });
    amended.await?.ok_or_else(|| contended(ProblemKind::Transient, &format!("Deployment {id}")))
}
