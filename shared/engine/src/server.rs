//! Deployments to fleets of hosts.

pub mod advance_fleet;
pub mod agent_api;
pub mod announce_hosts;
pub mod answer_lifecycle_action;
pub mod await_hosts;
pub mod control_traffic;
mod hosts_of_phase;
pub(crate) mod lifecycle_hooks;
pub mod look_at_hosts;
pub mod select_hosts;
pub mod set_lifecycle_hook;
pub mod settle_fleet;
pub mod take_lifecycle_action;
