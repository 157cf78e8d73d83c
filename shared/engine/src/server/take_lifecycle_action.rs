//! Take lifecycle action: an instance waits at a lifecycle hook, and gets a deployment of its own.

use jiff::Timestamp;
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::{ComputePlatform, HealthyHosts};
use spillway_domain::catalog::environment::OutdatedInstances;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState, StoredGroup};
use spillway_domain::catalog::revision::RevisionLocation;
use spillway_domain::catalog::rollback::AutoRollback;
use spillway_domain::catalog::routing::Routing;
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::request::DeploymentFilter;
use spillway_domain::deployment::spec::{Creator, DeploymentSpec, Target};
use spillway_domain::names::{ConfigName, DeploymentId};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::fleet::FleetRules;
use spillway_domain::server::lifecycle_action::{ActionAnswer, HookOwner, LifecycleAction, Transition};
use spillway_domain::server::target::{FileExists, ServerTarget};

use crate::deployment::task::{Note, amend};
use crate::deployment::wake::start_or_leave;
use crate::ports::autoscaling::{LifecycleActions, LifecycleHooks};
use crate::ports::catalog::Groups;
use crate::ports::deployments::{Creation, Deployments};
use crate::ports::executions::Executions;
use crate::server::lifecycle_hooks::hook_session;

/// The configuration that the API shows of a deployment to one instance.
const CONFIG: &str = "CodeDeployDefault.AllAtOnce";
/// How many of the group's latest deployments are looked at for instances that failed.
const LATEST: usize = 25;

/// What became of the notice that an instance waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The instance has a deployment.
    Deployment(DeploymentId),
    /// The group has nothing to deploy yet, so Auto Scaling goes on.
    NothingToDeploy,
    /// The group does not use the Auto Scaling group any more, so its hook is deleted, and Auto Scaling goes on.
    Unwanted,
    /// There is no such deployment group in this installation.
    Unknown,
}

/// Makes the deployment that an instance waits for, however often Auto Scaling tells of the instance.
pub async fn take_lifecycle_action(
    store: &(impl Groups + Deployments),
    auto_scaling: &(impl LifecycleHooks + LifecycleActions),
    executions: &impl Executions,
    owner: &HookOwner,
    action: &LifecycleAction,
    now: Timestamp,
) -> Result<Taken, Problem> {
    let Some((application, StoredGroup { group, state, .. })) = store.group_by_id(owner).await? else {
        return Ok(Taken::Unknown);
    };
    let session = hook_session(&application, &group);
    if !group.lifecycle_hooks().contains(&action.hook) {
        auto_scaling.answer(&session, action, ActionAnswer::Continue).await?;
        auto_scaling.delete(&session, &action.hook).await?;
        return Ok(Taken::Unwanted);
    }
    let Some(revision) = revision_for(store, &state).await? else {
        auto_scaling.answer(&session, action, ActionAnswer::Continue).await?;
        return Ok(Taken::NothingToDeploy);
    };
    let is_launch = action.hook.transition == Transition::Launching;
    let has_successor = is_launch && group.environment.outdated_instances == OutdatedInstances::Update;
    if let Some(active) = state.active.filter(|_| has_successor) {
        note_launch(store, &active, &revision, now).await?;
    }
    let failed_launches = if is_launch { failed_launches(store, &group, &revision).await? } else { 0 };
    let id = DeploymentId::of_lifecycle_action(&action.hook.name, &action.token);
    let spec = DeploymentSpec { failed_launches, ..spec(application, group, revision, action.clone()) };
    let deployment = Deployment::new(id, spec, now);
    match store.create(&deployment, None).await? {
        Creation::Created => {
            start_or_leave(executions, &deployment).await;
            Ok(Taken::Deployment(deployment.id))
        }
        Creation::NoGroup => Ok(Taken::Unknown),
        Creation::Busy(other) | Creation::AliasBusy(other) => {
            let words = format!("Deployment {} could not be written: {other} holds its group.", deployment.id);
            Err(Problem::new(ProblemKind::Transient, words))
        }
    }
}

/// What a new instance of the group gets: the revision of its last successful deployment, or that of a blue/green
/// deployment which has all traffic on its replacement already and may still wait to terminate the original.
async fn revision_for(store: &impl Deployments, state: &GroupState) -> Result<Option<RevisionLocation>, Problem> {
    let active = match &state.active {
        Some(active) => store.load(active).await?,
        None => None,
    };
    let left = active.as_ref().filter(|active| active.replacement().is_some()).and_then(Deployment::revision_left);
    Ok(left.or(state.target_revision.as_ref()).cloned())
}

/// Has the group's active deployment know of the launch, where it deploys another revision than the instance gets. One that
/// has ended meanwhile has given the group another revision, perhaps, so the group is to be read again.
async fn note_launch(
    store: &impl Deployments,
    active: &DeploymentId,
    revision: &RevisionLocation,
    now: Timestamp,
) -> Result<(), Problem> {
    let mut has_ended = false;
    amend(store, active, |record: &mut Deployment| {
        has_ended = record.has_ended();
        // A blue/green deployment brings its revision to other hosts, and finds for itself which of those were launched.
        let is_in_place = record.replacement().is_none() && record.spec.lifecycle_action.is_none();
        let is_other = is_in_place && record.spec.revision != *revision;
        let why = "Auto Scaling launched an instance for the group, so another deployment follows this one.";
        (is_other && record.note_launch(now)).then(|| Note {
            seen: "launch: an instance waits".to_owned(),
            decided: "FollowUp",
            why: why.to_owned(),
        })
    })
    .await?;
    if has_ended {
        let words = format!("Deployment {active} has ended while it was to learn of the launch of an instance.");
        return Err(Problem::new(ProblemKind::Transient, words));
    }
    Ok(())
}

/// How many instances in a row have failed with the revision that were launched for the group, since any deployment of the
/// group last succeeded.
async fn failed_launches(
    store: &impl Deployments,
    group: &DeploymentGroup,
    revision: &RevisionLocation,
) -> Result<u32, Problem> {
    let latest = store.list(Some(&group.id), &DeploymentFilter::default(), None).await?;
    let latest = store.load_many(&latest.items[..latest.items.len().min(LATEST)]).await?;
    let mut failed = 0;
    for deployment in latest {
        match deployment.status() {
            Status::Succeeded if !deployment.ends_instance() => break,
            Status::Failed if is_launch_of(&deployment, revision) => failed += 1,
            Status::Succeeded
            | Status::Failed
            | Status::Stopped
            | Status::Created
            | Status::InProgress
            | Status::Ready => {}
        }
    }
    Ok(failed)
}

fn is_launch_of(deployment: &Deployment, revision: &RevisionLocation) -> bool {
    deployment.spec.creator == Creator::AutoScaling && deployment.spec.revision == *revision
}

/// A deployment to the one instance. It has no alarms and no rollback: an instance that fails is replaced, and an alarm
/// that made the group grow must not keep it from growing.
fn spec(
    application: Application,
    group: DeploymentGroup,
    revision: RevisionLocation,
    action: LifecycleAction,
) -> DeploymentSpec {
    let creator = match action.hook.transition {
        Transition::Launching => Creator::AutoScaling,
        Transition::Terminating => Creator::AutoScalingTermination,
    };
    let rules = FleetRules { minimum: HealthyHosts::HostCount(0), zones: None };
    let target = ServerTarget {
        rules,
        file_exists: FileExists::Disallow,
        ignores_stop_failures: false,
        only_outdated: false,
        replacement: None,
    };
    DeploymentSpec {
        application: application.name,
        application_id: application.id,
        group: group.name,
        group_id: group.id,
        lock: group.lock,
        platform: ComputePlatform::Server,
        environment: group.environment,
        config: CONFIG.parse::<ConfigName>().expect("a predefined name is a name"),
        routing: Routing::all_at_once(),
        previous_revision: Some(revision.clone()),
        revision,
        target: Target::Server(target),
        role: group.role,
        alarms: AlarmConfiguration::default(),
        override_alarms: None,
        rollback: AutoRollback::default(),
        triggers: group.triggers,
        creator,
        caller: None,
        lifecycle_action: Some(action),
        failed_launches: 0,
        follows: None,
        rolls_back: None,
        description: None,
        restarts: false,
        archive_of: None,
    }
}
