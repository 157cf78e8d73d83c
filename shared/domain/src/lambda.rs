//! Deployments to Lambda aliases.

pub mod alias;
mod drift;
pub mod plan;
pub mod stage;
pub mod target;
