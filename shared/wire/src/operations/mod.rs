//! One module for each operation: `parse` reads its request, `render` writes its answer. An operation that answers
//! nothing answers `{}`.

pub mod add_tags_to_on_premises_instances;
pub mod batch_get_application_revisions;
pub mod batch_get_applications;
pub mod batch_get_deployment_groups;
pub mod batch_get_deployment_instances;
pub mod batch_get_deployment_targets;
pub mod batch_get_deployments;
pub mod batch_get_on_premises_instances;
pub mod continue_deployment;
pub mod create_application;
pub mod create_deployment;
pub mod create_deployment_config;
pub mod create_deployment_group;
pub mod delete_application;
pub mod delete_deployment_config;
pub mod delete_deployment_group;
pub mod delete_git_hub_account_token;
pub mod delete_resources_by_external_id;
pub mod deregister_on_premises_instance;
pub mod get_application;
pub mod get_application_revision;
pub mod get_deployment;
pub mod get_deployment_config;
pub mod get_deployment_group;
pub mod get_deployment_instance;
pub mod get_deployment_target;
pub mod get_on_premises_instance;
pub mod list_application_revisions;
pub mod list_applications;
pub mod list_deployment_configs;
pub mod list_deployment_groups;
pub mod list_deployment_instances;
pub mod list_deployment_targets;
pub mod list_deployments;
pub mod list_git_hub_account_token_names;
pub mod list_on_premises_instances;
pub mod list_tags_for_resource;
pub mod put_lifecycle_event_hook_execution_status;
pub mod register_application_revision;
pub mod register_on_premises_instance;
pub mod remove_tags_from_on_premises_instances;
pub mod skip_wait_time_for_instance_termination;
pub mod stop_deployment;
pub mod tag_resource;
pub mod untag_resource;
pub mod update_application;
pub mod update_deployment_group;

#[cfg(test)]
mod tests;
