//! Select hosts: finds the hosts of a deployment once, ranks them, and writes the work of each.

use jiff::Timestamp;
use spillway_domain::catalog::revision::RevisionLocation;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::fleet::{Watermark, count};
use spillway_domain::server::host::Host;
use spillway_domain::server::order::ranked;
use spillway_domain::server::progress::{FleetProgress, Roster, Selection};
use spillway_domain::server::stage::ServerStage;
use spillway_domain::server::target::ServerTarget;
use spillway_domain::server::work::HostWork;

use crate::deployment::task::{Note, amend, load};
use crate::ports::balancers::Balancers;
use crate::ports::customer::Objects;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::{Fleets, HostDossiers, HostWorks};
use crate::ports::instances::Instances;
use crate::server::hosts_of_phase::hosts_of_phase;

/// What of the customer's is looked at.
#[derive(Debug)]
pub struct Customer<'a, F, B, O> {
    /// The instances.
    pub fleets: &'a F,
    /// The load balancers.
    pub balancers: &'a B,
    /// The revisions.
    pub objects: &'a O,
}

/// Selects the hosts of the phase that a deployment is in, unless they were selected before. Each run writes a list of its own, named
/// `roster`; the list that the record names is the one that counts, so a run that comes late changes nothing.
///
/// A bundle that is not there ends the deployment before a host is touched, where the service role may see that. Where it
/// may not, the hosts find out, which read bundles with rights of their own.
pub async fn select_hosts(
    store: &(impl Deployments + Instances + HostWorks + HostDossiers),
    Customer { fleets, balancers, objects }: Customer<'_, impl Fleets, impl Balancers, impl Objects>,
    id: &DeploymentId,
    roster: String,
    most: usize,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let record = load(store, id).await?;
    let Some(target) = record.server_target().filter(|_| is_due(&record)) else { return Ok(()) };
    let phase = record.phase();
    if record.phase().installs()
        && let RevisionLocation::S3(bundle) = &record.spec.revision
        && let Err(problem) = objects.find(&record.session(), bundle).await
        && problem.kind == ProblemKind::Missing
    {
        return Err(problem);
    }
    let selected = hosts_of_phase(store, fleets, balancers, &record, target).await?;
    let roster = Roster { deployment: id.clone(), name: roster };
    let selection = selection_of(selected.as_ref(), u32::try_from(most).unwrap_or(u32::MAX));
    if let (Some((hosts, _)), Selection::Hosts { .. }) = (selected, selection) {
        let works = works(hosts, &record, target, clock());
        store.create_works(&roster, record.created_at, &works).await?;
    }
    amend(store, id, |record| {
        if !is_due(record) || record.phase() != phase {
            return None;
        }
        record
            .select(FleetProgress { roster: roster.name.clone(), selection, watermark: Watermark::default() }, clock());
        Some(Note { seen: seen(selection), decided: "Select", why: in_words(selection) })
    })
    .await
    .map(|_| ())
}

fn is_due(record: &Deployment) -> bool {
    record.stage == Stage::Server(ServerStage::Select) && record.server.is_none() && record.halt.is_none()
}

fn selection_of(selected: Option<&(Vec<Host>, u32)>, most: u32) -> Selection {
    let Some((hosts, aside)) = selected else { return Selection::NoOriginals };
    let (count, aside) = (u32::try_from(hosts.len()).unwrap_or(u32::MAX), *aside);
    match count.saturating_add(aside) {
        found if found > most => Selection::TooMany { found, most },
        _ => Selection::Hosts { count, aside },
    }
}

fn seen(selection: Selection) -> String {
    let found = match selection {
        Selection::Hosts { count, aside } => count.saturating_add(aside),
        Selection::TooMany { found, .. } => found,
        Selection::NoOriginals => 0,
    };
    format!("hosts: {found} found")
}

fn in_words(selection: Selection) -> String {
    match selection {
        Selection::Hosts { count: hosts, aside: 0 } => format!("Selected {}.", count(hosts)),
        Selection::Hosts { count: hosts, aside } => {
            format!("Selected {}. Left as found: {}.", count(hosts), count(aside))
        }
        Selection::NoOriginals => "No original host is left.".to_owned(),
        Selection::TooMany { found, most } => format!("{found} hosts fit, and a deployment may have {most}."),
    }
}

/// The work of the hosts, in the order of their ranks.
fn works(hosts: Vec<Host>, record: &Deployment, target: &ServerTarget, now: Timestamp) -> Vec<HostWork> {
    let events = record.events_in(record.phase());
    let hosts = ranked(hosts, target.rules.zones.is_some()).into_iter();
    let work = |(rank, host)| HostWork::new(host, rank, events, target.ignores_stop_failures, now);
    (0..).zip(hosts).map(work).collect()
}
