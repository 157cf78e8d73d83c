//! A deployment with its targets counted.

use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::problem::Problem;

use crate::ports::hosts::HostWorks;

/// The hosts of a fleet are counted anew each time: a count that is stored would be written by every host.
pub(crate) async fn count_targets(
    hosts: &impl HostWorks,
    deployment: Deployment,
) -> Result<CountedDeployment, Problem> {
    let Some(roster) = deployment.roster() else { return Ok(deployment.into()) };
    let has_ended = deployment.has_ended();
    let counts = hosts.works(&roster).await?.iter().map(|work| work.target_status(has_ended)).collect();
    Ok(CountedDeployment { deployment, counts })
}
