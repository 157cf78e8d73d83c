//! The hosts of a deployment as its targets, and a deployment with its targets counted.

use std::collections::BTreeMap;

use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::problem::Problem;
use spillway_domain::server::status::HostTarget;

use crate::ports::hosts::HostWorks;

/// The hosts of a fleet are counted anew each time: a count that is stored would be written by every host.
pub(crate) async fn count_targets(
    hosts: &impl HostWorks,
    deployment: Deployment,
) -> Result<CountedDeployment, Problem> {
    if deployment.spec.platform != ComputePlatform::Server {
        return Ok(deployment.into());
    }
    let counts = hosts_of(hosts, &deployment).await?.into_iter().map(|host| host.status).collect();
    Ok(CountedDeployment { deployment, counts })
}

/// All hosts that were selected, without their diagnostics, in the order in which they are worked on.
pub(crate) async fn hosts_of(store: &impl HostWorks, deployment: &Deployment) -> Result<Vec<HostTarget>, Problem> {
    let mut found = BTreeMap::new();
    for (phase, roster) in deployment.rosters() {
        for work in store.works(&roster).await? {
            let (_, works) =
                found.entry(work.host.id.clone()).or_insert_with(|| ((phase.side(), work.rank), Vec::new()));
            works.push((phase, work));
        }
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by_key(|(order, _)| *order);
    Ok(found.into_iter().filter_map(|(_, works)| HostTarget::new(deployment, works)).collect())
}
