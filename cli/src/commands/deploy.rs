//! Deploys: makes the AppSpec where none is given, creates the deployment, and follows it.

mod appspec;

use std::fs;

use anyhow::Context;
use serde_json::{Value, json};

use crate::arguments::DeployArguments;
use crate::commands::push::{self, Location};
use crate::commands::{Group, Session, steer};
use crate::failure::Failure;

/// Deploys to a group.
pub async fn deploy(session: &mut Session<'_>, arguments: &DeployArguments) -> Result<(), Failure> {
    let group = session.group(&arguments.group).await?;
    let found: Value = session.client.codedeploy("GetDeploymentGroup", &group.members()).await?;
    let info = &found["deploymentGroupInfo"];
    let (revision, words) = match (&arguments.appspec, info["computePlatform"].as_str()) {
        (Some(path), Some("Lambda" | "ECS")) => {
            let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
            (appspec::text(&text.map_err(Failure::Local)?), format!("the AppSpec {}", path.display()))
        }
        (None, Some("Lambda")) => appspec::of_alias(session, &group, arguments).await?,
        (None, Some("ECS")) => appspec::of_service(session, info, arguments).await?,
        (_, _) => of_servers(session, &group, arguments).await?,
    };
    let mut body = group.members();
    body["revision"] = revision;
    let config = arguments.steps.as_ref().map(|steps| format!("Steps.{steps}")).or_else(|| arguments.config.clone());
    for (member, given) in [("deploymentConfigName", config), ("description", arguments.description.clone())] {
        if let Some(value) = given {
            body[member] = json!(value);
        }
    }
    if !arguments.replacement_tag.is_empty() || !arguments.replacement_group.is_empty() {
        let filter = |(key, value): &(String, String)| json!({ "Key": key, "Value": value, "Type": "KEY_AND_VALUE" });
        body["targetInstances"] = json!({
            "tagFilters": arguments.replacement_tag.iter().map(filter).collect::<Vec<_>>(),
            "autoScalingGroups": arguments.replacement_group,
        });
    }
    if arguments.ignore_alarms {
        body["overrideAlarmConfiguration"] = json!({ "enabled": false, "alarms": [] });
    }
    let answer: Value = session.client.codedeploy("CreateDeployment", &body).await?;
    steer::created(session, &answer, &format!("{group}: {words}"), arguments.follow.detach).await
}

/// A bundle that lies in S3, or a folder that is pushed there first.
async fn of_servers(
    session: &mut Session<'_>,
    group: &Group,
    arguments: &DeployArguments,
) -> Result<(Value, String), Failure> {
    let missing = || {
        Failure::Usage(format!(
            "{group} deploys to servers. Name a bundle by --s3-location s3://BUCKET/KEY, and with --source the folder that \
             it is made of."
        ))
    };
    let location: Location = arguments.s3_location.as_deref().ok_or_else(missing)?.parse()?;
    let location = match &arguments.source {
        Some(folder) => push::upload(session, folder, location).await?,
        None => location,
    };
    Ok((location.revision(), location.to_string()))
}
