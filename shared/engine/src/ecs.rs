//! Moves on ECS services and their load balancers.

pub mod install_task_set;
pub mod observe_service;
pub mod promote_task_set;
pub mod retire_task_set;
pub mod shift_listener;
