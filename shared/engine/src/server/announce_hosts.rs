//! Announce hosts: tells of hosts that have begun or ended, as the stream of the table shows them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::work::HostWork;

use crate::deployment::task::{Note, amend, load};
use crate::ports::customer::HostNotices;
use crate::ports::deployments::Deployments;

/// How many hosts are told of at once.
const AT_ONCE: usize = 16;

/// Tells of the hosts of each deployment, and notes in its record what could not be told: each sentence once, however
/// many hosts it is true of. A batch that fails is told of again, so a host is told of twice rather than never.
pub async fn announce_hosts(
    deployments: &impl Deployments,
    notices: &impl HostNotices,
    news: BTreeMap<DeploymentId, Vec<HostWork>>,
    now: Timestamp,
) -> Result<(), Problem> {
    for (id, works) in news {
        let record = load(deployments, &id).await?;
        let told = stream::iter(&works).filter_map(async |work| Some((work, record.told_of(work)?)));
        let told = told.map(|(work, state)| notices.tell_of_host(&record, work, state));
        let untold: BTreeSet<String> = told.buffer_unordered(AT_ONCE).flat_map(stream::iter).collect().await;
        if untold.iter().all(|words| record.undelivered.contains(words)) {
            continue;
        }
        let change = |record: &mut Deployment| {
            let new = record.left_untold(untold.clone(), now);
            let why = "Some notifications of single hosts were not delivered.".to_owned();
            (!new.is_empty()).then(|| Note { seen: new.join(" "), decided: "Announced", why })
        };
        amend(deployments, &id, change).await?;
    }
    Ok(())
}
