//! What operators are shown of deployments.

use jiff::Timestamp;

use crate::catalog::page::Page;
use crate::deployment::ledger::LedgerEntry;
use crate::deployment::record::Deployment;
use crate::deployment::request::DeploymentFilter;
use crate::deployment::target::CountedDeployment;
use crate::names::DeploymentId;

/// A deployment with a page of its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerView {
    /// The deployment, as it was read before its ledger.
    pub deployment: CountedDeployment,
    /// The page, oldest first.
    pub entries: Vec<LedgerEntry>,
    /// Whether there is another page.
    pub has_more: bool,
    /// After how many seconds it is worth asking again; `None` once it is over.
    pub ask_again_seconds: Option<u32>,
}

/// Which deployments are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryFilter {
    /// By group and status, and how many.
    pub deployments: DeploymentFilter,
    /// Only those that are not over.
    pub only_active: bool,
}

/// A page of deployments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryView {
    /// The deployments, newest first.
    pub page: Page<CountedDeployment>,
    /// After how many seconds it is worth asking again.
    pub ask_again_seconds: u32,
}

/// A deployment that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackView {
    /// Its id.
    pub deployment: DeploymentId,
    /// The deployment whose revision is deployed again; `None` where only the version is known that a deployment replaced.
    pub to: Option<DeploymentId>,
    /// What it goes back to, in words.
    pub words: String,
}

/// The longest pause between two looks at what is active: an alarm or a stop may end a wait at any moment.
pub const LONGEST_PAUSE_SECONDS: u32 = 5;

impl Deployment {
    /// After how many seconds it is worth looking again. `None` once it is over.
    pub fn ask_again_seconds(&self, now: Timestamp) -> Option<u32> {
        (!self.has_ended()).then(|| pause_before(self.waits_until, now))
    }
}

/// Soon while a move is made or a wait is about to end.
fn pause_before(end: Option<Timestamp>, now: Timestamp) -> u32 {
    let left = end.map_or(0, |end| end.duration_since(now).as_secs());
    u32::try_from(left / 10).unwrap_or_default().clamp(1, LONGEST_PAUSE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_it_waits_the_later_it_is_worth_asking_again() {
        let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        for (end, seconds) in [
            (None, 1),
            (Some("2026-11-01T11:00:00Z"), 1),
            (Some("2026-11-01T12:00:09Z"), 1),
            (Some("2026-11-01T12:00:30Z"), 3),
            (Some("2026-11-02T12:00:00Z"), LONGEST_PAUSE_SECONDS),
        ] {
            assert_eq!(pause_before(end.map(|end| end.parse().unwrap()), now), seconds, "{end:?}");
        }
    }
}
