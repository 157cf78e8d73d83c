//! Deployment groups.

pub(crate) mod alarm_configuration;
pub(crate) mod auto_rollback;
pub(crate) mod blue_green;
pub(crate) mod deployment_group_info;
pub(crate) mod deployment_style;
pub(crate) mod ecs_services;
pub(crate) mod group_settings;
pub(crate) mod load_balancer_info;
pub(crate) mod server_settings;
pub(crate) mod triggers;
mod unfit;

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::environment::EcsService;
use spillway_domain::catalog::group::{DeploymentGroup, GroupChange, GroupState, NewGroup, StoredGroup};
use spillway_domain::catalog::page::Page;
use spillway_domain::names::{ApplicationName, GroupName};
use spillway_domain::rejection::GroupRejection;
use spillway_domain::server::lifecycle_action::LifecycleHook;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{APPLICATION, CURRENT_GROUP, GROUP, GROUPS, NEW_GROUP, Object, ROLE, read};
use crate::codedeploy::operation::Operation;
use crate::codedeploy::tag::tags;
use crate::codedeploy::token;

/// Creates a deployment group; its settings are read beside these members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDeploymentGroup {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    service_role_arn: Option<String>,
    tags: Option<Vec<Object<tags::Input>>>,
}

impl CreateDeploymentGroup {
    /// The request.
    pub fn parse(body: &[u8], cx: &Context) -> Result<NewGroup, Exception> {
        let input: Self = read(body)?;
        let settings: group_settings::Input = read(body)?;
        let application = APPLICATION.required(input.application_name)?;
        let name = GROUP.required(input.deployment_group_name)?;
        let role = ROLE.required(input.service_role_arn)?;
        let settings = group_settings::parse(settings, cx)?;
        Ok(NewGroup { application, name, role, settings, tags: tags::parse(input.tags, &cx.quotas)? })
    }

    /// The answer.
    pub fn render(_: &NewGroup, group: &DeploymentGroup, _: &Context) -> Value {
        json!({ "deploymentGroupId": group.id })
    }
}

/// Shows a deployment group.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetDeploymentGroup {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
}

impl GetDeploymentGroup {
    /// The request.
    pub fn parse(body: &[u8], _: &Context) -> Result<(ApplicationName, GroupName), Exception> {
        let input: Self = read(body)?;
        Ok((APPLICATION.required(input.application_name)?, GROUP.required(input.deployment_group_name)?))
    }

    /// The answer.
    pub fn render(
        _: &(ApplicationName, GroupName),
        (application, group, state): &(Application, DeploymentGroup, GroupState),
        _: &Context,
    ) -> Value {
        json!({ "deploymentGroupInfo": deployment_group_info::render(application, group, state) })
    }
}

/// Shows several deployment groups of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchGetDeploymentGroups {
    application_name: Option<String>,
    deployment_group_names: Option<Vec<String>>,
}

impl BatchGetDeploymentGroups {
    /// The application, and the groups, each once.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, Vec<GroupName>), Exception> {
        let input: Self = read(body)?;
        let application = APPLICATION.required(input.application_name)?;
        let most = cx.quotas.batch_groups;
        Ok((application, GROUPS.list(input.deployment_group_names, most, "BatchLimitExceededException")?))
    }

    /// The answer, which names those that are not there.
    pub fn render(
        (_, names): &(ApplicationName, Vec<GroupName>),
        (application, groups): &(Application, Vec<StoredGroup>),
        _: &Context,
    ) -> Value {
        let found =
            groups.iter().map(|stored| deployment_group_info::render(application, &stored.group, &stored.state));
        let found: Vec<Value> = found.collect();
        let missing = names.iter().filter(|name| groups.iter().all(|stored| stored.group.name != **name));
        let missing: Vec<&str> = missing.map(GroupName::as_str).collect();
        let words = match missing.as_slice() {
            [] => String::new(), // as CodeDeploy has it
            missing => format!("No Deployment Group found for name: {}", missing.join(", ")),
        };
        json!({ "deploymentGroupsInfo": found, "errorMessage": words })
    }
}

/// Lists the names of the deployment groups of an application.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListDeploymentGroups {
    application_name: Option<String>,
    next_token: Option<String>,
}

impl ListDeploymentGroups {
    const OPERATION: Operation = Operation::ListDeploymentGroups;

    /// The application, and the key after which the page begins.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, Option<String>), Exception> {
        let input: Self = read(body)?;
        let application: ApplicationName = APPLICATION.required(input.application_name)?;
        let after = token::read(&cx.seal, Self::OPERATION, application.as_str(), input.next_token.as_deref())?;
        Ok((application, after))
    }

    /// The answer.
    pub fn render(
        (application, _): &(ApplicationName, Option<String>),
        page: &Page<impl fmt::Display>,
        cx: &Context,
    ) -> Value {
        let mut answer = token::render_page(&cx.seal, Self::OPERATION, application.as_str(), "deploymentGroups", page);
        answer.insert("applicationName".to_owned(), json!(application.as_str()));
        Value::Object(answer)
    }
}

/// Changes a deployment group; its settings are read beside these members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDeploymentGroup {
    application_name: Option<String>,
    current_deployment_group_name: Option<String>,
    new_deployment_group_name: Option<String>,
    service_role_arn: Option<String>,
}

impl UpdateDeploymentGroup {
    /// The request. What is absent stays; an empty list, or a block that is not enabled, takes a setting away.
    pub fn parse(body: &[u8], cx: &Context) -> Result<GroupChange, Exception> {
        let input: Self = read(body)?;
        let settings: group_settings::Input = read(body)?;
        let application = APPLICATION.required(input.application_name)?;
        let group = CURRENT_GROUP.required(input.current_deployment_group_name)?;
        let name = NEW_GROUP.optional(input.new_deployment_group_name)?;
        let role = ROLE.optional(input.service_role_arn)?;
        let settings = group_settings::parse(settings, cx)?;
        Ok(GroupChange { application, group, name, role, settings })
    }

    /// The answer.
    pub fn render(_: &GroupChange, left: &[LifecycleHook], _: &Context) -> Value {
        json!({ "hooksNotCleanedUp": server_settings::render_hooks(left) })
    }
}

/// Deletes a deployment group. Its request is that of [`GetDeploymentGroup`].
pub struct DeleteDeploymentGroup;

impl DeleteDeploymentGroup {
    /// The request.
    pub fn parse(body: &[u8], cx: &Context) -> Result<(ApplicationName, GroupName), Exception> {
        GetDeploymentGroup::parse(body, cx)
    }

    /// The answer.
    pub fn render(_: &(ApplicationName, GroupName), left: &[LifecycleHook], _: &Context) -> Value {
        json!({ "hooksNotCleanedUp": server_settings::render_hooks(left) })
    }
}

impl From<GroupRejection> for Exception {
    fn from(rejection: GroupRejection) -> Self {
        let (name, message) = match rejection {
            GroupRejection::DoesNotExist(name) => {
                ("DeploymentGroupDoesNotExistException", format!("No Deployment Group found for name: {name}"))
            }
            GroupRejection::AlreadyExists(name) => (
                "DeploymentGroupAlreadyExistsException",
                format!("Deployment group already exists with the name: {name}"),
            ),
            GroupRejection::Unfit(unfit) => unfit::words(unfit),
            GroupRejection::ServiceDrifted(services) => {
                let services: Vec<String> = services.iter().map(EcsService::address).collect();
                (
                    "ECSServiceMappingLimitExceededException",
                    format!(
                        "The ECS service {} (cluster/service) belongs to another deployment group, and can be in one only. \
                         Take it out of that group, or delete that group, first.",
                        services.join(", ")
                    ),
                )
            }
            GroupRejection::ServiceInUse { group, deployment } => (
                "InvalidECSServiceException",
                format!(
                    "Deployment group {group} has an active deployment, {deployment}, to its ECS service, and was not \
                     changed. Wait until the deployment has ended, or stop it, and update again."
                ),
            ),
            GroupRejection::NoLifecycleHook { hook, words } => (
                "InvalidAutoScalingGroupException",
                format!(
                    "Lifecycle hook {} could not be put into Auto Scaling group {}, and nothing was changed: {words}",
                    hook.name, hook.group
                ),
            ),
            GroupRejection::MayNotHook { role, words } => (
                "InvalidRoleException",
                format!(
                    "The service role {role} may not put lifecycle hooks into the Auto Scaling groups, and nothing was \
                     changed: {words} Give the role autoscaling:PutLifecycleHook and autoscaling:DeleteLifecycleHook."
                ),
            ),
            GroupRejection::InUse { group, deployment } => (
                "InvalidOperationException", // the one of the model that fits; neither operation lists one
                format!(
                    "Deployment group {group} has an active deployment, {deployment}, and was not deleted. Wait \
                     until the deployment has ended, or stop it, and delete again."
                ),
            ),
        };
        Self::new(name, message)
    }
}
