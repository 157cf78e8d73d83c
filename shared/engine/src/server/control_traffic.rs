//! Control traffic: has the load balancers of a fleet let hosts go and take hosts in, and looks until they have.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::host::HostId;
use spillway_domain::server::progress::Roster;
use spillway_domain::server::traffic::{self, LOOK_EVERY, TrafficEvent};
use spillway_domain::server::work::HostWork;

use crate::deployment::task::load;
use crate::ports::balancers::Balancers;
use crate::ports::clock::Clock;
use crate::ports::deployments::Deployments;
use crate::ports::executions::Wakes;
use crate::ports::hosts::{HostDossiers, HostWorks};
use crate::server::advance_fleet::{is_deploying, tick};
use crate::server::look_at_hosts::close;

/// How many events are ended at once.
const AT_ONCE: usize = 16;

/// Looks after all hosts in BlockTraffic and AllowTraffic every few seconds, until there is none or the next look would
/// be after `until`. Meanwhile it ticks, so that hosts which have ended make room for others.
pub async fn control_traffic(
    store: &(impl Deployments + HostWorks + HostDossiers),
    balancers: &impl Balancers,
    wakes: &impl Wakes,
    clock: &impl Clock,
    id: &DeploymentId,
    until: Timestamp,
) -> Result<(), Problem> {
    loop {
        let record = load(store, id).await?;
        let Some(roster) = record.roster().filter(|_| is_deploying(&record)) else { return Ok(()) };
        let works = store.works(&roster).await?.into_iter();
        let hosts: Vec<_> = works.filter_map(|work| work.traffic_event().map(|event| (work, event))).collect();
        let any = !hosts.is_empty();
        if any {
            look_after(store, balancers, &record, &roster, hosts, clock.now()).await?;
        }
        tick(store, wakes, id, || clock.now()).await?;
        if !any || clock.now() + LOOK_EVERY > until {
            return Ok(());
        }
        clock.sleep(LOOK_EVERY).await;
    }
}

/// Tells the load balancers what they have to be told, and ends the events of the hosts that are there.
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
    let is_settled = |work: &HostWork, event| traffic::settled_at(work, event, record.created_at) <= now;
    let is_due = |(work, event): &&(HostWork, TrafficEvent)| {
        work.host.id.is_of_ec2() && (*event == TrafficEvent::Block || is_settled(work, *event))
    };
    let events: Vec<(HostId, TrafficEvent)> =
        hosts.iter().filter(is_due).map(|(work, event)| (work.host.id.clone(), *event)).collect();
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
    let ended = hosts.into_iter().filter_map(|(mut work, event)| {
        let outcome = match refused.remove(&work.host.id) {
            Some(words) => Some(Err(words)),
            None => traffic::outcome(&work, event, &seen, now).filter(|_| is_settled(&work, event)),
        };
        let ended = work.end_traffic_event(event, &outcome?, now)?;
        Some((work, ended))
    });
    let closed = stream::iter(ended.collect::<Vec<_>>())
        .map(async |(work, ended)| close(store, record, roster, &work, &ended).await.map(|_| ()));
    closed.buffer_unordered(AT_ONCE).try_collect().await
}
