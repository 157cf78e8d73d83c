//! A look at the hosts of a deployment, which ends what has taken too long.

use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::fleet::{HostState, Watermark};
use spillway_domain::server::progress::{FleetView, HostFailure, Roster, SilentHost};
use spillway_domain::server::work::{Ended, HostOutcome, HostWork};

use crate::ports::deployments::Deployments;
use crate::ports::hosts::{Fleets, HostDossiers, HostStatus, HostWorks};
use crate::server::agent_api::find_open;

/// How many failed hosts are named.
const MOST_NAMED: usize = 3;

/// The hosts as they are, once those that have taken too long have failed; `None` where they do not matter.
pub(crate) async fn look_at_hosts(
    store: &(impl Deployments + HostWorks + HostDossiers),
    record: &Deployment,
    now: Timestamp,
) -> Option<Result<FleetView, Problem>> {
    let (roster, progress) = record.roster().zip(record.server.as_ref()).filter(|_| !record.has_ended())?;
    Some(expired(store, record, &roster, &progress.watermark, now).await)
}

async fn expired(
    store: &(impl Deployments + HostWorks + HostDossiers),
    record: &Deployment,
    roster: &Roster,
    watermark: &Watermark,
    now: Timestamp,
) -> Result<FleetView, Problem> {
    let mut works = store.works(roster).await?;
    works.sort_by_key(|work| work.rank);
    let states: Vec<HostState> = works.iter().map(HostState::from).collect();
    let overdue = watermark.overdue(&states, now);
    for work in works.iter_mut().filter(|work| overdue.contains(&work.rank)) {
        if !work.has_begun() && is_busy_elsewhere(store, record, work).await? {
            continue;
        }
        let mut next = work.clone();
        let Some(ended) = next.expire(watermark.released_at(work.rank).map(|at| at + work.begins_within()), now) else {
            continue;
        };
        if close(store, record, roster, &next, &ended).await? {
            *work = next;
        }
    }
    Ok(view(&works))
}

/// Whether the host runs an event of another deployment, or has an older one to begin with since it was launched, so that
/// it does not begin with this one.
async fn is_busy_elsewhere(
    store: &(impl Deployments + HostWorks + HostDossiers),
    record: &Deployment,
    work: &HostWork,
) -> Result<bool, Problem> {
    for open in store.dossier(&work.host.identifier).await?.open {
        let other = if open.roster.deployment == record.id { None } else { find_open(store, &open).await? };
        let comes_first = |(other, work): (Deployment, HostWork)| {
            let is_older = (other.created_at, &other.id) < (record.created_at, &record.id);
            work.outcome.is_none() && (work.has_begun() || (work.host.was_launched && is_older))
        };
        if other.is_some_and(comes_first) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lets the hosts leave the count that were terminated before their agents began, or on their way out of the traffic.
pub(crate) async fn lose_terminated(
    store: &(impl Deployments + HostWorks + HostDossiers),
    fleets: &impl Fleets,
    record: &Deployment,
    now: Timestamp,
) -> Result<(), Problem> {
    let Some((roster, progress)) = record.roster().zip(record.server.as_ref()) else { return Ok(()) };
    let takes_out = record.phase().takes_out();
    let may_leave = |work: &HostWork| {
        let is_silent = progress.watermark.released_at(work.rank).is_some();
        work.host.id.is_of_ec2() && work.outcome.is_none() && (is_silent || takes_out)
    };
    let open: Vec<HostWork> = store.works(&roster).await?.into_iter().filter(may_leave).collect();
    if open.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = open.iter().map(|work| work.host.id.clone()).collect();
    let terminated = fleets.terminated(&record.session(), &ids).await?;
    for mut work in open.into_iter().filter(|work| terminated.contains(&work.host.id)) {
        // A host that is terminated gets no traffic, however far it was on its way out.
        let ended = if takes_out { work.leave_count(now) } else { work.lose_host(now) };
        if let Some(ended) = ended {
            close(store, record, &roster, &work, &ended).await?;
        }
    }
    Ok(())
}

/// Saves work that has ended, and what follows for its host; `false` when another call came first.
pub(crate) async fn close(
    store: &(impl Deployments + HostWorks + HostDossiers),
    record: &Deployment,
    roster: &Roster,
    next: &HostWork,
    ended: &Ended,
) -> Result<bool, Problem> {
    match store.save_work(roster, next, Some(ended)).await {
        Err(problem) if problem.kind == ProblemKind::Stale => return Ok(false),
        saved => saved?,
    }
    settle(store, record, next).await?;
    Ok(true)
}

/// What the end of a host's work means for the host: what its group knows of it, and that the work is over.
pub(crate) async fn settle(store: &impl HostDossiers, record: &Deployment, work: &HostWork) -> Result<(), Problem> {
    let (host, group, phase) = (&work.host.identifier, &record.spec.group_id, record.phase());
    let Some(roster) = record.roster() else { return Ok(()) };
    let status = match work.outcome {
        None => return Ok(()),
        Some(HostOutcome::Gone) => None,
        Some(_) if !phase.installs() => None,
        // It keeps what it has, of which its group knows already.
        Some(HostOutcome::Succeeded) if work.was_left_as_is() => None,
        // Its application is stopped, and the instance may come back out of a warm pool.
        Some(HostOutcome::Succeeded) if record.ends_instance() => {
            Some(HostStatus { is_healthy: false, revision: None })
        }
        Some(HostOutcome::Failed) => Some(HostStatus { is_healthy: false, revision: None }),
        Some(HostOutcome::Succeeded) => {
            Some(HostStatus { is_healthy: true, revision: Some(record.spec.revision.clone()) })
        }
    };
    if let Some(status) = status {
        store.note_status(host, group, &status).await?;
    }
    store.close_work(host, &roster).await
}

fn view(works: &[HostWork]) -> FleetView {
    let failed = works.iter().filter(|work| work.outcome == Some(HostOutcome::Failed));
    let failure = |work: &HostWork| {
        let reason = work.reason.clone().unwrap_or_default();
        HostFailure { host: work.host.id.clone(), reason }
    };
    let mut silent: Vec<&HostWork> = works.iter().filter(|work| work.outcome.is_none() && !work.has_begun()).collect();
    // Hosts whose agents have stopped, or were never seen, are the least likely to answer.
    silent.sort_by_key(|work| (work.host.stopped_at.is_none(), work.host.seen_at, work.rank));
    let seen = |work: &&HostWork| match (work.host.stopped_at, work.host.seen_at) {
        (Some(at), _) => format!("{} (its agent stopped at {at:.0})", work.host.id),
        (None, Some(at)) => format!("{} (last seen {at:.0})", work.host.id),
        (None, None) => format!("{} (never seen)", work.host.id),
    };
    let silent = silent.iter().map(|work| SilentHost { rank: work.rank, words: seen(work) });
    FleetView {
        hosts: works.iter().map(HostState::from).collect(),
        failures: failed.take(MOST_NAMED).map(failure).collect(),
        silent: silent.collect(),
    }
}
