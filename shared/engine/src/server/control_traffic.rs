//! Control traffic: has the load balancers of a fleet let hosts go and take hosts in, and looks until they have.

use std::collections::BTreeMap;

use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::host::HostId;
use spillway_domain::server::progress::Roster;
use spillway_domain::server::traffic::{self, TrafficEvent};
use spillway_domain::server::work::HostWork;

use crate::deployment::task::{Note, amend, load};
use crate::ports::balancers::Balancers;
use crate::ports::deployments::Deployments;
use crate::ports::executions::Wakes;
use crate::ports::hosts::{HostDossiers, HostWorks};
use crate::server::advance_fleet::{tick, works};
use crate::server::look_at_hosts::close;

/// Looks after all hosts in BlockTraffic and AllowTraffic, again after each `pause`, until there is none or `pause` says
/// that the time is up. Meanwhile it ticks, so that hosts which have ended make room for others.
pub async fn control_traffic(
    store: &(impl Deployments + HostWorks + HostDossiers),
    balancers: &impl Balancers,
    wakes: &impl Wakes,
    id: &DeploymentId,
    clock: impl Fn() -> Timestamp,
    mut pause: impl AsyncFnMut() -> bool,
) -> Result<(), Problem> {
    loop {
        let record = load(store, id).await?;
        let Some(roster) = record.roster().filter(|_| works(&record)) else { return Ok(()) };
        let hosts = in_traffic_events(store, &roster).await?;
        let any = !hosts.is_empty();
        if any {
            look_after(store, balancers, &record, &roster, hosts, clock()).await?;
        }
        tick(store, wakes, id, &clock).await?;
        if !any || !pause().await {
            break;
        }
    }
    amend(store, id, |record| {
        let progress = record.server.as_mut()?;
        progress.traffic_seen_at = Some(clock());
        Some(Note {
            seen: "load balancers".to_owned(),
            decided: "Look",
            why: "The load balancers were told which hosts to let go and which to take in.".to_owned(),
        })
    })
    .await
    .map(|_| ())
}

/// The hosts whose events the service sees to, as they are at this moment: what the list shows may be a little old, and
/// a host that is elsewhere by now must not be registered.
async fn in_traffic_events(
    store: &impl HostWorks,
    roster: &Roster,
) -> Result<Vec<(HostWork, TrafficEvent)>, Problem> {
    let listed = store.works(roster).await?.into_iter().filter(|work| work.traffic_event().is_some());
    let listed: Vec<HostId> = listed.map(|work| work.host.id).collect();
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let works = store.works_of(roster, &listed).await?.into_iter();
    Ok(works.filter_map(|work| work.traffic_event().map(|event| (work, event))).collect())
}

async fn look_after(
    store: &(impl Deployments + HostWorks + HostDossiers),
    balancers: &impl Balancers,
    record: &Deployment,
    roster: &Roster,
    hosts: Vec<(HostWork, TrafficEvent)>,
    now: Timestamp,
) -> Result<(), Problem> {
    let session = record.session();
    let seen = balancers.look(&session, &record.spec.environment.load_balancer).await?;
    let events: Vec<(HostId, TrafficEvent)> = hosts
        .iter()
        .filter(|(work, _)| work.host.id.is_of_ec2())
        .map(|(work, event)| (work.host.id.clone(), *event))
        .collect();
    let mut refused = BTreeMap::new();
    for balancer in &seen {
        let changes = traffic::changes(balancer, &events);
        if !changes.deregister.is_empty() {
            refused.extend(balancers.deregister(&session, balancer, &changes.deregister).await?);
        }
        if !changes.register.is_empty() {
            refused.extend(balancers.register(&session, balancer, &changes.register).await?);
        }
    }
    for (mut work, event) in hosts {
        let outcome = match refused.remove(&work.host.id) {
            Some(words) => Some(Err(words)),
            None => traffic::outcome(&work, event, &seen, now),
        };
        if let Some(ended) = outcome.and_then(|outcome| work.end_traffic_event(event, &outcome, now)) {
            close(store, record, roster, &work, &ended).await?;
        }
    }
    Ok(())
}
