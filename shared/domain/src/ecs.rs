//! Deployments to ECS services.

pub mod desired;
mod drift;
pub mod listener;
pub mod plan;
pub mod progress;
pub mod service;
pub mod stage;
pub mod target;
