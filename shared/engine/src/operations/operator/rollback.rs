//! Going back to what was deployed before: all at once, without hooks, and whatever the alarms say, as an automatic
//! rollback does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::config::{ComputePlatform, default_config};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::request::{DeploymentFilter, HostOptions, NewDeployment, RollbackRequest};
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::view::RollbackView;
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::{DeploymentRejection, RollbackUnfit};

use crate::operations::Error;
use crate::operations::deployment::{create_deployment, load_deployment};
use crate::operations::group::find_group;
use crate::ports::catalog::{Configurations, Groups};
use crate::ports::deployments::Deployments;
use crate::ports::executions::Executions;
use crate::ports::revisions::Revisions;

/// How many deployments are looked through for another revision.
const LOOKED_THROUGH: usize = 50;

/// Creates a deployment of what the group had before what it has now, or of what an earlier deployment deployed.
pub async fn roll_back_group(
    store: &(impl Groups + Configurations + Deployments + Revisions),
    executions: &impl Executions,
    request: &RollbackRequest,
    quotas: &Quotas,
    id: DeploymentId,
    now: Timestamp,
) -> Result<RollbackView, Error> {
    let (application, group, state) = find_group(store, &request.application, &request.group).await?;
    if let Some(deployment) = state.active {
        return Err(DeploymentRejection::Busy { group: group.name, deployment }.into());
    }
    let filter = DeploymentFilter {
        statuses: vec![Status::Succeeded],
        most: Some(LOOKED_THROUGH),
        ..DeploymentFilter::default()
    };
    let ids = store.list(Some(&group.id), &filter, None).await?.items;
    let mut succeeded = store.load_many(&ids).await?;
    // What was for one instance that Auto Scaling launched says nothing of the group.
    succeeded.retain(|deployment| deployment.spec.lifecycle_action.is_none());
    let nothing = || DeploymentRejection::NothingToRollBackTo(group.name.clone());
    let serving = succeeded.first().ok_or_else(nothing)?;
    let goal = match &request.to {
        Some(named) => {
            let deployment = load_deployment(store, named).await?;
            let unfit = unfit(serving, &deployment);
            let refuse = |reason| DeploymentRejection::NotToRollBackTo {
                group: group.name.clone(),
                deployment: named.clone(),
                reason,
            };
            unfit.map_or(Ok(()), |reason| Err(refuse(reason)))?;
            Some(deployment)
        }
        None => succeeded.iter().find(|earlier| unfit(serving, earlier).is_none()).cloned(),
    };
    let back = way_back(serving, goal.as_ref()).ok_or_else(nothing)?;
    let config = match application.platform {
        ComputePlatform::Server => group.config.clone(),
        platform @ (ComputePlatform::Lambda | ComputePlatform::Ecs) => default_config(platform),
    };
    let to = goal.map(|goal| goal.id);
    let words = match &to {
        Some(to) => format!("Goes back to {}, as deployment {to} deployed it.", back.what),
        None => format!("Goes back to {}, which deployment {} replaced.", back.what, serving.id),
    };
    let new = NewDeployment {
        application: application.name,
        group: group.name,
        revision: Some(back.revision),
        target: back.target,
        config: Some(request.config.clone().unwrap_or(config)),
        description: Some(request.description.clone().unwrap_or_else(|| words.clone())),
        rollback: None,
        alarms: Some(AlarmConfiguration::default()),
        for_servers: None,
        hosts: back.hosts,
        caller: request.caller.clone(),
    };
    let read = |_: &str, _: ComputePlatform| Target::Unread;
    let deployment = create_deployment(store, executions, &new, read, quotas, id, now).await?;
    Ok(RollbackView { deployment: deployment.id, to, words })
}

/// What is deployed to go back.
struct Back {
    revision: NewRevision,
    target: Option<Target>,
    hosts: HostOptions,
    /// In words.
    what: String,
}

impl Back {
    fn to_version(target: LambdaTarget) -> Self {
        let what = format!("version {}", target.target);
        let target = LambdaTarget { before: None, after: None, ..target };
        let revision = NewRevision::text(RevisionKind::AppSpecContent, target.appspec());
        Self { revision, target: Some(Target::Lambda(target)), hosts: HostOptions::default(), what }
    }
}

/// How the group gets from what it has to what it is to have; `None` when nothing says what that is.
fn way_back(serving: &Deployment, goal: Option<&Deployment>) -> Option<Back> {
    match (&serving.spec.target, goal.map(|goal| (goal, &goal.spec.target))) {
        (Target::Lambda(has), Some((_, Target::Lambda(goal)))) => {
            Some(Back::to_version(LambdaTarget { current: has.target, target: goal.target, ..has.clone() }))
        }
        // The first deployment of a group has replaced a version, too.
        (Target::Lambda(has), None) if has.current != has.target => {
            Some(Back::to_version(LambdaTarget { current: has.target, target: has.current, ..has.clone() }))
        }
        (Target::Ecs(_), Some((_, Target::Ecs(goal)))) => {
            let target = EcsTarget { hooks: BTreeMap::new(), ..goal.clone() };
            let revision = NewRevision::text(RevisionKind::AppSpecContent, target.appspec());
            let what = format!("task definition {}", task_definition(&target));
            Some(Back { revision, target: Some(Target::Ecs(target)), hosts: HostOptions::default(), what })
        }
        (Target::Server(_), Some((goal, Target::Server(target)))) => {
            let hosts = HostOptions {
                file_exists: target.file_exists,
                ignores_stop_failures: target.ignores_stop_failures,
                ..HostOptions::default()
            };
            let revision = NewRevision { location: goal.spec.revision.clone(), content: None };
            Some(Back { revision, target: None, hosts, what: "its revision".to_owned() })
        }
        (Target::Lambda(_) | Target::Ecs(_) | Target::Server(_) | Target::Invalid(_) | Target::Unread, _) => None,
    }
}

/// Why the group cannot go back to what a deployment deployed.
fn unfit(serving: &Deployment, goal: &Deployment) -> Option<RollbackUnfit> {
    if goal.spec.group_id != serving.spec.group_id || goal.spec.lifecycle_action.is_some() {
        return Some(RollbackUnfit::OtherGroup);
    }
    if goal.status() != Status::Succeeded {
        return Some(RollbackUnfit::NotSucceeded);
    }
    let is_same = match (&serving.spec.target, &goal.spec.target) {
        (Target::Lambda(has), Target::Lambda(goal)) if has.id() != goal.id() => return Some(RollbackUnfit::OtherAlias),
        (Target::Lambda(has), Target::Lambda(goal)) => has.target == goal.target,
        (Target::Ecs(has), Target::Ecs(goal)) => has.task_definition == goal.task_definition,
        (Target::Lambda(_) | Target::Ecs(_) | Target::Server(_) | Target::Invalid(_) | Target::Unread, _) => {
            serving.spec.revision == goal.spec.revision
        }
    };
    is_same.then_some(RollbackUnfit::Same)
}

/// The family and revision of a task definition.
fn task_definition(target: &EcsTarget) -> &str {
    target.task_definition.rsplit('/').next().unwrap_or_default()
}
