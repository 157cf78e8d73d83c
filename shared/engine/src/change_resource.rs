//! Change resource: makes a resource of a stack what its template says.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::{
    Claim, Deployment, DeploymentId, Fault, NewDeployment, Progress, Quotas, Settlement, StackRequest, Target, Wish,
};

use crate::change_alias::{change_alias, delete_alias};
use crate::change_settings::{change_application, change_config, change_group};
use crate::{
    Aliases, Catalog, Claims, Deployments, Error, Executions, OwnAliases, Revisions, Wakes, create_deployment,
    delete_application, delete_config, delete_group,
};

/// What a change is made with.
pub struct Changes<'a, S, A, E, W> {
    /// The table.
    pub store: &'a S,
    /// The customer's aliases.
    pub aliases: &'a A,
    /// The executions of deployments.
    pub executions: &'a E,
    /// Those who wait.
    pub wakes: &'a W,
    /// How much there may be of everything.
    pub quotas: &'a Quotas,
    /// What the text of a revision says.
    pub read: &'a dyn Fn(&str) -> Target,
}

/// The parts of the table that a change reads and writes.
pub trait StackStore: Catalog + Deployments + Revisions + Claims {}
impl<T: Catalog + Deployments + Revisions + Claims> StackStore for T {}

/// Looks at what there is and does the next thing that is missing. It can be asked again at any time, and is, after
/// every wait and every crash: what has been done is not done twice.
pub async fn change_resource(
    changes: &Changes<'_, impl StackStore, impl Aliases + OwnAliases, impl Executions, impl Wakes>,
    request: &StackRequest,
    fresh_id: String,
    now: Timestamp,
) -> Result<Progress, Error> {
    let store = changes.store;
    match &request.wish {
        Wish::Application(wish) => {
            let settled = change_application(store, changes.quotas, request, wish, fresh_id, now).await;
            settled.map(Progress::Settled)
        }
        Wish::Config(wish) => {
            let settled = change_config(store, changes.quotas, request, wish, fresh_id, now).await;
            settled.map(Progress::Settled)
        }
        Wish::Group(wish, deploys) => {
            let settled = change_group(store, changes.quotas, request, wish, fresh_id).await?;
            match deploys {
                Some(order) if settled.failure.is_none() => deploy(changes, request, order, settled, now).await,
                Some(_) | None => Ok(Progress::Settled(settled)),
            }
        }
        Wish::Alias(wish) => change_alias(changes, request, wish, now).await,
        Wish::Outcome { deployment: None, .. } => Ok(Progress::Settled(Settlement::done(request.name()))),
        Wish::Outcome { deployment: Some(id), more_waiting } => {
            let name = request.name();
            Ok(match store.load(id).await? {
                None => Progress::Settled(Settlement::failed(name, Fault::NoDeployment(id.clone()).to_string())),
                Some(record) => outcome(&record, request, Settlement::done(name), *more_waiting, now),
            })
        }
        Wish::Nothing => delete(changes, request, now).await,
    }
}

/// Deploys to a group that is as it should be.
async fn deploy(
    changes: &Changes<'_, impl StackStore, impl Aliases + OwnAliases, impl Executions, impl Wakes>,
    request: &StackRequest,
    order: &NewDeployment,
    settled: Settlement,
    now: Timestamp,
) -> Result<Progress, Error> {
    let Changes { store, executions, quotas, .. } = changes;
    let id = request.deployment_id();
    let record = match store.load(&id).await? {
        Some(record) => record,
        None => create_deployment(*store, *executions, order, changes.read, quotas, id, now).await?,
    };
    Ok(outcome(&record, request, settled, false, now))
}

/// Deletes what the resource made, and only that.
async fn delete(
    changes: &Changes<'_, impl StackStore, impl Aliases + OwnAliases, impl Executions, impl Wakes>,
    request: &StackRequest,
    now: Timestamp,
) -> Result<Progress, Error> {
    let store = changes.store;
    let name = request.name();
    let claim = store.claim(&request.resource, name).await?;
    if claim.is_some() {
        // Nothing is deleted for a request that comes late.
        store.put_claim(&request.resource, name, claim.as_ref(), request.received_at).await?;
    }
    match claim {
        None => return Ok(Progress::Settled(Settlement::done(name))),
        Some(Claim::Application { name, id }) => {
            if store.application(&name).await?.is_some_and(|found| found.id == id) {
                delete_application(store, &name).await?;
            }
        }
        Some(Claim::Config { name, id }) => {
            if store.config(&name).await?.is_some_and(|found| found.id == id) {
                delete_config(store, &name).await?;
            }
        }
        Some(Claim::Group { application, name, id }) => {
            let found = store.groups_named(&application, std::slice::from_ref(&name)).await?;
            if found.is_some_and(|(_, groups)| groups.iter().any(|found| found.group.id == id)) {
                delete_group(store, &application, &name).await?;
            }
        }
        Some(claim @ Claim::Alias { .. }) => {
            if let Some(progress) = delete_alias(changes, request, &claim, now).await? {
                return Ok(progress);
            }
        }
    }
    store.put_claim(&request.resource, name, None, request.received_at).await?;
    Ok(Progress::Settled(Settlement::done(name)))
}

/// What the stack is told of a deployment: that it is `done`, or what went wrong, or, while the time is not up, nothing
/// yet.
pub(crate) fn outcome(
    record: &Deployment,
    request: &StackRequest,
    done: Settlement,
    more_waiting: bool,
    now: Timestamp,
) -> Progress {
    let id = &record.id;
    let failed = |fault: Fault| Settlement::failed(request.name(), fault.to_string());
    Progress::Settled(match Fault::of(record) {
        Some(fault) => failed(fault),
        None if record.has_ended() => done,
        None => match wait(request, id, now) {
            Some(wait) => return wait,
            None if more_waiting => done,
            None => failed(Fault::StillRunning(id.clone())),
        },
    })
}

/// To wait for the end of a deployment, while the time is not up.
pub(crate) fn wait(request: &StackRequest, id: &DeploymentId, now: Timestamp) -> Option<Progress> {
    let left: SignedDuration = request.answer_by.duration_since(now);
    let seconds = u32::try_from(left.as_secs()).ok().filter(|seconds| *seconds > 0)?;
    Some(Progress::Await { deployment_id: id.clone(), seconds })
}
