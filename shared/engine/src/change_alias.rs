//! An alias of a stack: made with it, moved by deployments, deleted with it.

use jiff::Timestamp;
use spillway_domain::{
    AlarmConfiguration, AliasState, AliasStep, AliasWish, AutoRollback, Claim, ConfigName, Deployment, DeploymentGroup,
    DeploymentId, Fault, LambdaTarget, NewDeployment, NewRevision, Problem, ProblemKind, Progress, Rejection,
    RevisionKind, RoleArn, Settlement, StackRequest, Target, Version, next_alias_step,
};

use crate::change_resource::{outcome, wait};
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
    wish: &AliasWish,
    now: Timestamp,
) -> Result<Progress, Error> {
    let store = changes.store;
    if let Some(record) = store.load(&request.deployment_id()).await? {
        return Ok(follow(request, wish, &record, now));
    }
    let (_, group, state) = find_group(store, &wish.application, &wish.group).await?;
    let found = read(changes, &group.role, wish).await?;
    let claim = store.claim(&request.resource, &wish.arn).await?;
    let active = match &state.active {
        Some(id) => store.load(id).await?,
        None => None,
    };
    let settled = || Ok(Progress::Settled(done(wish, NONE)));
    let moved = match &claim {
        Some(Claim::Alias { moved, .. }) => *moved,
        Some(_) | None => None,
    };
    match next_alias_step(wish, found.as_ref(), claim.as_ref(), active.as_ref()) {
        AliasStep::Refuse(fault) => Ok(failed(request, &fault)),
        AliasStep::Await(id) => Ok(wait(request, &id, now).unwrap_or_else(|| failed(request, &Fault::Blocked(id)))),
        AliasStep::Stop(id) => {
            claim_alias(store, request, wish, &group, moved).await?;
            stop(changes, &id, now).await?;
            Ok(wait(request, &id, now).unwrap_or_else(|| failed(request, &Fault::Blocked(id))))
        }
        AliasStep::Make => {
            claim_alias(store, request, wish, &group, None).await?;
            let AliasWish { function, alias, version, settings, .. } = wish;
            changes.aliases.make(&group.role, function, alias, *version, settings).await?;
            if store.claim(&request.resource, &wish.arn).await?.is_none() {
                // The resource was deleted while this function hung.
                changes.aliases.delete(&group.role, function, alias).await?;
            }
            settled()
        }
        AliasStep::Settle => {
            claim_alias(store, request, wish, &group, moved).await?;
            configure(changes, &group.role, wish).await?;
            settled()
        }
        AliasStep::Move { from, back } => {
            // The note comes first, so that a rollback is known for one whatever crashes. Having gone back once, the
            // next deployment to the same version is one like any other.
            claim_alias(store, request, wish, &group, (!back).then_some((from, wish.version))).await?;
            configure(changes, &group.role, wish).await?;
            let order = order(wish, from, back);
            let id = request.deployment_id();
            let created =
                create_deployment(store, changes.executions, &order, changes.read, changes.quotas, id, now).await;
            match created {
                Ok(record) => Ok(follow(request, wish, &record, now)),
                Err(Error::Rejected(Rejection::Busy { deployment, .. })) => {
                    let blocked = || failed(request, &Fault::Blocked(deployment.clone()));
                    Ok(wait(request, &deployment, now).unwrap_or_else(blocked))
                }
                Err(error) => Err(error),
            }
        }
    }
}

/// What the stack is told of the deployment that it asked for.
fn follow(request: &StackRequest, wish: &AliasWish, record: &Deployment, now: Timestamp) -> Progress {
    let done = done(wish, record.id.as_str());
    if wish.waits { outcome(record, request, done, wish.more_waiting, now) } else { Progress::Settled(done) }
}

/// The alias is as it should be, or will be when that deployment has ended.
fn done(wish: &AliasWish, deployment: &str) -> Settlement {
    Settlement::done(&wish.arn).with("AliasArn", &wish.arn).with("DeploymentId", deployment)
}

/// Deletes the alias; answers with a wait when a deployment of it has to end first.
pub(crate) async fn delete_alias(
    changes: &Changes<'_, impl StackStore, impl Aliases + OwnAliases, impl Executions, impl Wakes>,
    request: &StackRequest,
    claim: &Claim,
    now: Timestamp,
) -> Result<Option<Progress>, Error> {
    let Claim::Alias { function, alias, role, application, group, .. } = claim else {
        return Ok(None);
    };
    let active = match find_group(changes.store, application, group).await {
        Ok((_, _, state)) => state.active,
        // A group that is gone has no deployments.
        Err(Error::Rejected(Rejection::NoApplication(_) | Rejection::NoGroup(_))) => None,
        Err(error) => return Err(error),
    };
    if let Some(id) = active {
        let record = changes.store.load(&id).await?;
        let target = record.as_ref().and_then(Deployment::lambda);
        if target.is_some_and(|target| target.function.bare() == function.bare() && target.alias == *alias) {
            stop(changes, &id, now).await?;
            let blocked =
                || Progress::Settled(Settlement::failed(request.name(), Fault::Blocked(id.clone()).to_string()));
            return Ok(Some(wait(request, &id, now).unwrap_or_else(blocked)));
        }
    }
    changes.aliases.delete(role, function, alias).await?;
    Ok(None)
}

/// The alias, if it is there.
async fn read(
    changes: &Changes<'_, impl StackStore, impl Aliases, impl Executions, impl Wakes>,
    role: &RoleArn,
    wish: &AliasWish,
) -> Result<Option<AliasState>, Problem> {
    match changes.aliases.read(role, &target(wish, wish.version)).await {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.kind == ProblemKind::Missing => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Stops a deployment, which takes its traffic back. One that is over, or goes back already, is no problem.
async fn stop(
    changes: &Changes<'_, impl StackStore, impl Aliases, impl Executions, impl Wakes>,
    id: &DeploymentId,
    now: Timestamp,
) -> Result<(), Error> {
    match stop_deployment(changes.store, changes.wakes, id, Some(true), now).await {
        Ok(_) | Err(Error::Rejected(Rejection::AlreadyCompleted(_) | Rejection::RollbackCannotStop(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Has settings that changed take effect.
async fn configure(
    changes: &Changes<'_, impl StackStore, impl OwnAliases, impl Executions, impl Wakes>,
    role: &RoleArn,
    wish: &AliasWish,
) -> Result<(), Problem> {
    if wish.old_settings.as_ref() == Some(&wish.settings) {
        return Ok(());
    }
    changes.aliases.configure(role, &wish.function, &wish.alias, &wish.settings).await
}

async fn claim_alias(
    store: &impl StackStore,
    request: &StackRequest,
    wish: &AliasWish,
    group: &DeploymentGroup,
    moved: Option<(Version, Version)>,
) -> Result<(), Problem> {
    let claim = Claim::Alias {
        function: wish.function.clone(),
        alias: wish.alias.clone(),
        role: group.role.clone(),
        application: wish.application.clone(),
        group: wish.group.clone(),
        moved,
    };
    store.put_claim(&request.resource, &wish.arn, Some(&claim), request.received_at).await
}

/// The deployment that moves the alias: as its group says, or, back to where it came from, at once and in any case.
fn order(wish: &AliasWish, from: Version, back: bool) -> NewDeployment {
    let mut target = target(wish, from);
    if back {
        (target.before, target.after) = (None, None);
    }
    let revision = NewRevision::text(RevisionKind::AppSpecContent, target.appspec());
    let at_once: ConfigName = AT_ONCE.parse().expect("a predefined configuration has a valid name");
    let words = "CloudFormation goes back to the version before the last deployment.".to_owned();
    NewDeployment {
        application: wish.application.clone(),
        group: wish.group.clone(),
        revision: Some(revision),
        target: Some(Target::Lambda(target)),
        config: back.then_some(at_once),
        description: back.then_some(words),
        rollback: back.then(AutoRollback::default),
        alarms: back.then(AlarmConfiguration::default),
        for_servers: None,
    }
}

fn target(wish: &AliasWish, current: Version) -> LambdaTarget {
    LambdaTarget {
        function: wish.function.clone(),
        alias: wish.alias.clone(),
        current,
        target: wish.version,
        before: wish.before.clone(),
        after: wish.after.clone(),
    }
}

/// A resource that could not be changed keeps its name: another one would have the stack delete the old alias.
fn failed(request: &StackRequest, fault: &Fault) -> Progress {
    Progress::Settled(Settlement::failed(request.name(), fault.to_string()))
}
