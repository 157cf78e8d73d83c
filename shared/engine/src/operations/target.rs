//! Operations on the targets and instances of deployments.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::target::{TargetFilter, TargetView};
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;
use spillway_domain::rejection::TargetRejection;
use spillway_domain::server::host::HostId;
use spillway_domain::server::status::HostTarget;

use crate::deployment::count_targets::hosts_of;
use crate::operations::Error;
use crate::operations::deployment::load_deployment;
use crate::ports::deployments::Deployments;
use crate::ports::hosts::HostWorks;

/// How many hosts are on a page.
const PAGE: usize = 100;
/// How many hosts have their diagnostics read at once.
const AT_ONCE: usize = 16;

/// These targets of a deployment, in the order in which they are asked for; at most `most` hosts.
pub async fn find_targets(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
    targets: &[String],
    most: usize,
) -> Result<Vec<TargetView>, Error> {
    let deployment = load_deployment(store, id).await?;
    if deployment.spec.platform != ComputePlatform::Server {
        return Ok(vec![own_target(deployment, targets)?.into()]);
    }
    let platform = deployment.spec.platform;
    if let Some(asked) = targets.iter().find(|asked| asked.parse::<HostId>().is_err()) {
        return Err(TargetRejection::Malformed { asked: asked.clone(), platform }.into());
    }
    if targets.len() > most {
        return Err(TargetRejection::TooManyHosts { asked: targets.len(), most }.into());
    }
    let (found, missing) = hosts(store, &deployment, targets).await?;
    match missing.into_iter().next() {
        None => Ok(found.into_iter().map(TargetView::from).collect()),
        Some(asked) => Err(TargetRejection::NoHost { deployment: id.clone(), asked }.into()),
    }
}

/// A deployment to Lambda or ECS, once its target is known and if this is the id of it.
pub async fn find_own_target(
    deployments: &impl Deployments,
    id: &DeploymentId,
    target: &String,
) -> Result<Deployment, Error> {
    Ok(own_target(load_deployment(deployments, id).await?, std::slice::from_ref(target))?)
}

/// The deployment, once its target is known and if these are ids of it. A deployment to Lambda or ECS has one.
fn own_target(deployment: Deployment, targets: &[String]) -> Result<Deployment, TargetRejection> {
    if let Some(malformed) = targets.iter().find(|asked| !is_target_id(asked)) {
        let platform = deployment.spec.platform;
        return Err(TargetRejection::Malformed { asked: malformed.clone(), platform });
    }
    if deployment.spec.target == Target::Unread && !deployment.has_ended() {
        return Err(TargetRejection::NotStarted(deployment.id));
    }
    if targets.len() > 1 {
        return Err(TargetRejection::OneTarget { deployment: deployment.id, asked: targets.len() });
    }
    let own = deployment.target_id();
    match targets.iter().find(|asked| own.as_ref() != Some(*asked)) {
        None => Ok(deployment),
        Some(asked) => Err(TargetRejection::DoesNotExist { deployment: deployment.id, asked: asked.clone(), own }),
    }
}

/// Whether a text has the form of a target's id: on every platform that has one, two names around a colon.
fn is_target_id(text: &str) -> bool {
    text.split_once(':').is_some_and(|(whole, part)| !whole.is_empty() && !part.is_empty())
}

/// The ids of the targets of a deployment: its hosts in the order in which they are worked on. The key of a page is the
/// place of its last host, so that no page leaves out or repeats a host whose status has changed meanwhile.
pub async fn list_targets(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
    filter: &TargetFilter,
    after: Option<&str>,
) -> Result<Page<String>, Error> {
    let deployment = load_deployment(store, id).await?;
    let platform = deployment.spec.platform;
    if let Some((member, _)) = filter.labels.as_ref().filter(|_| deployment.replacement().is_none()) {
        return Err(TargetRejection::NoLabels { member: *member, deployment: deployment.id, platform }.into());
    }
    if platform != ComputePlatform::Server {
        let deployment = own_target(deployment, &[])?;
        let own = deployment.target_id().filter(|_| filter.admits(deployment.target_status()));
        return Ok(Page { items: own.into_iter().collect(), next: None });
    }
    check_selected(&deployment)?;
    let after: Option<usize> = after.and_then(|place| place.parse().ok());
    let hosts = hosts_of(store, &deployment).await?.into_iter().enumerate();
    let hosts = hosts
        .filter(|(place, host)| after.is_none_or(|after| after < *place) && filter.admits_host(host.side, host.status));
    let mut hosts: Vec<(usize, HostTarget)> = hosts.take(PAGE + 1).collect();
    let has_more = hosts.len() > PAGE;
    hosts.truncate(PAGE);
    let next = hosts.last().filter(|_| has_more).map(|(place, _)| place.to_string());
    Ok(Page { items: hosts.into_iter().map(|(_, host)| host.work.host.id.to_string()).collect(), next })
}

/// One instance of a deployment. Only deployments to servers have some.
pub async fn find_deployment_instance(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
    instance: &String,
) -> Result<HostTarget, Error> {
    let (found, _) = find_deployment_instances(store, id, std::slice::from_ref(instance)).await?;
    let unknown = || TargetRejection::NoInstance { deployment: id.clone(), asked: instance.clone() };
    Ok(found.into_iter().next().ok_or_else(unknown)?)
}

/// Instances of a deployment, in the order in which they are asked for, and which of them it does not have.
pub async fn find_deployment_instances(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
    instances: &[String],
) -> Result<(Vec<HostTarget>, Vec<String>), Error> {
    let deployment = load_deployment(store, id).await?;
    let platform = deployment.spec.platform;
    if platform != ComputePlatform::Server {
        return Err(TargetRejection::NoInstances { deployment: deployment.id, platform }.into());
    }
    hosts(store, &deployment, instances).await
}

/// Refuses to tell of hosts that are still to be selected.
fn check_selected(deployment: &Deployment) -> Result<(), TargetRejection> {
    if deployment.rosters().is_empty() && !deployment.has_ended() {
        return Err(TargetRejection::NotSelected(deployment.id.clone()));
    }
    Ok(())
}

/// The hosts of these names, each once, and the names that no host of the deployment has.
async fn hosts(
    store: &impl HostWorks,
    deployment: &Deployment,
    names: &[String],
) -> Result<(Vec<HostTarget>, Vec<String>), Error> {
    let mut missing = Vec::new();
    let mut ids: Vec<HostId> = Vec::new();
    for name in names {
        match name.parse() {
            Ok(id) if ids.contains(&id) => {}
            Ok(id) => ids.push(id),
            Err(_) => missing.push(name.clone()),
        }
    }
    check_selected(deployment)?;
    let mut found = BTreeMap::new();
    for (phase, roster) in deployment.rosters() {
        for work in store.works_of(&roster, &ids).await? {
            found.entry(work.host.id.clone()).or_insert_with(Vec::new).push((phase, work));
        }
    }
    missing.extend(ids.iter().filter(|id| !found.contains_key(*id)).map(ToString::to_string));
    let asked = ids.iter().filter_map(|id| HostTarget::new(deployment, found.remove(id)?)).collect::<Vec<_>>();
    let shown = stream::iter(asked).map(|host| with_diagnostics(store, deployment, host));
    Ok((shown.buffered(AT_ONCE).try_collect().await?, missing))
}

async fn with_diagnostics(
    store: &impl HostWorks,
    deployment: &Deployment,
    mut host: HostTarget,
) -> Result<HostTarget, Problem> {
    for (phase, roster) in deployment.rosters() {
        if phase.side() == host.side {
            host.diagnostics.extend(store.diagnostics(&roster, &host.work.host.id).await?);
        }
    }
    Ok(host)
}
