//! The use cases, one verb a file, and the ports that they need.
//!
//! A use case loads, asks [`spillway_domain`] what is to be done, saves, and only then acts. It is told the time and
//! any randomness. Its ports are traits: the `aws-*` crates implement them for AWS, `testkit` for tests.
//!
//! The order everywhere is: save, then do. Whoever finds the record at another generation than it read has come too
//! late and goes home.

// The futures of the ports run on one thread each and need not be Send.
#![allow(async_fn_in_trait)]

mod announce;
mod answer_hook;
mod answer_stack;
mod authorize;
mod await_deployment;
mod bake;
mod change_alias;
mod change_resource;
mod change_settings;
mod continue_deployment;
mod create_application;
mod create_config;
mod create_deployment;
mod create_group;
mod custom_resource;
mod decide;
mod delete_application;
mod delete_config;
mod delete_github_token;
mod delete_group;
mod deregister_instance;
mod find_application;
mod find_applications;
mod find_config;
mod find_deployment_instances;
mod find_group;
mod find_groups;
mod find_instance;
mod find_instances;
mod find_revisions;
mod find_targets;
mod install_task_set;
mod let_alias_go;
mod list_applications;
mod list_configs;
mod list_deployments;
mod list_groups;
mod list_instances;
mod list_revisions;
mod list_tags;
mod load_deployment;
mod load_deployments;
mod observe_service;
mod pace;
mod permit;
mod ports;
mod promote_task_set;
mod read_revision;
mod register_instance;
mod register_revision;
mod rename_application;
mod retire_task_set;
mod run_hook;
mod shift_alias;
mod shift_listener;
mod stop_deployment;
mod sweep;
mod tag_instances;
mod tag_resource;
mod task;
mod untag_instances;
mod update_group;
mod wake;
mod watch_alarms;
mod ways_back;

pub use announce::announce;
pub use answer_hook::answer_hook;
pub use answer_stack::{Answered, answer_stack};
pub use authorize::{InForce, PolicySource, PolicyStore, PolicyText, authorize};
pub use await_deployment::{Waiter, await_deployment};
pub use bake::bake;
pub use change_resource::{Changes, StackStore, change_resource};
pub use continue_deployment::continue_deployment;
pub use create_application::create_application;
pub use create_config::create_config;
pub use create_deployment::{StartRequest, create_deployment, create_deployment_for};
pub use create_group::create_group;
pub use custom_resource::custom_resource;
pub use decide::{Answer, Caught, Decide, decide};
pub use delete_application::delete_application;
pub use delete_config::delete_config;
pub use delete_github_token::delete_github_token;
pub use delete_group::delete_group;
pub use deregister_instance::deregister_instance;
pub use find_application::find_application;
pub use find_applications::find_applications;
pub use find_config::find_config;
pub use find_deployment_instances::find_deployment_instances;
pub use find_group::find_group;
pub use find_groups::find_groups;
pub use find_instance::find_instance;
pub use find_instances::find_instances;
pub use find_revisions::{find_revision, find_revisions};
pub use find_targets::find_targets;
pub use install_task_set::install_task_set;
pub use list_applications::list_applications;
pub use list_configs::list_configs;
pub use list_deployments::list_deployments;
pub use list_groups::list_groups;
pub use list_instances::list_instances;
pub use list_revisions::list_revisions;
pub use list_tags::list_tags;
pub use load_deployment::load_deployment;
pub use load_deployments::load_deployments;
pub use observe_service::observe_service;
pub use permit::permit;
pub use ports::{
    Access, Alarms, Aliases, Answers, Anyone, Catalog, Change, Claims, Clock, Creation, Deployments, ExecutionState,
    Executions, GroupWrite, HookReply, Hooks, Instances, ListenerShifts, Listeners, NewTaskSet, Notices, Objects,
    Observation, OwnAliases, Registration, Requests, ResponseUrls, Revisions, ServiceSeen, Services, Tagged, TaskSets,
    Waiters, Wakes,
};
pub use promote_task_set::promote_task_set;
pub use read_revision::read_revision;
pub use register_instance::register_instance;
pub use register_revision::register_revision;
pub use rename_application::rename_application;
pub use retire_task_set::retire_task_set;
pub use run_hook::run_hook;
pub use shift_alias::{Shift, Shifted, shift_alias};
pub use shift_listener::{Rerouted, shift_listener};
pub use stop_deployment::stop_deployment;
pub use sweep::{Swept, sweep};
pub use tag_instances::tag_instances;
pub use tag_resource::{tag_resource, untag_resource};
pub use task::{DeploymentRef, Task};
pub use untag_instances::untag_instances;
pub use update_group::update_group;
pub use watch_alarms::{AlarmEvent, Watched, watch_alarms};
pub use ways_back::WaysBack;

use spillway_domain::problem::Problem;
use spillway_domain::rejection::Rejection;

/// Why a caller does not get what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is the caller's fault.
    #[error("{0:?}")]
    Rejected(Rejection),
    /// It is not.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
