//! Deployments to fleets of hosts.

pub mod advance_fleet;
pub mod agent_api;
pub mod announce_hosts;
pub mod await_hosts;
pub mod control_traffic;
pub mod look_at_hosts;
pub mod select_hosts;
