//! Deployments to fleets of hosts.

pub mod look_at_hosts;
pub mod select_hosts;
pub mod serve_host;
pub mod tick;
