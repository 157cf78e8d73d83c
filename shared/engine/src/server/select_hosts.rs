//! Select hosts: finds the hosts of a deployment once, ranks them, and writes the work of each.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use spillway_domain::catalog::environment::{DeploymentOption, TagSelection};
use spillway_domain::catalog::instance::{Instance, InstanceFilter};
use spillway_domain::catalog::revision::RevisionLocation;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::fleet::{Watermark, count};
use spillway_domain::server::host::{Host, Principal, Standing};
use spillway_domain::server::lifecycle_action::{LifecycleAction, Transition};
use spillway_domain::server::order::ranked;
use spillway_domain::server::progress::{FleetProgress, Roster, Selection};
use spillway_domain::server::stage::ServerStage;
use spillway_domain::server::target::ServerTarget;
use spillway_domain::server::work::{HostOutcome, HostWork};

use crate::deployment::task::{Note, amend, load};
use crate::ports::customer::Objects;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::{Fleets, FoundInstance, HostDossier, HostDossiers, HostStatus, HostWorks};
use crate::ports::instances::Instances;

/// How many hosts are looked up at once.
const AT_ONCE: usize = 16;

/// Selects the hosts of a deployment, unless they were selected before. Each run writes a list of its own, named
/// `roster`; the list that the record names is the one that counts, so a run that comes late changes nothing.
///
/// A bundle that is not there ends the deployment before a host is touched, where the service role may see that. Where it
/// may not, the hosts find out, which read bundles with rights of their own.
pub async fn select_hosts(
    store: &(impl Deployments + Instances + HostWorks + HostDossiers),
    fleets: &impl Fleets,
    objects: &impl Objects,
    id: &DeploymentId,
    roster: String,
    most: usize,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let record = load(store, id).await?;
    let Some(target) = record.server_target().filter(|_| is_due(&record)) else { return Ok(()) };
    if let RevisionLocation::S3(bundle) = &record.spec.revision
        && let Err(problem) = objects.find(&record.session(), bundle).await
        && problem.kind == ProblemKind::Missing
    {
        return Err(problem);
    }
    let (hosts, aside) = match &record.spec.rolls_back {
        Some(original) => touched_by(store, original).await?,
        None => match &record.spec.lifecycle_action {
            Some(action) => launched(fleets, &record, action).await?,
            None => of_group(store, fleets, &record, target).await?,
        },
    };
    let roster = Roster { deployment: id.clone(), name: roster };
    let selected = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
    let found = selected.saturating_add(aside);
    let selection = match u32::try_from(most).unwrap_or(u32::MAX) {
        most if found > most => Selection::TooMany { found, most },
        _ => Selection::Hosts { count: selected, aside },
    };
    if let Selection::Hosts { .. } = selection {
        let works = works(hosts, &record, target, clock());
        store.create_works(&roster, record.created_at, &works).await?;
    }
    amend(store, id, |record| {
        if !is_due(record) {
            return None;
        }
        record
            .select(FleetProgress { roster: roster.name.clone(), selection, watermark: Watermark::default() }, clock());
        Some(Note { seen: format!("hosts: {found} found"), decided: "Select", why: in_words(selection) })
    })
    .await
    .map(|_| ())
}

fn is_due(record: &Deployment) -> bool {
    record.stage == Stage::Server(ServerStage::Select) && record.server.is_none() && record.halt.is_none()
}

fn in_words(selection: Selection) -> String {
    match selection {
        Selection::Hosts { count: hosts, aside: 0 } => format!("Selected {}.", count(hosts)),
        Selection::Hosts { count: hosts, aside } => {
            format!("Selected {}. Left as found: {}.", count(hosts), count(aside))
        }
        Selection::TooMany { found, most } => format!("{found} hosts fit, and a deployment may have {most}."),
    }
}

/// The work of the hosts, in the order of their ranks.
fn works(hosts: Vec<Host>, record: &Deployment, target: &ServerTarget, now: Timestamp) -> Vec<HostWork> {
    let terminates = record.ends_instance();
    let events: &[HostEvent] = match (record.spec.environment.style.option, terminates) {
        (DeploymentOption::WithTrafficControl, false) => &HostEvent::BEHIND_LOAD_BALANCERS,
        (DeploymentOption::WithoutTrafficControl, false) => &HostEvent::IN_PLACE,
        (DeploymentOption::WithTrafficControl, true) => &HostEvent::TERMINATION_BEHIND_LOAD_BALANCERS,
        (DeploymentOption::WithoutTrafficControl, true) => &HostEvent::TERMINATION,
    };
    let hosts = ranked(hosts, target.rules.zones.is_some()).into_iter();
    let work = |(rank, host)| HostWork::new(host, rank, events, target.ignores_stop_failures, now);
    (0..).zip(hosts).map(work).collect()
}

/// The hosts that the deployment which is rolled back has touched, and how many it has not.
async fn touched_by(
    store: &(impl Deployments + HostWorks),
    original: &DeploymentId,
) -> Result<(Vec<Host>, u32), Problem> {
    let record = load(store, original).await?;
    let Some((roster, progress)) = record.roster().zip(record.server.as_ref()) else { return Ok((Vec::new(), 0)) };
    let all = store.works(&roster).await?.into_iter().filter(|work| work.outcome != Some(HostOutcome::Gone));
    let (touched, untouched): (Vec<_>, Vec<_>) = all.partition(|work| work.rank < progress.watermark.released);
    let standing = |work: &HostWork| match work.outcome {
        Some(HostOutcome::Succeeded) => Standing::Old,
        Some(HostOutcome::Failed | HostOutcome::Gone) | None => Standing::Unhealthy,
    };
    let hosts = touched.into_iter().map(|work| Host { standing: standing(&work), ..work.host }).collect();
    let aside = match progress.selection {
        Selection::Hosts { aside, .. } => aside,
        Selection::TooMany { .. } => 0,
    };
    Ok((hosts, aside + u32::try_from(untouched.len()).unwrap_or(u32::MAX)))
}

/// The instance that waits for the deployment at a lifecycle hook, unless it is terminated.
async fn launched(
    fleets: &impl Fleets,
    record: &Deployment,
    action: &LifecycleAction,
) -> Result<(Vec<Host>, u32), Problem> {
    let found = fleets.instance(&record.session(), &action.instance).await?;
    let Some(host) = found.and_then(of_ec2) else { return Ok((Vec::new(), 0)) };
    let was_launched = action.hook.transition == Transition::Launching;
    let auto_scaling_group = Some(action.hook.group.to_string());
    Ok((vec![Host { was_launched, auto_scaling_group, ..host }], 0))
}

/// The hosts that fit the settings of the group, and how many of them are left aside.
async fn of_group(
    store: &(impl Instances + HostDossiers),
    fleets: &impl Fleets,
    record: &Deployment,
    target: &ServerTarget,
) -> Result<(Vec<Host>, u32), Problem> {
    let environment = &record.spec.environment;
    let mut hosts = BTreeMap::new();
    if !environment.ec2_tags.is_empty() || !environment.auto_scaling_groups.is_empty() {
        let session = &record.session();
        let found = fleets.find(session, &environment.ec2_tags, &environment.auto_scaling_groups).await?;
        hosts.extend(found.into_iter().filter_map(of_ec2).map(|host| (host.id.clone(), host)));
    }
    let registered = registered(store, &environment.on_premises_tags).await?;
    hosts.extend(registered.iter().filter_map(of_premises).map(|host| (host.id.clone(), host)));
    let looked_up = stream::iter(hosts.into_values()).map(async |host: Host| {
        let dossier = store.dossier(&host.identifier).await?;
        Ok::<_, Problem>((host, dossier))
    });
    let looked_up: Vec<(Host, HostDossier)> = looked_up.buffered(AT_ONCE).try_collect().await?;
    let (group, last) = (&record.spec.group_id, record.spec.previous_revision.as_ref());
    let revision = &record.spec.revision;
    let (aside, hosts): (Vec<_>, Vec<_>) = looked_up.into_iter().partition(|(_, dossier)| {
        target.only_outdated && dossier.groups.get(group).is_some_and(|status| status.has(revision))
    });
    let place = |(host, dossier): (Host, HostDossier)| Host {
        standing: standing(dossier.groups.get(group), last),
        seen_at: dossier.seen_at,
        stopped_at: dossier.stopped_at,
        ..host
    };
    Ok((hosts.into_iter().map(place).collect(), u32::try_from(aside.len()).unwrap_or(u32::MAX)))
}

fn standing(status: Option<&HostStatus>, last: Option<&RevisionLocation>) -> Standing {
    match status {
        None => Standing::Unknown,
        Some(status) if !status.is_healthy => Standing::Unhealthy,
        Some(HostStatus { revision: None, .. }) => Standing::Unknown,
        Some(HostStatus { revision, .. }) if revision.as_ref() == last => Standing::Current,
        Some(_) => Standing::Old,
    }
}

fn of_ec2(found: FoundInstance) -> Option<Host> {
    Some(Host {
        id: found.id,
        identifier: found.arn.parse().ok()?,
        arn: found.arn,
        principal: Principal::InstanceProfile { roles: found.roles },
        zone: found.zone,
        auto_scaling_group: found.auto_scaling_group.map(|group| group.to_string()),
        standing: Standing::Unknown,
        seen_at: None,
        stopped_at: None,
        was_launched: false,
    })
}

/// A host as CodeDeploy's API names it; its agent calls itself by its IAM identity.
fn of_premises(instance: &Instance) -> Option<Host> {
    let identity = instance.identity.as_str();
    Some(Host {
        id: instance.name.as_str().parse().ok()?,
        arn: instance.name.to_string(),
        identifier: identity.parse().ok()?,
        principal: Principal::Registered(identity.to_owned()),
        zone: None,
        auto_scaling_group: None,
        standing: Standing::Unknown,
        seen_at: None,
        stopped_at: None,
        was_launched: false,
    })
}

/// The registered instances that the tags select.
async fn registered(store: &impl Instances, tags: &TagSelection) -> Result<Vec<Instance>, Problem> {
    let mut found = Vec::new();
    if tags.is_empty() {
        return Ok(found);
    }
    let filter = InstanceFilter { registered: Some(true), tags: Vec::new() };
    let mut after = None;
    loop {
        let page = store.list_instances(&filter, after.as_deref()).await?;
        for names in page.items.chunks(AT_ONCE) {
            let instances = store.instances(names).await?.into_iter();
            found.extend(instances.filter(|instance| instance.is_registered() && tags.fits(&instance.tags)));
        }
        match page.next {
            None => return Ok(found),
            next @ Some(_) => after = next,
        }
    }
}
