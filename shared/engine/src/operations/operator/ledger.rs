//! The ledger of a deployment.

use jiff::Timestamp;
use spillway_domain::deployment::view::LedgerView;
use spillway_domain::names::DeploymentId;

use crate::operations::Error;
use crate::operations::deployment::show_deployment;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::HostWorks;

/// How many lines a page has. Each may have some kilobytes, and an answer has six megabytes.
pub const LINES: usize = 100;

/// A deployment, and its ledger after a generation. The record is read first, so that the ledger is no older.
pub async fn show_ledger(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
    after: u64,
    now: Timestamp,
) -> Result<LedgerView, Error> {
    let deployment = show_deployment(store, id).await?;
    let mut entries = store.ledger(id, after, LINES + 1).await?;
    let has_more = entries.len() > LINES;
    entries.truncate(LINES);
    let ask_again_seconds = deployment.deployment.ask_again_seconds(now);
    Ok(LedgerView { deployment, entries, has_more, ask_again_seconds })
}
