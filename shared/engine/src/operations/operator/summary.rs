//! Deployments with how each is.

use std::cmp::Reverse;

use jiff::Timestamp;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::view::{LONGEST_PAUSE_SECONDS, SummaryFilter, SummaryView};

use crate::operations::Error;
use crate::operations::deployment::{list_deployments, show_deployments};
use crate::operations::group::find_group;
use crate::ports::catalog::Groups;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::HostWorks;

/// A page of deployments, newest first. Those that are active are on one page.
pub async fn summarize_deployments(
    store: &(impl Groups + Deployments + HostWorks),
    filter: &SummaryFilter,
    after: Option<&str>,
    now: Timestamp,
) -> Result<SummaryView, Error> {
    let page = if filter.only_active {
        let ids = match &filter.deployments.group {
            Some((application, group)) => find_group(store, application, group).await?.2.active.into_iter().collect(),
            None => store.active().await?,
        };
        let mut items = show_deployments(store, &ids).await?;
        // One whose end is still being told counts as active in the store.
        items.retain(|shown| !shown.deployment.has_ended());
        items.sort_by_key(|shown| Reverse((shown.deployment.created_at, shown.deployment.id.clone())));
        Page { items, next: None }
    } else {
        let Page { items, next } = list_deployments(store, store, &filter.deployments, after).await?;
        Page { items: show_deployments(store, &items).await?, next }
    };
    let pauses = page.items.iter().filter_map(|shown| shown.deployment.ask_again_seconds(now));
    let ask_again_seconds = pauses.min().unwrap_or(LONGEST_PAUSE_SECONDS);
    Ok(SummaryView { page, ask_again_seconds })
}
