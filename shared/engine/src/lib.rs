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
mod applications;
mod bake;
mod configs;
mod create_deployment;
mod decide;
mod groups;
mod ports;
mod read_deployments;
mod run_hook;
mod shift_alias;
mod stop_deployment;
mod sweep;
mod task;
mod watch_alarms;

pub use announce::announce;
pub use answer_hook::answer_hook;
pub use applications::{create_application, delete_application, find_application, list_applications};
pub use bake::bake;
pub use configs::{create_config, find_config, list_configs};
pub use create_deployment::create_deployment;
pub use decide::{Answer, Caught, Decide, decide};
pub use groups::{create_group, delete_group, find_group, list_groups, update_group};
pub use ports::{
    Alarms, Aliases, Catalog, Change, Creation, Deployments, ExecutionState, Executions, HookReply, Hooks, Notices,
    Wakes,
};
pub use read_deployments::{list_deployments, load_deployment};
pub use run_hook::run_hook;
pub use shift_alias::{Shift, Shifted, shift_alias};
pub use stop_deployment::stop_deployment;
pub use sweep::{Swept, sweep};
pub use task::{Subject, Task};
pub use watch_alarms::{AlarmEvent, watch_alarms};

use spillway_domain::{Problem, Rejection};

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
