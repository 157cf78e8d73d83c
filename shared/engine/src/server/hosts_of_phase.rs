//! Which hosts the phase of a deployment is about.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use spillway_domain::catalog::environment::TagSelection;
use spillway_domain::catalog::instance::{Instance, InstanceFilter};
use spillway_domain::catalog::revision::RevisionLocation;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::server::blue_green::Selector;
use spillway_domain::server::host::{Host, HostId, Principal, Standing};
use spillway_domain::server::lifecycle_action::{LifecycleAction, Transition};
use spillway_domain::server::phase::Phase;
use spillway_domain::server::progress::Selection;
use spillway_domain::server::target::ServerTarget;
use spillway_domain::server::traffic::{Balancer, Membership};
use spillway_domain::server::work::{HostOutcome, HostWork};

use crate::deployment::task::load;
use crate::ports::balancers::Balancers;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::{Fleets, FoundInstance, HostDossier, HostDossiers, HostStatus, HostWorks, OpenWork};
use crate::ports::instances::Instances;

/// How many hosts are looked up at once.
const AT_ONCE: usize = 16;

/// The hosts of the phase that a deployment is in, and how many more belong to the fleet and are left as they are; `None`
/// in a rollback that no original host is left for.
pub(crate) async fn hosts_of_phase(
    store: &(impl Deployments + Instances + HostWorks + HostDossiers),
    fleets: &impl Fleets,
    balancers: &impl Balancers,
    record: &Deployment,
    target: &ServerTarget,
) -> Result<Option<(Vec<Host>, u32)>, Problem> {
    let (hosts, aside) = match (record.phase(), &record.spec.rolls_back, &record.spec.lifecycle_action) {
        (Phase::InPlace, Some(original), _) => return touched_by(store, original).await.map(Some),
        (Phase::InPlace, None, Some(action)) => return launched(fleets, record, action).await.map(Some),
        (Phase::InPlace, None, None) => return of_group(store, fleets, record, target).await.map(Some),
        (Phase::Install, ..) => (of_replacement(fleets, record).await?, 0),
        (Phase::Route, ..) => (installed(store, record).await?, 0),
        (Phase::Leave, ..) => {
            let originals = of_original(store, fleets, record).await?;
            (with_traffic(balancers, record, originals).await?, 0)
        }
        (Phase::Return, Some(original), _) => match returning(store, fleets, &load(store, original).await?).await? {
            (hosts, 0) if hosts.is_empty() => return Ok(None),
            found => found,
        },
        (Phase::Withdraw, Some(original), _) => {
            let original = load(store, original).await?;
            // Where originals have returned, the phase before has seen to it that there are some.
            let is_first = record.phases_done.is_empty();
            if is_first && !is_served(balancers, record, of_original(store, fleets, &original).await?).await? {
                return Ok(None);
            }
            let replacements = withdrawing(store, fleets, &original).await?;
            (with_traffic(balancers, record, replacements).await?, 0)
        }
        (Phase::Return | Phase::Withdraw, None, _) => (Vec::new(), 0),
    };
    Ok(Some((look_up(store, hosts).await?.into_iter().map(|found| place(record, found)).collect(), aside)))
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
        Selection::NoOriginals | Selection::TooMany { .. } => 0,
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
    let found = selected(fleets, record, record.originals()).await?;
    let mut hosts: BTreeMap<HostId, Host> = found.map(|host| (host.id.clone(), host)).collect();
    let registered = registered(store, &record.spec.environment.on_premises_tags).await?;
    hosts.extend(registered.iter().filter_map(of_premises).map(|host| (host.id.clone(), host)));
    let looked_up = look_up(store, hosts.into_values()).await?;
    let (group, revision) = (&record.spec.group_id, &record.spec.revision);
    let (aside, hosts): (Vec<_>, Vec<_>) = looked_up.into_iter().partition(|(_, dossier)| {
        target.only_outdated && dossier.groups.get(group).is_some_and(|status| status.has(revision))
    });
    let hosts = hosts.into_iter().map(|found| place(record, found)).collect();
    Ok((hosts, u32::try_from(aside.len()).unwrap_or(u32::MAX)))
}

/// The hosts of the replacement environment, whatever revision they have. A member of an Auto Scaling group of the original
/// is an original, however it is tagged: that group is emptied in the end.
async fn of_replacement(fleets: &impl Fleets, record: &Deployment) -> Result<Vec<Host>, Problem> {
    let Some(replacement) = record.replacement() else { return Ok(Vec::new()) };
    let groups = record.originals().auto_scaling_groups;
    let is_original = |host: &Host| {
        let group = host.auto_scaling_group.as_ref();
        group.is_some_and(|name| groups.iter().any(|group| group.as_str() == name))
    };
    Ok(selected(fleets, record, replacement.into()).await?.filter(|host| !is_original(host)).collect())
}

/// The hosts of the original environment that are no replacement, too, and that may have traffic: an instance whose
/// deployment after its launch has not begun gets none. On-premises instances are behind no load balancer, so a
/// blue/green deployment leaves them alone.
async fn of_original(
    store: &(impl Deployments + HostWorks + HostDossiers),
    fleets: &impl Fleets,
    record: &Deployment,
) -> Result<Vec<Host>, Problem> {
    let mut replacements: BTreeSet<HostId> =
        works_in(store, record, Phase::Install).await?.into_iter().map(|work| work.host.id).collect();
    replacements.extend(of_replacement(fleets, record).await?.into_iter().map(|host| host.id));
    let is_replacement = |host: &Host| replacements.contains(&host.id);
    let mut originals = Vec::new();
    let found = selected(fleets, record, record.originals()).await?.filter(|host| !is_replacement(host));
    for (host, dossier) in look_up(store, found).await? {
        if !is_launching(store, &dossier).await? {
            originals.push(host);
        }
    }
    Ok(originals)
}

/// Whether a host waits to begin with what it gets since Auto Scaling has launched it.
async fn is_launching(store: &(impl Deployments + HostWorks), dossier: &HostDossier) -> Result<bool, Problem> {
    for OpenWork { roster, host } in &dossier.open {
        let Some(record) = store.load(&roster.deployment).await?.filter(|record| !record.has_ended()) else { continue };
        let is_of_launch = record.spec.lifecycle_action.is_some() && !record.ends_instance();
        let work = store.works_of(roster, std::slice::from_ref(host)).await?.into_iter().next();
        if is_of_launch && work.is_none_or(|work| !work.has_begun()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The hosts, each with whether a load balancer has it.
async fn with_traffic(balancers: &impl Balancers, record: &Deployment, hosts: Vec<Host>) -> Result<Vec<Host>, Problem> {
    let seen = balancers.look(&record.session(), &record.spec.environment.load_balancer).await?;
    let had_traffic = |host: &Host| seen.iter().any(|balancer| balancer.members.contains_key(&host.id));
    Ok(hosts.into_iter().map(|host| Host { had_traffic: had_traffic(&host), ..host }).collect())
}

/// Whether every load balancer sends requests to one of these hosts.
async fn is_served(balancers: &impl Balancers, record: &Deployment, hosts: Vec<Host>) -> Result<bool, Problem> {
    let seen = balancers.look(&record.session(), &record.spec.environment.load_balancer).await?;
    let serves =
        |balancer: &Balancer| hosts.iter().any(|host| balancer.members.get(&host.id) == Some(&Membership::Healthy));
    Ok(seen.iter().all(serves))
}

/// The original hosts that a deployment has taken out of the traffic, and how many are in it still; without those that are
/// terminated or had no traffic before.
async fn returning(
    store: &impl HostWorks,
    fleets: &impl Fleets,
    original: &Deployment,
) -> Result<(Vec<Host>, u32), Problem> {
    let works = touched_in(store, fleets, original, Phase::Leave).await?.into_iter();
    let (left, stayed): (Vec<_>, Vec<_>) = works.filter(|work| work.host.had_traffic).partition(HostWork::has_left);
    Ok((left.into_iter().map(|work| work.host).collect(), u32::try_from(stayed.len()).unwrap_or(u32::MAX)))
}

/// The replacement hosts that a deployment may have brought into the traffic, and those that were launched since.
async fn withdrawing(
    store: &(impl Deployments + HostWorks + HostDossiers),
    fleets: &impl Fleets,
    original: &Deployment,
) -> Result<Vec<Host>, Problem> {
    let touched = touched_in(store, fleets, original, Phase::Route).await?.into_iter();
    let mut hosts: BTreeMap<HostId, Host> = touched.map(|work| (work.host.id.clone(), work.host)).collect();
    for (host, dossier) in look_up(store, of_replacement(fleets, original).await?).await? {
        if !hosts.contains_key(&host.id) && !is_launching(store, &dossier).await? {
            hosts.insert(host.id.clone(), host);
        }
    }
    Ok(hosts.into_values().collect())
}

/// The replacement hosts that got the revision. A crash may have kept that from being noted of a host, and nothing would
/// make up for it later, so it is noted here once more.
async fn installed(store: &(impl HostWorks + HostDossiers), record: &Deployment) -> Result<Vec<Host>, Problem> {
    let works = works_in(store, record, Phase::Install).await?.into_iter();
    let hosts = works.filter(|work| work.outcome == Some(HostOutcome::Succeeded)).map(|work| work.host);
    let status = &HostStatus { is_healthy: true, revision: Some(record.spec.revision.clone()) };
    let noted = stream::iter(hosts).map(async |host: Host| {
        store.note_status(&host.identifier, &record.spec.group_id, status).await?;
        Ok::<_, Problem>(host)
    });
    noted.buffered(AT_ONCE).try_collect().await
}

/// The work of the hosts that a deployment may have touched in a phase, unless they are terminated.
async fn touched_in(
    store: &impl HostWorks,
    fleets: &impl Fleets,
    record: &Deployment,
    phase: Phase,
) -> Result<Vec<HostWork>, Problem> {
    let released = record.progress_of(phase).map_or(0, |progress| progress.watermark.released);
    let works = works_in(store, record, phase).await?.into_iter();
    let works: Vec<HostWork> = works.filter(|work| work.rank < released).collect();
    let ids: Vec<HostId> = works.iter().map(|work| work.host.id.clone()).collect();
    let terminated = fleets.terminated(&record.session(), &ids).await?;
    Ok(works.into_iter().filter(|work| !terminated.contains(&work.host.id)).collect())
}

/// The work of the hosts of a phase; none where the phase has not begun.
pub(crate) async fn works_in(
    store: &impl HostWorks,
    record: &Deployment,
    phase: Phase,
) -> Result<Vec<HostWork>, Problem> {
    match record.rosters().into_iter().find(|(of, _)| *of == phase) {
        Some((_, roster)) => store.works(&roster).await,
        None => Ok(Vec::new()),
    }
}

/// The EC2 instances that are selected, none where nothing selects any.
async fn selected(
    fleets: &impl Fleets,
    record: &Deployment,
    Selector { ec2_tags, auto_scaling_groups }: Selector<'_>,
) -> Result<impl Iterator<Item = Host>, Problem> {
    let found = if ec2_tags.is_empty() && auto_scaling_groups.is_empty() {
        Vec::new()
    } else {
        fleets.find(&record.session(), ec2_tags, auto_scaling_groups).await?
    };
    Ok(found.into_iter().filter_map(of_ec2))
}

async fn look_up(
    store: &impl HostDossiers,
    hosts: impl IntoIterator<Item = Host>,
) -> Result<Vec<(Host, HostDossier)>, Problem> {
    let looked_up = stream::iter(hosts).map(async |host: Host| {
        let dossier = store.dossier(&host.identifier).await?;
        Ok::<_, Problem>((host, dossier))
    });
    looked_up.buffered(AT_ONCE).try_collect().await
}

/// A host as its deployment group knows it.
fn place(record: &Deployment, (host, dossier): (Host, HostDossier)) -> Host {
    let last = record.spec.previous_revision.as_ref();
    Host {
        standing: standing(dossier.groups.get(&record.spec.group_id), last),
        seen_at: dossier.seen_at,
        stopped_at: dossier.stopped_at,
        ..host
    }
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
        had_traffic: false,
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
        had_traffic: false,
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
