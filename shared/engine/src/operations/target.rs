//! Operations on the targets and instances of deployments.

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
use spillway_domain::server::progress::Roster;
use spillway_domain::server::status::HostTarget;
use spillway_domain::server::work::HostWork;

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
/// rank of its last host, so that no page leaves out or repeats a host whose status has changed meanwhile.
pub async fn list_targets(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
    filter: &TargetFilter,
    after: Option<&str>,
) -> Result<Page<String>, Error> {
    let deployment = load_deployment(store, id).await?;
    let platform = deployment.spec.platform;
    if let Some(member) = filter.label {
        return Err(TargetRejection::NoLabels { member, deployment: deployment.id, platform }.into());
    }
    if platform != ComputePlatform::Server {
        let deployment = own_target(deployment, &[])?;
        let own = deployment.target_id().filter(|_| filter.admits(deployment.target_status()));
        return Ok(Page { items: own.into_iter().collect(), next: None });
    }
    let Some(roster) = roster(&deployment)? else { return Ok(Page { items: Vec::new(), next: None }) };
    let after: Option<u32> = after.and_then(|rank| rank.parse().ok());
    let has_ended = deployment.has_ended();
    let mut works = store.works(&roster).await?;
    works.retain(|work| after.is_none_or(|rank| rank < work.rank) && filter.admits(work.target_status(has_ended)));
    works.sort_by_key(|work| work.rank);
    let has_more = works.len() > PAGE;
    works.truncate(PAGE);
    let next = works.last().filter(|_| has_more).map(|work| work.rank.to_string());
    Ok(Page { items: works.into_iter().map(|work| work.host.id.to_string()).collect(), next })
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

/// The list of the hosts' work; `None` where the deployment ended before its hosts were selected.
fn roster(deployment: &Deployment) -> Result<Option<Roster>, TargetRejection> {
    let roster = deployment.roster();
    if roster.is_none() && !deployment.has_ended() {
        return Err(TargetRejection::NotSelected(deployment.id.clone()));
    }
    Ok(roster)
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
    let Some(roster) = roster(deployment)? else { return Ok((Vec::new(), names.to_vec())) };
    let mut works = store.works_of(&roster, &ids).await?;
    let unknown = ids.iter().filter(|id| works.iter().all(|work| work.host.id != **id));
    missing.extend(unknown.map(ToString::to_string));
    works.sort_by_key(|work| ids.iter().position(|id| *id == work.host.id));
    let shown = stream::iter(works).map(|work| shown(store, deployment, &roster, work));
    Ok((shown.buffered(AT_ONCE).try_collect().await?, missing))
}

async fn shown(
    store: &impl HostWorks,
    deployment: &Deployment,
    roster: &Roster,
    work: HostWork,
) -> Result<HostTarget, Problem> {
    let diagnostics = store.diagnostics(roster, &work.host.id).await?;
    Ok(HostTarget { deployment: deployment.id.clone(), has_ended: deployment.has_ended(), work, diagnostics })
}
