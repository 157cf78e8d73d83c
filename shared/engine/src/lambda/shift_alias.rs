//! Shift alias: makes the alias route as the record says. Forward, to the end, and back: it is one and the same.
//!
//! The alias is read first, the record after it, and the write names the revision that was read. So a write can only
//! succeed if nobody wrote since before the record was read: one that was decided by a record that has been halted
//! since comes too late, because a halt is always followed by a write of its own.
//!
//! That holds if the write has made a new revision, which AWS promises only of one that changes something. Where it has
//! not, the deployment stays open until no function can be under way any more that read the record before the halt.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::problem::{Problem, ProblemKind};

use crate::deployment::task::{DeploymentRef, Note, amend, load};
use crate::ports::aliases::Aliases;
use crate::ports::deployments::Deployments;
use crate::retry::{Tried, contended, retry_stale, unless_stale};

/// Which deployment's alias.
pub type Shift = DeploymentRef;

/// What became of the alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shifted {
    /// It was written.
    Written,
    /// It routed so already.
    AlreadyThere,
    /// The deployment has nothing to do with it, or no more.
    LeftAlone,
}

/// What is said of a write that fences nothing.
const LATE: &str = " Lambda has made no new revision of the alias for it, so that a shift which was under way may still \
    come: it is looked at again once none can.";
/// How often it looks again when somebody else wrote the alias in between.
const MOST_TRIES: usize = 8;

/// Makes the alias route as the record says.
pub async fn shift_alias(
    deployments: &impl Deployments,
    aliases: &impl Aliases,
    shift: &Shift,
    now: Timestamp,
) -> Result<Shifted, Problem> {
    let id = &shift.deployment_id;
    let first = load(deployments, id).await?;
    let session = first.session();
    let Target::Lambda(target) = &first.spec.target else {
        return Ok(Shifted::LeftAlone);
    };
    let shifted = retry_stale(MOST_TRIES, async || {
        let alias = aliases.read(&session, target).await?;
        let record = load(deployments, id).await?;
        let Some(desired) = record.desired() else {
            return Ok(Tried::Break(Shifted::LeftAlone));
        };
        if !record.owns(&alias) {
            let words = format!("Alias {} was changed outside this deployment: it sends {alias}.", alias.arn);
            return Err(Problem::new(ProblemKind::Stale, words));
        }
        let unfenced = record.halt.is_some() && record.restored_at.is_none();
        if alias.routes(&desired) && !unfenced {
            return Ok(Tried::Break(Shifted::AlreadyThere));
        }
        let written = aliases.write(&session, target, &desired, &alias.revision).await;
        let Tried::Break(revision) = unless_stale(written)? else {
            return Ok(Tried::Continue(()));
        };
        if unfenced {
            let is_fenced = revision != alias.revision;
            note_restored(deployments, shift, &desired.to_string(), is_fenced, now).await?;
        }
        Ok(Tried::Break(Shifted::Written))
    });
    shifted.await?.ok_or_else(|| contended(ProblemKind::Stale, "The alias"))
}

async fn note_restored(
    deployments: &impl Deployments,
    shift: &Shift,
    routing: &str,
    is_fenced: bool,
    now: Timestamp,
) -> Result<(), Problem> {
    let change = |record: &mut Deployment| {
        if record.restored_at.is_some() || record.has_ended() {
            return None;
        }
        record.restored(is_fenced, now);
        let late = if is_fenced { "" } else { LATE };
        let why = format!("Traffic is back: {routing}.{late}");
        Some(Note { seen: format!("alias: written, {routing}"), decided: "Restored", why })
    };
    amend(deployments, &shift.deployment_id, change).await.map(|_| ())
}
