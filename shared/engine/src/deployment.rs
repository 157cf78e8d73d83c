//! What goes on with a deployment.

pub mod announce;
pub mod bake;
pub(crate) mod count_targets;
pub mod decide;
pub mod pace;
pub mod read_revision;
pub mod run_hook;
pub mod sweep;
pub mod task;
pub mod wake;
pub mod watch_alarms;
pub mod ways_back;
