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
use spillway_domain::problem::{Problem, ProblemKind};

use crate::task::{amend, load};
use crate::{Aliases, DeploymentRef, Deployments};

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
    let spillway_domain::deployment::spec::Target::Lambda(target) = &first.spec.target else {
        return Ok(Shifted::LeftAlone);
    };
    for _ in 0..MOST_TRIES {
        let alias = aliases.read(&session, target).await?;
        let record = load(deployments, id).await?;
        let Some(desired) = record.desired() else {
            return Ok(Shifted::LeftAlone);
        };
        if !record.owns(&alias) {
            let words = format!("Alias {} was changed by somebody else: it sends {alias}.", alias.arn);
            return Err(Problem::new(ProblemKind::Stale, words));
        }
        let unfenced = record.halt.is_some() && record.restored_at.is_none();
        if alias.routes(&desired) && !unfenced {
            return Ok(Shifted::AlreadyThere);
        }
        match aliases.write(&session, target, &desired, &alias.revision).await {
            Err(problem) if problem.kind == ProblemKind::Stale => {}
            Err(problem) => return Err(problem),
            Ok(revision) => {
                if unfenced {
                    let is_fenced = revision != alias.revision;
                    note_restored(deployments, shift, &desired.to_string(), is_fenced, now).await?;
                }
                return Ok(Shifted::Written);
            }
        }
    }
    let words = "The alias is being written by others faster than it can be read.";
    Err(Problem::new(ProblemKind::Stale, words))
}

async fn note_restored(
    deployments: &impl Deployments,
    shift: &Shift,
    routing: &str,
    is_fenced: bool,
    now: Timestamp,
) -> Result<(), Problem> {
    let change = |record: &mut spillway_domain::deployment::record::Deployment| {
        if record.restored_at.is_some() || record.has_ended() {
            return None;
        }
        record.restored(is_fenced, now);
        let late = if is_fenced { "" } else { LATE };
        Some((format!("alias: written, {routing}"), "Restored", format!("Traffic is back: {routing}.{late}")))
    };
    amend(deployments, &shift.deployment_id, change).await.map(|_| ())
}
