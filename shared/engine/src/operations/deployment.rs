//! Operations on deployments.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use spillway_domain::access::caller::Caller;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::environment::{AutoScalingGroupName, DeploymentType, GreenFleet};
use spillway_domain::catalog::group::{DeploymentGroup, GroupState};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::{NewRevision, RevisionLocation};
use spillway_domain::catalog::routing::Routing;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::halt::Cause;
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventName, LifecycleEvent, Verdict};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::{DeploymentFilter, HookAnswer, NewDeployment};
use spillway_domain::deployment::spec::{Creator, DeploymentSpec, Target};
use spillway_domain::deployment::target::CountedDeployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::{DeploymentRejection, GroupRejection, Quota, Rejection, RevisionRejection};
use spillway_domain::server::target::Replacement;

use crate::deployment::count_targets::count_targets;
use crate::deployment::task::{Note, amend, load};
use crate::deployment::wake::{start_or_leave, wake_or_leave};
use crate::operations::Error;
use crate::operations::configuration::config_for;
use crate::operations::group::find_group;
use crate::operations::revision::find_revision;
use crate::ports::catalog::{Configurations, Groups};
use crate::ports::deployments::{Creation, Deployments};
use crate::ports::executions::{Executions, Wakes};
use crate::ports::hosts::HostWorks;
use crate::ports::revisions::Revisions;

/// How many deployments have their hosts read at once.
const COUNTED_AT_ONCE: usize = 8;

/// Writes the deployment with its revision, whose text `read` understands, takes the group's slot, and starts the
/// execution. When only the start fails, the deployment stands and the sweep starts it. Of several that are made at
/// once, a few may be more than may be active.
pub async fn create_deployment(
    store: &(impl Groups + Configurations + Deployments + Revisions),
    executions: &impl Executions,
    request: &NewDeployment,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    id: DeploymentId,
    now: Timestamp,
) -> Result<Deployment, Error> {
    let deployment = write(store, request, read, quotas, Identity { id, execution: None }, now).await?;
    start_or_leave(executions, &deployment).await;
    Ok(deployment)
}

/// An execution of the state machine that asks for a deployment, and goes on with it.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// Its ARN.
    pub arn: String,
    /// When it was started, as Step Functions writes it.
    pub started_at: String,
}

impl StartRequest {
    /// The name of the execution, the last part of its ARN.
    pub fn execution_name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
    }
}

/// The same for an execution that is there already, so that none is started. However often it asks, it gets the one
/// deployment that it asked for first.
pub async fn create_deployment_for(
    store: &(impl Groups + Configurations + Deployments + Revisions),
    start: &StartRequest,
    request: &NewDeployment,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    now: Timestamp,
) -> Result<Deployment, Error> {
    let id = DeploymentId::of_execution(&start.arn, &start.started_at);
    let name = Some(start.execution_name().to_owned());
    match store.load(&id).await? {
        Some(first) if first.execution == name => Ok(first),
        Some(_) | None => {
            let request = NewDeployment { caller: start.arn.parse().ok(), ..request.clone() };
            write(store, &request, read, quotas, Identity { id, execution: name }, now).await
        }
    }
}

/// By what a new deployment is known.
struct Identity {
    id: DeploymentId,
    /// The execution that asked for it, if one did.
    execution: Option<String>,
}

/// Writes the deployment.
async fn write(
    store: &(impl Groups + Configurations + Deployments + Revisions),
    request: &NewDeployment,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    Identity { id, execution }: Identity,
    now: Timestamp,
) -> Result<Deployment, Error> {
    let (application, group, state) = find_group(store, &request.application, &request.group).await?;
    if let Some(member) = request.for_servers.filter(|_| application.platform != ComputePlatform::Server) {
        return Err(DeploymentRejection::ForServers(member, application.platform).into());
    }
    let platform = application.platform;
    if platform == ComputePlatform::Server {
        check_replacement(&group, request.hosts.replacement.as_ref())?;
    }
    let (revision, target) = revision_of(store, request, &application, &state, read).await?;
    let config = request.config.clone().unwrap_or(group.config);
    // What is at its target already has no way to go; a service gets new tasks all the same.
    let restarts = request.revision.is_none() && platform == ComputePlatform::Lambda;
    let archive_of =
        state.last_successful.filter(|_| request.revision.is_none() && platform == ComputePlatform::Server);
    let strategy = config_for(store, &config, platform).await?;
    let target = strategy.fleet_rules().map_or(target, |rules| Target::Server(request.hosts.clone().target(rules)));
    let routing = strategy.routing();
    let routing = routing.filter(|_| !restarts).unwrap_or_else(Routing::all_at_once);
    if state.active.is_none() && store.count_active().await? >= quotas.active_deployments {
        return Err(Rejection::Full { quota: Quota::ActiveDeployments, most: quotas.active_deployments }.into());
    }
    let spec = DeploymentSpec {
        application: application.name,
        application_id: application.id,
        group: group.name.clone(),
        group_id: group.id,
        lock: group.lock,
        platform,
        environment: group.environment,
        config,
        routing,
        revision: revision.location,
        previous_revision: state.target_revision,
        target,
        role: group.role,
        alarms: request.alarms.clone().unwrap_or(group.alarms),
        override_alarms: request.alarms.clone(),
        rollback: request.rollback.clone().unwrap_or(group.rollback),
        triggers: group.triggers,
        creator: Creator::User,
        caller: request.caller.clone(),
        lifecycle_action: None,
        failed_launches: 0,
        follows: None,
        rolls_back: None,
        description: request.description.clone(),
        restarts,
        archive_of: archive_of.map(|last| last.id),
    };
    let deployment = Deployment { execution, ..Deployment::new(id, spec, now) };
    match store.create(&deployment, revision.content.as_deref()).await? {
        Creation::Busy(deployment) => Err(DeploymentRejection::Busy { group: group.name, deployment }.into()),
        Creation::AliasBusy(holder) => {
            let holder = load(store, &holder).await?;
            let alias = deployment.target_id().unwrap_or_default();
            let (application, group) = (holder.spec.application.clone(), holder.spec.group.clone());
            Err(DeploymentRejection::AliasBusy { alias, application, group, deployment: holder.id }.into())
        }
        Creation::NoGroup => Err(GroupRejection::DoesNotExist(group.name).into()),
        Creation::Created => Ok(deployment),
    }
}

/// Whether a deployment to hosts has a replacement environment where it has to have one, and none where it has not.
fn check_replacement(group: &DeploymentGroup, given: Option<&Replacement>) -> Result<(), DeploymentRejection> {
    let (environment, name) = (&group.environment, || group.name.clone());
    let is_copy = environment.blue_green.green_fleet == Some(GreenFleet::CopyAutoScalingGroup);
    match (environment.style.kind, given) {
        (DeploymentType::InPlace, None) => Ok(()),
        (DeploymentType::InPlace, Some(_)) => Err(DeploymentRejection::InPlace),
        (DeploymentType::BlueGreen, _) if is_copy => Err(DeploymentRejection::CopyNotBuilt(name())),
        (DeploymentType::BlueGreen, None) => Err(DeploymentRejection::NoReplacement(name())),
        (DeploymentType::BlueGreen, Some(replacement)) => {
            let is_shared = |name: &&AutoScalingGroupName| environment.auto_scaling_groups.contains(name);
            match replacement.auto_scaling_groups.iter().find(is_shared) {
                None => Ok(()),
                Some(shared) => {
                    Err(DeploymentRejection::SharedAutoScalingGroup { name: shared.clone(), group: name() })
                }
            }
        }
    }
}

/// What is deployed, and what it says: as it was given, or, when only its location was, as it was registered. What
/// lies in S3 is read later, as the service role.
async fn revision_of(
    revisions: &impl Revisions,
    request: &NewDeployment,
    application: &Application,
    state: &GroupState,
    read: impl Fn(&str, ComputePlatform) -> Target,
) -> Result<(NewRevision, Target), Error> {
    if let Some(given) = &request.revision
        && let Some(unfit) = given.location.unfit(application.platform)
    {
        return Err(RevisionRejection::Unfit(unfit, application.platform).into());
    }
    if let Some(given) = &request.revision {
        let says = given.content.as_deref().map(|content| read(content, application.platform));
        if let Some(target) = request.target.clone().or(says) {
            return Ok((given.clone(), target));
        }
    }
    let restart = || RevisionRejection::NothingToRestart(request.group.clone());
    let location = match &request.revision {
        Some(given) => given.location.clone(),
        None => state.target_revision.clone().ok_or_else(restart)?,
    };
    // What hosts are given is read by their agents.
    if matches!(location, RevisionLocation::S3(_)) || application.platform == ComputePlatform::Server {
        return Ok((NewRevision { location, content: None }, Target::Unread));
    }
    let found = find_revision(revisions, &application.name, &location).await?;
    let unknown =
        || RevisionRejection::DoesNotExist { application: application.name.clone(), revision: location.clone() };
    let content = found.content.ok_or_else(unknown)?;
    let target = read(&content, application.platform);
    let target = if request.revision.is_none() { target.restarted() } else { target };
    Ok((NewRevision { location, content: Some(content) }, target))
}

/// A deployment by id.
pub async fn load_deployment(deployments: &impl Deployments, id: &DeploymentId) -> Result<Deployment, Error> {
    let found = deployments.load(id).await?;
    Ok(found.ok_or_else(|| DeploymentRejection::DoesNotExist(id.clone()))?)
}

/// A deployment by id, with its targets counted.
pub async fn show_deployment(
    store: &(impl Deployments + HostWorks),
    id: &DeploymentId,
) -> Result<CountedDeployment, Error> {
    Ok(count_targets(store, load_deployment(store, id).await?).await?)
}

/// Deployments by id, with their targets counted. Those that are not there are left out.
pub async fn show_deployments(
    store: &(impl Deployments + HostWorks),
    ids: &[DeploymentId],
) -> Result<Vec<CountedDeployment>, Error> {
    let found = stream::iter(store.load_many(ids).await?).map(|deployment| count_targets(store, deployment));
    Ok(found.buffered(COUNTED_AT_ONCE).try_collect().await?)
}

/// The ids of deployments, newest first. The key after which a page of a group goes on begins with the group's id, so
/// that only the first has to find the group.
pub async fn list_deployments(
    catalog: &impl Groups,
    deployments: &impl Deployments,
    filter: &DeploymentFilter,
    after: Option<&str>,
) -> Result<Page<DeploymentId>, Error> {
    let Some((application, group)) = &filter.group else {
        return Ok(deployments.list(None, filter, after).await?);
    };
    let (id, after) = match after.and_then(|after| after.split_once('/')) {
        Some((id, after)) => (id.to_owned(), Some(after)),
        None => (find_group(catalog, application, group).await?.1.id, None),
    };
    let Page { items, next } = deployments.list(Some(&id), filter, after).await?;
    Ok(Page { items, next: next.map(|next| format!("{id}/{next}")) })
}

/// Halts the deployment and wakes it, and answers with its record. Traffic goes back to the original version, with a
/// rollback deployment or without one: no end leaves it on two. It is handed a clock, not a time, because what is waited
/// for after a halt counts from when it was saved.
pub async fn stop_deployment(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    id: &DeploymentId,
    rollback: Option<bool>,
    caller: Option<&Caller>,
    clock: impl Fn() -> Timestamp,
) -> Result<Deployment, Error> {
    let record = deployments.load(id).await?.ok_or_else(|| DeploymentRejection::DoesNotExist(id.clone()))?;
    if record.is_settled() {
        return Err(DeploymentRejection::AlreadyCompleted(id.clone()).into());
    }
    if record.spec.rolls_back.is_some() {
        return Err(DeploymentRejection::RollbackCannotStop(id.clone()).into());
    }
    let mut ended = false;
    let change = |record: &mut Deployment| {
        ended = record.is_settled();
        let why = format!("StopDeployment was called by {}.", Caller::in_words(caller));
        record.halt(Cause::Stop { rollback, caller: caller.cloned() }, clock()).then(|| Note {
            seen: "request: stop".to_owned(),
            decided: "Halt",
            why,
        })
    };
    amend(deployments, id, change).await?;
    if ended {
        return Err(DeploymentRejection::AlreadyCompleted(id.clone()).into());
    }
    let record = deployments.load(id).await?.ok_or_else(|| DeploymentRejection::DoesNotExist(id.clone()))?;
    wake_or_leave(wakes, &record).await;
    Ok(record)
}

/// Ends a wait of a deployment before its time, and wakes it.
pub async fn continue_deployment(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    id: &DeploymentId,
    wait: Gate,
    caller: Option<&Caller>,
    now: Timestamp,
) -> Result<(), Error> {
    let deployment = load_deployment(deployments, id).await?;
    if deployment.has_ended() {
        return Err(DeploymentRejection::AlreadyCompleted(deployment.id).into());
    }
    let platform = deployment.spec.platform;
    if platform != ComputePlatform::Ecs && deployment.replacement().is_none() {
        return Err(DeploymentRejection::NoWait { deployment: deployment.id, platform, wait }.into());
    }
    let change = |record: &mut Deployment| {
        let why = format!("ContinueDeployment was called with {} by {}.", wait.as_str(), Caller::in_words(caller));
        record.end_wait(wait, now).then(|| Note { seen: "request: continue".to_owned(), decided: "Continue", why })
    };
    let Some(record) = amend(deployments, id, change).await? else {
        return Err(DeploymentRejection::NotWaiting { deployment: id.clone(), wait }.into());
    };
    wake_or_leave(wakes, &record).await;
    Ok(())
}

/// Takes the verdict of a hook. The first one counts; a later one, one for an event that no longer waits, and one
/// with an id that is not this deployment's are refused.
pub async fn answer_hook(
    deployments: &impl Deployments,
    wakes: &impl Wakes,
    answer: &HookAnswer,
    now: Timestamp,
) -> Result<(), Error> {
    let id = &answer.deployment;
    let record = deployments.load(id).await?.ok_or_else(|| DeploymentRejection::DoesNotExist(id.clone()))?;
    let foreign = || DeploymentRejection::ForeignHook { deployment: id.clone() };
    let event = answer.event;
    let asked = |event: &LifecycleEvent| event.hook.as_ref().is_some_and(|run| run.asked > 0);
    if !record.event(event).is_some_and(asked) {
        return Err(foreign().into());
    }
    let verdict = if answer.succeeded { Verdict::Succeeded } else { Verdict::Failed(said_failed(&record, event)) };
    let change = |record: &mut Deployment| {
        let said = if answer.succeeded { "Succeeded" } else { "Failed" };
        let why = format!("The hook of {event} said {said}.");
        record.answer_hook(event, verdict.clone(), now).then(|| Note {
            seen: format!("call back: {said}"),
            decided: "HookAnswered",
            why,
        })
    };
    let Some(record) = amend(deployments, id, change).await? else {
        return Err(DeploymentRejection::EventAlreadyCompleted { deployment: id.clone(), event }.into());
    };
    wake_or_leave(wakes, &record).await;
    Ok(())
}

fn said_failed(record: &Deployment, event: EventName) -> Diagnostics {
    let hook = record.spec.target.hook(event);
    let script = hook.map_or("", |hook| hook.as_str());
    let message = format!("{script} called back with Failed for {event}.");
    Diagnostics::of_hook(DiagnosticsCode::ScriptFailed, script, message, "")
}
