//! An alias of a stack: made with it, moved by deployments, deleted with it.

use jiff::Timestamp;
use spillway_domain::access::session::{Purpose, RoleSession};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::catalog::rollback::AutoRollback;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::{HostOptions, NewDeployment};
use spillway_domain::deployment::spec::Target;
use spillway_domain::lambda::alias::{AliasRouting, AliasState};
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{ApplicationName, ConfigName, DeploymentId, GroupName, RoleArn, Version};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::rejection::{DeploymentRejection, Rejection};
use spillway_domain::stack::alias::{AliasSeen, AliasStep, next_alias_step, way_back};
use spillway_domain::stack::fault::Fault;
use spillway_domain::stack::resource::{DesiredAlias, Moved, Outcome, Ownership, Progress, StackRequest};

use crate::operations::Error;
use crate::operations::deployment::{create_deployment, stop_deployment};
use crate::operations::group::find_group;
use crate::ports::aliases::{Aliases, OwnAliases};
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::executions::{Executions, Wakes};
use crate::stack::change_resource::{Changes, StackStore, failed, outcome, wait};

/// What the attribute says when nothing was deployed.
const NONE: &str = "none";
/// The configuration with which traffic goes back.
const AT_ONCE: &str = "CodeDeployDefault.LambdaAllAtOnce";

impl<S: StackStore, A: Aliases + OwnAliases, H: LifecycleHooks, E: Executions, W: Wakes> Changes<'_, S, A, H, E, W> {
    /// Makes an alias what a template says.
    pub(crate) async fn change_alias(
        &self,
        request: &StackRequest,
        desired: &DesiredAlias,
        now: Timestamp,
    ) -> Result<Progress, Error> {
        let ownership = self.store.ownership(&request.resource, &desired.arn).await?;
        if let Some(record) = self.store.load(&request.deployment_id()).await? {
            let back = way_back(desired, ownership.as_ref()).is_some();
            if back && record.has_ended() {
                self.configure_or_leave(&record.session(), desired).await;
            }
            return Ok(follow(request, desired, &record, desired.waits || back, now));
        }
        let (_, group, state) = find_group(self.store, &desired.application, &desired.group).await?;
        let session = session(request, group.role.clone(), &desired.application, &desired.group);
        let found = self.read(&session, &target(desired, desired.version)).await?;
        let address = desired.function.address(&desired.alias, &group.role);
        let active = match self.store.holder(&address).await?.or(state.active) {
            Some(id) => self.store.load(&id).await?,
            None => None,
        };
        let known = request.physical_id.as_deref() == Some(&desired.arn);
        let seen = AliasSeen { found: found.as_ref(), ownership: ownership.as_ref(), known, active: active.as_ref() };
        let step = next_alias_step(desired, seen);
        let (moved, adopted) = match &ownership {
            Some(Ownership::Alias { moved, adopted, .. }) => (*moved, *adopted && !known),
            Some(_) | None => (None, found.is_some() && !known),
        };
        let change = AliasChange { changes: self, request, desired, role: group.role, session, moved, adopted, now };
        match step {
            AliasStep::Refuse(fault) => Ok(failed(request, &fault)),
            AliasStep::Await(id) => Ok(wait_or_give_up(request, id, now)),
            AliasStep::Follow(id) => Ok(change.follow(id, active)),
            AliasStep::Stop(id) => change.stop(id).await,
            AliasStep::Make(version) => change.make(version).await,
            AliasStep::Settle => change.settle().await,
            AliasStep::Move { from, to, back: false } => change.move_forward(from, to).await,
            AliasStep::Move { from, to, back: true } => change.move_back(from, to).await,
        }
    }

    /// The alias, if it is there.
    pub(crate) async fn read(
        &self,
        session: &RoleSession,
        target: &LambdaTarget,
    ) -> Result<Option<AliasState>, Problem> {
        match self.aliases.read(session, target).await {
            Ok(found) => Ok(Some(found)),
            Err(problem) if problem.kind == ProblemKind::Missing => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Stops a deployment for a stack, which takes its traffic back. One that is over, or goes back already, is no
    /// problem.
    pub(crate) async fn stop(&self, id: &DeploymentId, stack: &str, now: Timestamp) -> Result<(), Error> {
        let caller = stack.parse().ok();
        match stop_deployment(self.store, self.wakes, id, Some(true), caller.as_ref(), || now).await {
            Ok(_)
            | Err(Error::Rejected(Rejection::Deployment(
                DeploymentRejection::AlreadyCompleted(_) | DeploymentRejection::RollbackCannotStop(_),
            ))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives the alias those settings that changed.
    async fn configure(&self, session: &RoleSession, desired: &DesiredAlias) -> Result<(), Problem> {
        if desired.old_settings.as_ref() == Some(&desired.settings) {
            return Ok(());
        }
        let old = desired.old_settings.as_ref();
        self.aliases.configure(session, &desired.function, &desired.alias, old, &desired.settings).await
    }

    /// The same once the traffic has gone back. A stack that rolls back must not fail for settings, so that the log alone
    /// says what kept them as they are.
    async fn configure_or_leave(&self, session: &RoleSession, desired: &DesiredAlias) {
        if let Err(problem) = self.configure(session, desired).await {
            tracing::warn!(
                target: "spillway",
                alias = desired.arn,
                "Its traffic is back, but its settings are left as they are: {problem}"
            );
        }
    }
}

/// One look at an alias, and what is done after it.
struct AliasChange<'a, S, A, H, E, W> {
    changes: &'a Changes<'a, S, A, H, E, W>,
    request: &'a StackRequest,
    desired: &'a DesiredAlias,
    /// The role of its deployment group.
    role: RoleArn,
    session: RoleSession,
    /// Where the stack has moved it already, if it has.
    moved: Option<Moved>,
    /// Whether it was there before the stack.
    adopted: bool,
    now: Timestamp,
}

impl<S: StackStore, A: Aliases + OwnAliases, H: LifecycleHooks, E: Executions, W: Wakes>
    AliasChange<'_, S, A, H, E, W>
{
    fn follow(&self, id: DeploymentId, active: Option<Deployment>) -> Progress {
        let Self { request, desired, now, .. } = *self;
        match active.filter(|active| active.id == id) {
            Some(record) => follow(request, desired, &record, desired.waits, now),
            None => wait_or_give_up(request, id, now),
        }
    }

    async fn stop(&self, id: DeploymentId) -> Result<Progress, Error> {
        self.note(self.moved, self.adopted).await?;
        self.changes.stop(&id, &self.request.resource.stack, self.now).await?;
        Ok(wait_or_give_up(self.request, id, self.now))
    }

    async fn make(&self, version: Version) -> Result<Progress, Error> {
        self.note(None, false).await?;
        let DesiredAlias { arn, function, alias, settings, .. } = self.desired;
        self.changes.aliases.make(&self.session, function, alias, version, settings).await?;
        let made = self.changes.read(&self.session, &target(self.desired, self.desired.version)).await?;
        if !made.is_some_and(|made| made.routes(&AliasRouting::only(version))) {
            // Another writer came in between.
            return Err(Problem::new(ProblemKind::Stale, format!("{arn} is not as it was made.")).into());
        }
        if self.changes.store.ownership(&self.request.resource, arn).await?.is_none() {
            // The resource was deleted while this function hung.
            self.changes.aliases.delete(&self.session, function, alias).await?;
        }
        Ok(self.settled())
    }

    async fn settle(&self) -> Result<Progress, Error> {
        self.note(self.moved, self.adopted).await?;
        self.changes.configure(&self.session, self.desired).await?;
        Ok(self.settled())
    }

    /// The note comes first, so that a rollback is known for one whatever crashes.
    async fn move_forward(&self, from: Version, to: Version) -> Result<Progress, Error> {
        let instead_of = self.desired.old_version.unwrap_or(from);
        self.note(Some(Moved { from, to, instead_of }), self.adopted).await?;
        self.changes.configure(&self.session, self.desired).await?;
        self.deploy(LambdaTarget { target: to, ..target(self.desired, from) }, Way::Forward).await
    }

    /// Where the stack has moved it stays noted. Its settings follow when the traffic is back.
    async fn move_back(&self, from: Version, to: Version) -> Result<Progress, Error> {
        self.note(self.moved, self.adopted).await?;
        self.deploy(LambdaTarget { target: to, ..target(self.desired, from) }, Way::Back).await
    }

    async fn deploy(&self, target: LambdaTarget, way: Way) -> Result<Progress, Error> {
        let Self { changes, request, desired, now, .. } = *self;
        let (spec, target) = order_of(&desired.application, &desired.group, target, way, &request.resource.stack);
        // What the text says is known, since it was made of that, so that what changes resources links no parser.
        let read = |_: &str, _| target.clone();
        let id = request.deployment_id();
        match create_deployment(changes.store, changes.executions, &spec, read, changes.quotas, id, now).await {
            Ok(record) => Ok(follow(request, desired, &record, desired.waits || way == Way::Back, now)),
            Err(Error::Rejected(Rejection::Deployment(
                DeploymentRejection::Busy { deployment, .. } | DeploymentRejection::AliasBusy { deployment, .. },
            ))) => Ok(wait_or_give_up(request, deployment, now)),
            Err(error) => Err(error),
        }
    }

    /// Notes what the resource is.
    async fn note(&self, moved: Option<Moved>, adopted: bool) -> Result<(), Problem> {
        let Self { request, desired, .. } = *self;
        let ownership = Ownership::Alias {
            function: desired.function.clone(),
            alias: desired.alias.clone(),
            role: self.role.clone(),
            application: desired.application.clone(),
            group: desired.group.clone(),
            moved,
            adopted,
        };
        self.changes.store.put_claim(&request.resource, &desired.arn, Some(&ownership), request.asked_at).await
    }

    fn settled(&self) -> Progress {
        Progress::Settled(done(self.desired, NONE))
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
        hosts: HostOptions::default(),
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
