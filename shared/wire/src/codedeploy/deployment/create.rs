//! The operation that creates a deployment.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::catalog::revision::NewRevision;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::request::{ForServers, HostOptions, NewDeployment};
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::deployment::target_instances;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::group::{alarm_configuration, auto_rollback, server_settings};
use crate::codedeploy::input::{APPLICATION, GROUP, Object, config_name, description, read};
use crate::codedeploy::revision::revision_location;

/// Creates a deployment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDeployment {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    revision: Option<Object<revision_location::Input>>,
    deployment_config_name: Option<String>,
    description: Option<String>,
    ignore_application_stop_failures: Option<bool>,
    target_instances: Option<Object<target_instances::Input>>,
    auto_rollback_configuration: Option<Object<auto_rollback::Input>>,
    update_outdated_instances_only: Option<bool>,
    file_exists_behavior: Option<String>,
    override_alarm_configuration: Option<Object<alarm_configuration::Input>>,
    deployment_mode: Option<String>,
    ec2_deployment_options: Option<Object<server_settings::OptionsInput>>,
}

impl CreateDeployment {
    /// The request. What the AppSpec says is read once the platform is known, and is no reason to refuse: as in CodeDeploy,
    /// the deployment is made and fails, so that its violations can be looked at afterwards.
    pub fn parse(body: &[u8], cx: &Context) -> Result<NewDeployment, Exception> {
        let deployment = Self::parse_within(body, &cx.quotas)?;
        Ok(NewDeployment { caller: cx.caller.clone(), ..deployment })
    }

    /// The same, for which nothing but the quotas is needed.
    pub(crate) fn parse_within(body: &[u8], quotas: &Quotas) -> Result<NewDeployment, Exception> {
        Self::parse_with(body, quotas, |input| parse_revision(input.revision.take(), input.deployment_mode.take()))
    }

    /// The same of a request whose revision is found later.
    pub(crate) fn parse_without_revision(body: &[u8], quotas: &Quotas) -> Result<NewDeployment, Exception> {
        Self::parse_with(body, quotas, |_| Ok(None))
    }

    fn parse_with(
        body: &[u8],
        quotas: &Quotas,
        revision: impl FnOnce(&mut Self) -> Result<Option<NewRevision>, Exception>,
    ) -> Result<NewDeployment, Exception> {
        let mut input: Self = read(body)?;
        let application = APPLICATION.required(input.application_name.take())?;
        let group = GROUP.required(input.deployment_group_name.take())?;
        let revision = revision(&mut input)?;
        let config = config_name(input.deployment_config_name.take())?;
        let description = description(input.description.take(), quotas)?;
        let rollback = input.auto_rollback_configuration.take();
        let alarms = input.override_alarm_configuration.take();
        let deployment = NewDeployment {
            application,
            group,
            target: None,
            revision,
            config,
            description,
            rollback: rollback.map(|Object(given)| auto_rollback::parse(given)).transpose()?,
            alarms: alarms
                .map(|Object(given)| alarm_configuration::parse_override(given, quotas))
                .transpose()?
                .flatten(),
            for_servers: for_servers(&input),
            hosts: host_options(&mut input, quotas)?,
            caller: None,
        };
        // Servers are in Auto Scaling groups; elsewhere it means nothing and harms nothing.
        input.ec2_deployment_options.map(|Object(given)| server_settings::parse_options(given)).transpose()?;
        Ok(deployment)
    }

    /// The answer.
    pub fn render(_: &NewDeployment, deployment: &Deployment, _: &Context) -> Value {
        json!({ "deploymentId": deployment.id.as_str() })
    }
}

/// The revision; none for a restart. `deploymentMode` is younger than the API's model, and sent by newer clients.
fn parse_revision(
    revision: Option<Object<revision_location::Input>>,
    mode: Option<String>,
) -> Result<Option<NewRevision>, Exception> {
    match (mode.as_deref(), revision) {
        (None, revision) => revision_location::parse(revision).map(Some),
        (Some("RESTART"), None) => Ok(None),
        (Some("RESTART"), Some(_)) => Err(Exception::new(
            "InvalidRevisionException",
            "deploymentMode RESTART deploys the group's last successful revision again; leave revision out.",
        )),
        (Some(other), _) => Err(Exception::new(
            "InvalidInputException",
            format!("deploymentMode '{}' is not valid. Valid values are [RESTART]", cut(other, 120)),
        )),
    }
}

/// What is said of hosts. On which platforms it may be given is said when the platform is known.
fn host_options(input: &mut CreateDeployment, quotas: &Quotas) -> Result<HostOptions, Exception> {
    let unknown = |behavior: &str| {
        Exception::new(
            "InvalidFileExistsBehaviorException",
            format!(
                "fileExistsBehavior '{}' is not valid. Valid values are [DISALLOW, OVERWRITE, RETAIN]",
                cut(behavior, 120)
            ),
        )
    };
    let replacement = input.target_instances.take().map(|Object(given)| target_instances::parse(given, quotas));
    let file_exists = input.file_exists_behavior.as_deref().map(|given| given.parse().map_err(|_| unknown(given)));
    Ok(HostOptions {
        file_exists: file_exists.transpose()?.unwrap_or_default(),
        ignores_stop_failures: input.ignore_application_stop_failures == Some(true),
        only_outdated: input.update_outdated_instances_only == Some(true),
        replacement: replacement.transpose()?.flatten(),
    })
}

/// The first member that was given and has a meaning for servers only.
fn for_servers(input: &CreateDeployment) -> Option<ForServers> {
    let members = [
        // It is the one that in-place deployments to servers refuse, too.
        (input.target_instances.is_some(), ForServers::TargetInstances),
        (input.ignore_application_stop_failures == Some(true), ForServers::IgnoreApplicationStopFailures),
        (input.update_outdated_instances_only == Some(true), ForServers::UpdateOutdatedInstancesOnly),
        (input.file_exists_behavior.is_some(), ForServers::FileExistsBehavior),
    ];
    members.into_iter().find(|(given, _)| *given).map(|(_, member)| member)
}
