//! CreateDeployment.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use spillway_domain::{Deployment, NewDeployment};

use crate::input::{APPLICATION, GROUP, Object, config_name, cut, read};
use crate::shapes::{alarm_configuration, auto_rollback, revision_location};
use crate::{Context, Exception, appspec};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    revision: Option<Object<revision_location::Input>>,
    deployment_config_name: Option<String>,
    description: Option<String>,
    ignore_application_stop_failures: Option<bool>,
    target_instances: Option<Map<String, Value>>,
    auto_rollback_configuration: Option<Object<auto_rollback::Input>>,
    update_outdated_instances_only: Option<bool>,
    file_exists_behavior: Option<String>,
    override_alarm_configuration: Option<Object<alarm_configuration::Input>>,
}

/// The request. What the AppSpec says is read here, but is no reason to refuse: as in CodeDeploy, the deployment is made
/// and fails, so that its violations can be looked at afterwards.
pub fn parse(body: &[u8], cx: &Context) -> Result<NewDeployment, Exception> {
    let mut input: Input = read(body)?;
    let application = APPLICATION.required(input.application_name.take())?;
    let group = GROUP.required(input.deployment_group_name.take())?;
    let revision = revision_location::parse(input.revision.take())?;
    let config = config_name(input.deployment_config_name.take())?;
    let description = input.description.take();
    if description.as_ref().is_some_and(|words| words.chars().count() > cx.quotas.description) {
        return Err(Exception::new(
            "DescriptionTooLongException",
            format!("description is longer than {} characters; shorten it.", cx.quotas.description),
        ));
    }
    let rollback = input.auto_rollback_configuration.take();
    let alarms = input.override_alarm_configuration.take();
    let deployment = NewDeployment {
        application,
        group,
        target: appspec::read(&revision.content),
        revision,
        config,
        description,
        rollback: rollback.map(|Object(given)| auto_rollback::parse(given)).transpose()?,
        alarms: alarms.map(|Object(given)| alarm_configuration::parse(given, &cx.quotas)).transpose()?,
    };
    check_other_platforms(&input)?;
    Ok(deployment)
}

/// What has a meaning for servers only.
fn check_other_platforms(input: &Input) -> Result<(), Exception> {
    if let Some(behavior) = &input.file_exists_behavior
        && !["DISALLOW", "OVERWRITE", "RETAIN"].contains(&behavior.as_str())
    {
        return Err(Exception::new(
            "InvalidFileExistsBehaviorException",
            format!(
                "fileExistsBehavior '{}' is not valid. Valid values are [DISALLOW, OVERWRITE, RETAIN]",
                cut(behavior, 120)
            ),
        ));
    }
    let members = [
        (
            input.ignore_application_stop_failures == Some(true),
            "InvalidIgnoreApplicationStopFailuresValueException",
            "ignoreApplicationStopFailures",
        ),
        (
            input.update_outdated_instances_only == Some(true),
            "InvalidUpdateOutdatedInstancesOnlyValueException",
            "updateOutdatedInstancesOnly",
        ),
        (input.target_instances.is_some(), "InvalidTargetInstancesException", "targetInstances"),
    ];
    match members.into_iter().find(|(given, ..)| *given) {
        Some((_, name, member)) => {
            Err(Exception::new(name, format!("For LAMBDA deployment, {member} can not be specified; leave it out.")))
        }
        None => Ok(()),
    }
}

/// The answer.
pub fn render(_: &NewDeployment, deployment: &Deployment, _: &Context) -> Value {
    json!({ "deploymentId": deployment.id.as_str() })
}
