//! An alias of a stack: made with it, moved by deployments, deleted with it.

use jiff::Timestamp;
use spillway_domain::access::session::{Purpose, RoleSession};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::group::DeploymentGroup;
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::catalog::rollback::AutoRollback;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::NewDeployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{ApplicationName, ConfigName, DeploymentId, GroupName, RoleArn, Version};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::rejection::Rejection;
use spillway_domain::stack::alias::{AliasSeen, AliasStep, next_alias_step, way_back};
use spillway_domain::stack::fault::Fault;
use spillway_domain::stack::resource::{DesiredAlias, Moved, Outcome, Ownership, Progress, StackRequest};

use crate::change_resource::{failed, outcome, wait};
use crate::{
    Aliases, Changes, Error, Executions, OwnAliases, StackStore, Wakes, create_deployment, find_group, stop_deployment,
};

/// What the attribute says when nothing was deployed.
const NONE: &str = "none";
/// The configuration with which traffic goes back.
const AT_ONCE: &str = "CodeDeployDefault.LambdaAllAtOnce";

/// Makes an alias what a template says.
pub(crate) async fn change_alias(
    changes: &Changes<'_, impl StackStore, impl Aliases + OwnAliases, impl Executions, impl Wakes>,
    request: &StackRequest,
    desired: &DesiredAlias,
    now: Timestamp,
) -> Result<Progress, Error> {
    let store = changes.store;
    let ownership = store.ownership(&request.resource, &desired.arn).await?;
    if let Some(record) = store.load(&request.deployment_id()).await? {
        let back = way_back(desired, ownership.as_ref()).is_some();
        if back && record.has_ended() {
            // On the way back, nothing but traffic counts.
            let _kept = configure(changes, &record.session(), desired).await;
        }
        return Ok(follow(request, desired, &record, desired.waits || back, now));
    }
    let (_, group, state) = find_group(store, &desired.application, &desired.group).await?;
    let session = session(request, group.role.clone(), &desired.application, &desired.group);
    let found = read(changes, &session, &target(desired, desired.version)).await?;
    let active = match store.holder(&desired.function.address(&desired.alias, &group.role)).await?.or(state.active) {
        Some(id) => store.load(&id).await?,
        None => None,
    };
    let known = request.physical_id.as_deref() == Some(&desired.arn);
    let seen = AliasSeen { found: found.as_ref(), ownership: ownership.as_ref(), known, active: active.as_ref() };
    let step = next_alias_step(desired, seen);
    let (moved, adopted) = match &ownership {
        Some(Ownership::Alias { moved, adopted, .. }) => (*moved, *adopted && !known),
        Some(_) | None => (None, found.is_some() && !known),
    };
    let note = async |moved, adopted| {
        let ownership = claim_of(desired, &group, moved, adopted);
        store.put_claim(&request.resource, &desired.arn, Some(&ownership), request.asked_at).await
    };
    let settled = || Ok(Progress::Settled(done(desired, NONE)));
    let wait_for = |id: DeploymentId| wait_or_give_up(request, id, now);
    match step {
        AliasStep::Refuse(fault) => Ok(failed(request, &fault)),
        AliasStep::Await(id) => Ok(wait_for(id)),
        AliasStep::Follow(id) => {
            let record = active.filter(|active| active.id == id);
            Ok(record.map_or_else(|| wait_for(id), |record| follow(request, desired, &record, desired.waits, now)))
        }
        AliasStep::Stop(id) => {
            note(moved, adopted).await?;
            stop(changes, &id, &request.resource.stack, now).await?;
            Ok(wait_for(id))
        }
        AliasStep::Make(version) => {
            note(None, false).await?;
            let DesiredAlias { function, alias, settings, .. } = desired;
            changes.aliases.make(&session, function, alias, version, settings).await?;
            let made = read(changes, &session, &target(desired, desired.version)).await?;
            if !made.is_some_and(|made| made.routes(&AliasRouting::only(version))) {
                // Somebody else came in between.
                return Err(Problem::new(ProblemKind::Stale, format!("{} is not as it was made.", desired.arn)).into());
            }
            if store.ownership(&request.resource, &desired.arn).await?.is_none() {
                // The resource was deleted while this function hung.
                changes.aliases.delete(&session, function, alias).await?;
            }
            settled()
        }
        AliasStep::Settle => {
            note(moved, adopted).await?;
            configure(changes, &session, desired).await?;
            settled()
        }
        AliasStep::Move { from, to, back } => {
            // The note comes first, so that a rollback is known for one whatever crashes.
            let instead_of = desired.old_version.unwrap_or(from);
            let moved = if back { moved } else { Some(Moved { from, to, instead_of }) };
            note(moved, adopted).await?;
            if !back {
                configure(changes, &session, desired).await?;
            }
            let (order, target) = order(desired, from, to, back, &request.resource.stack);
            // What the text says is known, since it was made of that, so that whoever changes resources links no parser.
            let read = |_: &str, _| target.clone();
            let id = request.deployment_id();
            let created = create_deployment(store, changes.executions, &order, read, changes.quotas, id, now).await;
            match created {
                Ok(record) => Ok(follow(request, desired, &record, desired.waits || back, now)),
                Err(Error::Rejected(Rejection::Busy { deployment, .. } | Rejection::AliasBusy { deployment, .. })) => {
                    Ok(wait_for(deployment))
                }
                Err(error) => Err(error),
            }
        }
    }
}

/// To wait for the end of a deployment that is in the way.
pub(crate) fn wait_or_give_up(request: &StackRequest, id: DeploymentId, now: Timestamp) -> Progress {
    wait(request, vec![id.clone()], now).unwrap_or_else(|| failed(request, &Fault::Blocked(id)))
}

/// What the stack is told of the deployment that leads to where the alias is to go.
fn follow(
    request: &StackRequest,
    desired: &DesiredAlias,
    record: &Deployment,
    waits: bool,
    now: Timestamp,
) -> Progress {
    let done = done(desired, record.id.as_str());
    if waits { outcome(record, request, done, desired.more_waiting, now) } else { Progress::Settled(done) }
}

/// The alias is as it should be, or will be when that deployment has ended.
fn done(desired: &DesiredAlias, deployment: &str) -> Outcome {
    let outcome = Outcome::done(&desired.arn).with("AliasArn", &desired.arn).with("DeploymentId", deployment);
    outcome.with("FunctionVersion", desired.version.to_string())
}

/// The session in which the role of the alias's deployment group is assumed for the stack.
pub(crate) fn session(
    request: &StackRequest,
    role: RoleArn,
    application: &ApplicationName,
    group: &GroupName,
) -> RoleSession {
    let purpose = Purpose::Stack { group: group.clone(), resource: request.resource.clone() };
    RoleSession { role, application: application.clone(), purpose }
}

/// The alias, if it is there.
pub(crate) async fn read(
    changes: &Changes<'_, impl StackStore, impl Aliases, impl Executions, impl Wakes>,
    session: &RoleSession,
    target: &LambdaTarget,
) -> Result<Option<AliasState>, Problem> {
    match changes.aliases.read(session, target).await {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.kind == ProblemKind::Missing => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Stops a deployment for a stack, which takes its traffic back. One that is over, or goes back already, is no problem.
pub(crate) async fn stop(
    changes: &Changes<'_, impl StackStore, impl Aliases, impl Executions, impl Wakes>,
    id: &DeploymentId,
    stack: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let caller = stack.parse().ok();
    match stop_deployment(changes.store, changes.wakes, id, Some(true), caller.as_ref(), || now).await {
        Ok(_) | Err(Error::Rejected(Rejection::AlreadyCompleted(_) | Rejection::RollbackCannotStop(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Has settings that changed take effect.
async fn configure(
    changes: &Changes<'_, impl StackStore, impl OwnAliases, impl Executions, impl Wakes>,
    session: &RoleSession,
    desired: &DesiredAlias,
) -> Result<(), Problem> {
    if desired.old_settings.as_ref() == Some(&desired.settings) {
        return Ok(());
    }
    let old = desired.old_settings.as_ref();
    changes.aliases.configure(session, &desired.function, &desired.alias, old, &desired.settings).await
}

fn claim_of(desired: &DesiredAlias, group: &DeploymentGroup, moved: Option<Moved>, adopted: bool) -> Ownership {
    Ownership::Alias {
        function: desired.function.clone(),
        alias: desired.alias.clone(),
        role: group.role.clone(),
        application: desired.application.clone(),
        group: desired.group.clone(),
        moved,
        adopted,
    }
}

/// The deployment that moves the alias, and what its revision says: as its group says, or, back to where it came from, at
/// once.
fn order(desired: &DesiredAlias, from: Version, to: Version, back: bool, stack: &str) -> (NewDeployment, Target) {
    let target = LambdaTarget { target: to, ..target(desired, from) };
    let way = if back { Way::Back } else { Way::Forward };
    order_of(&desired.application, &desired.group, target, way, stack)
}

/// Which way a stack moves an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As its group says.
    Forward,
    /// Back to where it came from: at once, without hooks, and whatever the alarms say.
    Back,
}

/// The deployment with which a stack moves an alias, and what its revision says.
pub(crate) fn order_of(
    application: &ApplicationName,
    group: &GroupName,
    mut target: LambdaTarget,
    way: Way,
    stack: &str,
) -> (NewDeployment, Target) {
    let back = way == Way::Back;
    if back {
        (target.before, target.after) = (None, None);
    }
    let revision = NewRevision::text(RevisionKind::AppSpecContent, target.appspec());
    let at_once: ConfigName = AT_ONCE.parse().expect("a predefined configuration has a valid name");
    let words = "CloudFormation goes back to the version before the last deployment.".to_owned();
    let order = NewDeployment {
        application: application.clone(),
        group: group.clone(),
        revision: Some(revision),
        target: None,
        config: back.then_some(at_once),
        description: back.then_some(words),
        rollback: back.then(AutoRollback::default),
        alarms: back.then(AlarmConfiguration::default),
        for_servers: None,
        caller: stack.parse().ok(),
    };
    (order, Target::Lambda(target))
}

fn target(desired: &DesiredAlias, current: Version) -> LambdaTarget {
    LambdaTarget {
        function: desired.function.clone(),
        alias: desired.alias.clone(),
        current,
        target: desired.version,
        before: desired.before.clone(),
        after: desired.after.clone(),
    }
}
