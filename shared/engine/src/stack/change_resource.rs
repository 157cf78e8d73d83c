//! Change resource: makes a resource of a stack what its template says.

use jiff::{SignedDuration, Timestamp};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::DeploymentId;
use spillway_domain::stack::fault::Fault;
use spillway_domain::stack::resource::{DesiredResource, Outcome, Ownership, Progress, StackRequest};

use crate::operations::Error;
use crate::operations::application::delete_application;
use crate::operations::configuration::delete_config;
use crate::ports::aliases::{Aliases, OwnAliases};
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::catalog::Catalog;
use crate::ports::deployments::Deployments;
use crate::ports::executions::{Executions, Wakes};
use crate::ports::revisions::Revisions;
use crate::ports::stacks::Claims;
use crate::stack::change_settings::{change_application, change_config, change_group, delete_own_group};

/// What a change is made with.
pub struct Changes<'a, S, A, H, E, W> {
    /// The table, in which nothing is written any more when the stack has asked for something else since.
    pub store: &'a S,
    /// The customer's aliases.
    pub aliases: &'a A,
    /// The lifecycle hooks of deployment groups.
    pub hooks: &'a H,
    /// The executions of deployments.
    pub executions: &'a E,
    /// Those who wait.
    pub wakes: &'a W,
    /// How much there may be of everything.
    pub quotas: &'a Quotas,
}

/// The parts of the table that a change reads and writes.
pub trait StackStore: Catalog + Deployments + Revisions + Claims {}
impl<T: Catalog + Deployments + Revisions + Claims> StackStore for T {}

/// Looks at what there is and does the next thing that is missing. It can be asked again at any time, and is, after
/// every wait and every crash: what has been done is not done twice.
pub async fn change_resource(
    changes: &Changes<'_, impl StackStore, impl Aliases + OwnAliases, impl LifecycleHooks, impl Executions, impl Wakes>,
    request: &StackRequest,
    now: Timestamp,
) -> Result<Progress, Error> {
    let store = changes.store;
    match &request.desired {
        DesiredResource::Application(desired) => {
            let settled = change_application(store, changes.quotas, request, desired, now).await;
            settled.map(Progress::Settled)
        }
        DesiredResource::Config(desired) => {
            let settled = change_config(store, changes.quotas, request, desired, now).await;
            settled.map(Progress::Settled)
        }
        DesiredResource::Group(desired) => {
            change_group(store, changes.hooks, changes.quotas, request, desired).await.map(Progress::Settled)
        }
        DesiredResource::Alias(desired) => changes.change_alias(request, desired, now).await,
        DesiredResource::Ended { deployments, more_waiting } => {
            let done = Outcome::done(request.name());
            let mut running = Vec::new();
            for id in deployments {
                // What is forgotten has ended long ago.
                let Some(record) = store.load(id).await? else { continue };
                match Fault::of(&record) {
                    Some(fault) => return Ok(failed(request, &fault)),
                    None if record.has_ended() => {}
                    None => running.push(record.id),
                }
            }
            Ok(match running.first().cloned() {
                None => Progress::Settled(done),
                Some(first) => unfinished(request, running, first, done, *more_waiting, now),
            })
        }
        DesiredResource::Nothing { unnamed } => changes.delete(request, *unnamed, now).await,
    }
}

impl<S: StackStore, A: Aliases + OwnAliases, H: LifecycleHooks, E: Executions, W: Wakes> Changes<'_, S, A, H, E, W> {
    /// Deletes what the resource made, and only that.
    async fn delete(&self, request: &StackRequest, unnamed: bool, now: Timestamp) -> Result<Progress, Error> {
        let (store, name) = (self.store, request.name());
        // From now on, nothing is made any more for a request that was there before and has not been carried out.
        let ownership = store.ownership(&request.resource, name).await?;
        store.put_claim(&request.resource, name, ownership.as_ref(), request.asked_at).await?;
        let meant = match ownership {
            Some(ownership) => vec![(name.to_owned(), ownership)],
            // CloudFormation does not know what it is called: it did not wait for the answer that says so.
            None if unnamed => store.claims(&request.resource).await?,
            None => Vec::new(),
        };
        for (physical_id, ownership) in meant {
            match ownership {
                Ownership::Application { name, id } => {
                    if store.application(&name).await?.is_some_and(|found| found.id == id) {
                        delete_application(store, self.hooks, &name).await?;
                    }
                }
                Ownership::Config { name, id } => {
                    if store.config(&name).await?.is_some_and(|found| found.id == id) {
                        delete_config(store, &name).await?;
                    }
                }
                Ownership::Group { application, name, id } => {
                    delete_own_group(store, self.hooks, &application, &name, &id).await?;
                }
                ownership @ Ownership::Alias { .. } => {
                    if let Some(progress) = self.let_go(request, &ownership, now).await? {
                        return Ok(progress);
                    }
                }
            }
            store.put_claim(&request.resource, &physical_id, None, request.asked_at).await?;
        }
        Ok(Progress::Settled(Outcome::done(name)))
    }
}

/// What the stack is told of a deployment: that it is `done`, or what went wrong, or, while the time is not up, nothing
/// yet.
pub(crate) fn outcome(
    record: &Deployment,
    request: &StackRequest,
    done: Outcome,
    more_waiting: bool,
    now: Timestamp,
) -> Progress {
    match Fault::of(record) {
        Some(fault) => failed(request, &fault),
        None if record.has_ended() => Progress::Settled(done),
        None => unfinished(request, vec![record.id.clone()], record.id.clone(), done, more_waiting, now),
    }
}

/// What the stack is told of deployments that go on: nothing yet, or, when the time is up, that it is `done` where
/// another resource waits on.
fn unfinished(
    request: &StackRequest,
    running: Vec<DeploymentId>,
    first: DeploymentId,
    done: Outcome,
    more_waiting: bool,
    now: Timestamp,
) -> Progress {
    match wait(request, running, now) {
        Some(wait) => wait,
        None if more_waiting => Progress::Settled(done),
        None => failed(request, &Fault::StillRunning(first)),
    }
}

/// To wait for the end of a deployment, whichever of these ends first, while the time is not up.
pub(crate) fn wait(request: &StackRequest, ids: Vec<DeploymentId>, now: Timestamp) -> Option<Progress> {
    let left: SignedDuration = request.answer_by.duration_since(now);
    let seconds = u32::try_from(left.as_secs()).ok().filter(|seconds| *seconds > 0)?;
    Some(Progress::Await { deployment_ids: ids, seconds })
}

/// A resource that could not be changed keeps its name: another one would have the stack delete the old alias.
pub(crate) fn failed(request: &StackRequest, fault: &Fault) -> Progress {
    Progress::Settled(Outcome::failed(request.name(), fault.to_string()))
}
