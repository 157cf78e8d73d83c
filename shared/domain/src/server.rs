//! Deployments to fleets of hosts: EC2 instances and on-premises instances.
//!
//! Each host has a work item of its own ([`work`]), which its agent's calls advance. The fleet has a watermark: at the
//! start every host gets a rank ([`order`]), and a host may work once its rank is below the watermark. How far the
//! watermark rises is decided from what all work items show ([`fleet`]), so there are no counters that could drift.

pub mod blue_green;
pub mod diagnostics;
pub mod event;
pub mod fleet;
pub mod host;
pub mod identity;
pub mod launches;
pub mod lifecycle_action;
pub mod minimum;
pub mod order;
pub mod phase;
pub mod plan;
pub mod progress;
pub mod stage;
pub mod status;
pub mod target;
pub(crate) mod texts;
pub mod traffic;
pub mod work;
