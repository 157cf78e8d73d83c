//! An alias that a stack lets go of: deleted, or, if it was there before the stack, left as it was.

use jiff::Timestamp;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::lambda::alias::AliasRouting;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::rejection::{ApplicationRejection, DeploymentRejection, GroupRejection, Rejection};
use spillway_domain::stack::resource::{Moved, Outcome, Ownership, Progress, StackRequest};

use crate::operations::Error;
use crate::operations::deployment::create_deployment;
use crate::operations::group::find_group;
use crate::ports::aliases::{Aliases, OwnAliases};
use crate::ports::autoscaling::LifecycleHooks;
use crate::ports::executions::{Executions, Wakes};
use crate::stack::change_alias::{Way, order_of, session, wait_or_give_up};
use crate::stack::change_resource::{Changes, StackStore, outcome};

impl<S: StackStore, A: Aliases + OwnAliases, H: LifecycleHooks, E: Executions, W: Wakes> Changes<'_, S, A, H, E, W> {
    /// Lets go of an alias; answers with what is still to be waited for, or with what went wrong.
    pub(crate) async fn let_go(
        &self,
        request: &StackRequest,
        ownership: &Ownership,
        now: Timestamp,
    ) -> Result<Option<Progress>, Error> {
        let Ownership::Alias { function, alias, role, application, group, moved, adopted } = ownership else {
            return Ok(None);
        };
        let (active, role) = match find_group(self.store, application, group).await {
            Ok((_, group, state)) => (state.active, group.role),
            // A group that is gone has no deployments, and its role is the last one that is known.
            Err(Error::Rejected(
                Rejection::Application(ApplicationRejection::DoesNotExist(_))
                | Rejection::Group(GroupRejection::DoesNotExist(_)),
            )) => (None, role.clone()),
            Err(error) => return Err(error),
        };
        let back = match (adopted, moved) {
            (true, None) => return Ok(None),
            (true, Some(Moved { from, to, .. })) => Some(LambdaTarget {
                function: function.clone(),
                alias: alias.clone(),
                current: *to,
                target: *from,
                before: None,
                after: None,
            }),
            (false, _) => None,
        };
        if back.is_some()
            && let Some(record) = self.store.load(&request.deployment_id()).await?
        {
            let done = Outcome::done(request.name());
            let progress = outcome(&record, request, done, false, now);
            return Ok(Some(progress).filter(|progress| !is_done(progress)));
        }
        if let Some(id) = self.store.holder(&function.address(alias, &role)).await? {
            let record = self.store.load(&id).await?;
            let target = record.as_ref().and_then(Deployment::lambda);
            // Of an alias that stays, only the way to where the stack brought it is broken off.
            let is_ours = |back: &LambdaTarget| target.is_some_and(|target| target.target == back.current);
            if back.as_ref().is_none_or(is_ours) {
                self.stop(&id, &request.resource.stack, now).await?;
            }
            return Ok(Some(wait_or_give_up(request, id, now)));
        }
        // The way back is a deployment of the group, which takes one at a time.
        if let Some(id) = active.filter(|_| back.is_some()) {
            return Ok(Some(wait_or_give_up(request, id, now)));
        }
        let session = session(request, role, application, group);
        let Some(target) = back else {
            self.aliases.delete(&session, function, alias).await?;
            return Ok(None);
        };
        // Only where the stack itself brought it: somebody may have moved it on since.
        let found = self.read(&session, &target).await?;
        if !found.is_some_and(|found| found.routes(&AliasRouting::only(target.current))) {
            return Ok(None);
        }
        let (order, target) = order_of(application, group, target, Way::Back, &request.resource.stack);
        let read = |_: &str, _| target.clone();
        let id = request.deployment_id();
        match create_deployment(self.store, self.executions, &order, read, self.quotas, id, now).await {
            Ok(record) => {
                let done = Outcome::done(request.name());
                Ok(Some(outcome(&record, request, done, false, now)))
            }
            Err(Error::Rejected(Rejection::Deployment(
                DeploymentRejection::Busy { deployment, .. } | DeploymentRejection::AliasBusy { deployment, .. },
            ))) => Ok(Some(wait_or_give_up(request, deployment, now))),
            Err(Error::Rejected(
                Rejection::Application(ApplicationRejection::DoesNotExist(_))
                | Rejection::Group(GroupRejection::DoesNotExist(_)),
            )) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_done(progress: &Progress) -> bool {
    matches!(progress, Progress::Settled(outcome) if outcome.failure.is_none())
}
