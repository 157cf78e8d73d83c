//! The customer's ECS services, and the load balancers before them.

use serde::{Deserialize, Serialize};
use spillway_domain::access::session::RoleSession;
use spillway_domain::catalog::environment::{EcsService, ListenerArn, TargetGroupName, TargetGroupPair};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::ecs::listener::{Forward, Groups, Listener};
use spillway_domain::ecs::service::{ServiceState, TargetGroup};
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::names::DeploymentId;
use spillway_domain::problem::Problem;

use crate::deployment::task::DeploymentRef;

/// A service with its task sets, and without the load balancers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSeen {
    /// Its ARN.
    pub arn: String,
    /// Whether it is active, and not being deleted.
    pub active: bool,
    /// Who replaces its tasks.
    pub controller: spillway_domain::ecs::service::Controller,
    /// Its task sets.
    pub task_sets: Vec<spillway_domain::ecs::service::TaskSet>,
    /// What ECS said about it last, newest first.
    pub events: Vec<String>,
}

/// A task set to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTaskSet<'a> {
    /// The deployment that it is for. However often it is asked for, there is one.
    pub deployment: &'a DeploymentId,
    /// The id of the task set from which it takes over whatever `target` does not say.
    pub like: &'a str,
    /// What is to run in it.
    pub target: &'a EcsTarget,
    /// Its target group takes the place of the original's; all other load balancers stay.
    pub groups: &'a Groups,
}

/// The customer's ECS services and their task sets.
pub trait TaskSets {
    /// The service as it is at this moment. One that does not exist is
    /// [`Missing`](spillway_domain::problem::ProblemKind::Missing).
    async fn read(&self, session: &RoleSession, service: &EcsService) -> Result<ServiceSeen, Problem>;
    /// The ARN of the latest ACTIVE revision of a task definition.
    async fn latest(&self, session: &RoleSession, family: &str) -> Result<String, Problem>;
    /// Why tasks of a task set stopped of late, newest first, each in words; those that were meant to stop are left out.
    async fn deaths(&self, session: &RoleSession, service: &EcsService, task_set: &str)
    -> Result<Vec<String>, Problem>;
    /// Makes a task set for all of the service's desired count, unless there is one for the deployment.
    async fn create(&self, session: &RoleSession, service: &EcsService, new: &NewTaskSet<'_>) -> Result<(), Problem>;
    /// Has a task set stand for the service.
    async fn promote(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem>;
    /// Deletes a task set, with its tasks. One that is not there any more is no problem.
    async fn delete(&self, session: &RoleSession, service: &EcsService, task_set: &str) -> Result<(), Problem>;
}

/// The customer's listeners and target groups.
pub trait Listeners {
    /// The target groups of these names, in this order. One that does not exist is
    /// [`Missing`](spillway_domain::problem::ProblemKind::Missing).
    async fn target_groups(
        &self,
        session: &RoleSession,
        names: &[TargetGroupName],
    ) -> Result<Vec<TargetGroup>, Problem>;
    /// The listener as it is at this moment, with all its rules.
    async fn read(&self, session: &RoleSession, listener: &ListenerArn) -> Result<Listener, Problem>;
    /// Has a forward of the listener go to these target groups with these weights. Conditions, other actions and
    /// stickiness stay as they are.
    async fn route(
        &self,
        session: &RoleSession,
        listener: &ListenerArn,
        forward: &Forward,
        groups: &[(String, u32)],
    ) -> Result<(), Problem>;
}

/// What is to be seen of a service: for whom, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// The session in which to look.
    pub session: RoleSession,
    /// The service.
    pub service: EcsService,
    /// Its target groups and listeners.
    pub pair: TargetGroupPair,
    /// The deployment whose replacement matters.
    pub deployment_id: DeploymentId,
    /// Whether the target groups are known already, so that nothing depends on both being there.
    pub knows_groups: bool,
    /// The family of the task definition, if its latest revision matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

impl Observation {
    /// What matters to a deployment; `None` when it is not to a service.
    pub fn of(record: &Deployment) -> Option<Self> {
        let (service, pair) = record.service()?;
        Some(Self {
            session: record.session(),
            service: service.clone(),
            pair: pair.clone(),
            deployment_id: record.maker().clone(),
            knows_groups: record.ecs.is_some(),
            family: record.ecs_target().and_then(EcsTarget::unresolved_family).map(str::to_owned),
        })
    }
}

/// Whoever looks at services for functions that do not link what that needs.
pub trait Services {
    /// The service, its task sets, its target groups and listeners, as they are at this moment.
    async fn observe(&self, observation: &Observation) -> Result<ServiceState, Problem>;
}

/// Whoever moves listeners for functions that do not link what that needs.
pub trait ListenerShifts {
    /// Makes the listeners of the deployment forward as its record says.
    async fn shift_listener(&self, subject: &DeploymentRef) -> Result<(), Problem>;
}
