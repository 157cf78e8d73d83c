//! Settle fleet: what is left of a blue/green deployment once the traffic has moved. The deployment group takes over the
//! environment that has the traffic, and the original hosts are terminated.

use jiff::Timestamp;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::environment::TagSelection;
use spillway_domain::catalog::group::{DeploymentGroup, StoredGroup};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::blue_green::Selector;
use spillway_domain::server::host::HostId;
use spillway_domain::server::lifecycle_action::{HookOwner, LifecycleHook};
use spillway_domain::server::phase::{Phase, Takeover};

use crate::deployment::task::{Note, amend, load};
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::catalog::{GroupWrite, Groups};
use crate::ports::deployments::Deployments;
use crate::ports::hosts::{Fleets, HostWorks, Terminations};
use crate::server::hosts_of_phase::works_in;
use crate::server::lifecycle_hooks::{delete_hooks, hook_session};

/// Does what the stage of the deployment asks for, unless that was done before.
pub async fn settle_fleet(
    store: &(impl Groups + Deployments + HostWorks),
    fleets: &(impl Fleets + Terminations),
    hooks: &impl LifecycleHooks,
    id: &DeploymentId,
    clock: impl Fn() -> Timestamp,
) -> Result<(), Problem> {
    let record = load(store, id).await?;
    if record.is_to_adopt() {
        let takeover = take_over(store, hooks, &record).await?;
        let launched = launched_meanwhile(store, fleets, &record).await?;
        let why = match takeover {
            Takeover::Done => "The deployment group selects the environment that has the traffic.",
            Takeover::Declined => "The deployment group selects other hosts than at the start, so it is left as it is.",
        };
        let change = |record: &mut Deployment| {
            record.is_to_adopt().then(|| record.note_takeover(takeover, launched, clock()))?;
            Some(Note { seen: "deployment group: read".to_owned(), decided: "Adopt", why: why.to_owned() })
        };
        amend(store, id, change).await?;
    } else if record.is_to_terminate() {
        let hosts = terminate(store, fleets, &record).await?;
        let change = |record: &mut Deployment| {
            record.is_to_terminate().then(|| record.note_terminated(clock()))?;
            let why = "The original hosts are terminated.".to_owned();
            Some(Note { seen: format!("original hosts: {hosts}"), decided: "Terminate", why })
        };
        amend(store, id, change).await?;
    }
    Ok(())
}

/// Has the deployment group select the environment that has the traffic, with its lifecycle hooks, unless it selects what
/// neither the deployment nor its rollback has left there.
async fn take_over(store: &impl Groups, hooks: &impl LifecycleHooks, record: &Deployment) -> Result<Takeover, Problem> {
    let owner =
        HookOwner { application: record.spec.lock.home.clone(), deployment_group_id: record.spec.group_id.clone() };
    let (Some((application, StoredGroup { group, .. })), Some((from, to))) =
        (store.group_by_id(&owner).await?, record.adoption())
    else {
        return Ok(Takeover::Declined);
    };
    let is_there = Selector::from(&group.environment) == to;
    if !is_there && Selector::from(&group.environment) != from {
        return Ok(Takeover::Declined);
    }
    let (before, after) = (selecting(&group, from), selecting(&group, to));
    put_hooks(hooks, &application, &group, &only_in(&after, &before)).await?;
    if !is_there && store.replace_group(&group, &after).await? != GroupWrite::Done {
        let words = format!("Deployment group {} has changed since it was read.", group.name);
        return Err(Problem::new(ProblemKind::Stale, words));
    }
    delete_hooks(hooks, &application, &group, &only_in(&before, &after)).await;
    Ok(Takeover::Done)
}

fn selecting(group: &DeploymentGroup, Selector { ec2_tags, auto_scaling_groups }: Selector<'_>) -> DeploymentGroup {
    let mut group = group.clone();
    group.environment.ec2_tags.clone_from(ec2_tags);
    group.environment.auto_scaling_groups = auto_scaling_groups.to_vec();
    group
}

fn only_in(own: &DeploymentGroup, other: &DeploymentGroup) -> Vec<LifecycleHook> {
    let other = other.lifecycle_hooks();
    own.lifecycle_hooks().into_iter().filter(|hook| !other.contains(hook)).collect()
}

async fn put_hooks(
    hooks: &impl LifecycleHooks,
    application: &Application,
    group: &DeploymentGroup,
    wanted: &[LifecycleHook],
) -> Result<(), Problem> {
    for hook in wanted {
        hooks.put(&hook_session(application, group), hook, &group.hook_owner()).await?;
    }
    Ok(())
}

/// Whether the Auto Scaling groups of the replacement have instances that were launched since its hosts were selected. They
/// came before the lifecycle hooks did, so no deployment was made for them.
async fn launched_meanwhile(
    store: &impl HostWorks,
    fleets: &impl Fleets,
    record: &Deployment,
) -> Result<bool, Problem> {
    let Some(replacement) = record.replacement().filter(|_| record.spec.rolls_back.is_none()) else { return Ok(false) };
    if replacement.auto_scaling_groups.is_empty() {
        return Ok(false);
    }
    let known = works_in(store, record, Phase::Install).await?;
    let found = fleets.find(&record.session(), &TagSelection::default(), &replacement.auto_scaling_groups).await?;
    Ok(found.iter().any(|found| known.iter().all(|work| work.host.id != found.id)))
}

/// Terminates the original hosts: the Auto Scaling groups of the original environment get the size 0, so that they launch
/// no instance in place of one that goes. Answers with how many hosts there were.
async fn terminate(
    store: &impl HostWorks,
    fleets: &(impl Fleets + Terminations),
    record: &Deployment,
) -> Result<usize, Problem> {
    let session = &record.session();
    for group in record.originals().auto_scaling_groups {
        fleets.empty(session, group).await?;
    }
    let originals: Vec<HostId> =
        works_in(store, record, Phase::Leave).await?.into_iter().map(|work| work.host.id).collect();
    let gone = fleets.terminated(session, &originals).await?;
    let there: Vec<HostId> = originals.iter().filter(|id| !gone.contains(id)).cloned().collect();
    fleets.terminate(session, &there).await?;
    Ok(originals.len())
}
