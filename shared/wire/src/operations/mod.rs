//! One module for each operation: `parse` reads its request, `render` writes its answer. An operation that answers
//! nothing answers `{}`.

pub mod batch_get_deployment_targets;
pub mod create_application;
pub mod create_deployment;
pub mod create_deployment_config;
pub mod create_deployment_group;
pub mod delete_application;
pub mod delete_deployment_group;
pub mod get_application;
pub mod get_deployment;
pub mod get_deployment_config;
pub mod get_deployment_group;
pub mod get_deployment_target;
pub mod list_applications;
pub mod list_deployment_configs;
pub mod list_deployment_groups;
pub mod list_deployment_targets;
pub mod list_deployments;
pub mod put_lifecycle_event_hook_execution_status;
pub mod stop_deployment;
pub mod update_deployment_group;

#[cfg(test)]
mod tests;
