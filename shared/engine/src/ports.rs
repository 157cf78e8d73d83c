//! What the use cases need of the world.

pub mod access;
pub mod aliases;
pub mod autoscaling;
pub mod balancers;
pub mod catalog;
pub mod clock;
pub mod customer;
pub mod deployments;
pub mod executions;
pub mod hosts;
pub mod instances;
pub mod pipelines;
pub mod revisions;
pub mod services;
pub mod stacks;
