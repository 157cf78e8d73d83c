//! CreateDeployment.

use jiff::Timestamp;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::group::GroupState;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::{NewRevision, RevisionLocation};
use spillway_domain::catalog::routing::Routing;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::deployment::spec::{Creator, DeploymentSpec, Target};
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::{Quota, Rejection};

use crate::find_config::config_for;
use crate::task::load;
use crate::wake::start_or_leave;
use crate::{Catalog, Creation, Deployments, Error, Executions, Revisions, find_group, find_revision};

/// Writes the deployment with its revision, whose text `read` understands, takes the group's slot, and starts the
/// execution. When only the start fails, the deployment stands and the sweep starts it. Of several that are made at
/// once, a few may be more than may be active.
pub async fn create_deployment(
    store: &(impl Catalog + Deployments + Revisions),
    executions: &impl Executions,
    request: &NewDeployment,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    id: DeploymentId,
    now: Timestamp,
) -> Result<Deployment, Error> {
    let deployment = write(store, request, read, quotas, (id, None), now).await?;
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

/// The same for an execution that is there already, so that none is started. However often it asks, it gets the one
/// deployment that it asked for first.
pub async fn create_deployment_for(
    store: &(impl Catalog + Deployments + Revisions),
    start: &StartRequest,
    request: &NewDeployment,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    now: Timestamp,
) -> Result<Deployment, Error> {
    let id = DeploymentId::of_execution(&start.arn, &start.started_at);
    let name = start.arn.rsplit(':').next().map(str::to_owned);
    match store.load(&id).await? {
        Some(first) if first.execution == name => Ok(first),
        Some(_) | None => {
            let request = NewDeployment { caller: start.arn.parse().ok(), ..request.clone() };
            write(store, &request, read, quotas, (id, name), now).await
        }
    }
}

/// Writes the deployment, under its id and with the execution that asked for it, if one did.
async fn write(
    store: &(impl Catalog + Deployments + Revisions),
    request: &NewDeployment,
    read: impl Fn(&str, ComputePlatform) -> Target,
    quotas: &Quotas,
    (id, execution): (DeploymentId, Option<String>),
    now: Timestamp,
) -> Result<Deployment, Error> {
    let (application, group, state) = find_group(store, &request.application, &request.group).await?;
    if let Some(member) = request.for_servers.filter(|_| application.platform != ComputePlatform::Server) {
        return Err(Rejection::ForServers(member, application.platform).into());
    }
    let platform = application.platform;
    if platform == ComputePlatform::Server {
        return Err(Rejection::PlatformNotBuilt(platform).into());
    }
    let (revision, target) = revision_of(store, request, &application, &state, read).await?;
    let config = request.config.clone().unwrap_or(group.config);
    // What is at its target already has no way to go; a service gets new tasks all the same.
    let restarts = request.revision.is_none() && platform == ComputePlatform::Lambda;
    let routing = config_for(store, &config, platform).await?.routing();
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
        rolls_back: None,
        description: request.description.clone(),
        restarts,
    };
    let deployment = Deployment { execution, ..Deployment::new(id, spec, now) };
    match store.create(&deployment, revision.content.as_deref()).await? {
        Creation::Busy(deployment) => Err(Rejection::Busy { group: group.name, deployment }.into()),
        Creation::AliasBusy(holder) => {
            let holder = load(store, &holder).await?;
            let alias = deployment.target_id().unwrap_or_default();
            let (application, group) = (holder.spec.application.clone(), holder.spec.group.clone());
            Err(Rejection::AliasBusy { alias, application, group, deployment: holder.id }.into())
        }
        Creation::NoGroup => Err(Rejection::NoGroup(group.name).into()),
        Creation::Created => Ok(deployment),
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
        return Err(Rejection::RevisionUnfit(unfit, application.platform).into());
    }
    if let Some(given) = &request.revision {
        let says = given.content.as_deref().map(|content| read(content, application.platform));
        if let Some(target) = request.target.clone().or(says) {
            return Ok((given.clone(), target));
        }
    }
    let restart = || Rejection::NothingToRestart(request.group.clone());
    let location = match &request.revision {
        Some(given) => given.location.clone(),
        None => state.target_revision.clone().ok_or_else(restart)?,
    };
    if let RevisionLocation::S3(_) = location {
        return Ok((NewRevision { location, content: None }, Target::Unread));
    }
    let found = find_revision(revisions, &application.name, &location).await?;
    let unknown = || Rejection::NoRevision { application: application.name.clone(), revision: location.clone() };
    let content = found.content.ok_or_else(unknown)?;
    let target = read(&content, application.platform);
    let target = if request.revision.is_none() { target.restarted() } else { target };
    Ok((NewRevision { location, content: Some(content) }, target))
}
