//! AppSpecs that say what the command line says, and what AWS knows of the rest.

use serde_json::{Value, json};

use crate::arguments::DeployArguments;
use crate::commands::{Group, Session};
use crate::failure::Failure;
use crate::model::Summaries;

/// A revision that is a text.
pub fn text(content: &str) -> Value {
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } })
}

/// From the version that an alias has to the one that is named, or to the newest.
pub async fn of_alias(
    session: &mut Session<'_>,
    group: &Group,
    arguments: &DeployArguments,
) -> Result<(Value, String), Failure> {
    let (function, alias) = match (&arguments.function, &arguments.alias) {
        (Some(function), Some(alias)) => (function.clone(), alias.clone()),
        (function, alias) => {
            let (last_function, last_alias) = last_target(session, group).await?;
            (function.clone().unwrap_or(last_function), alias.clone().unwrap_or(last_alias))
        }
    };
    let aws = session.aws().await?;
    let found = aws.lambda(&format!("/functions/{function}/aliases/{alias}")).await?;
    let current = found["FunctionVersion"].as_str().unwrap_or_default().to_owned();
    let target = match &arguments.version {
        Some(version) => version.clone(),
        None => newest(session, &function).await?,
    };
    if target == current {
        let words =
            format!("{function}:{alias} is on version {target} already. Publish a new version, or name another.");
        return Err(Failure::Usage(words));
    }
    let properties = json!({ "Name": function, "Alias": alias, "CurrentVersion": current, "TargetVersion": target });
    let resource = json!({ function.as_str(): { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let mut appspec = json!({ "version": 0.0, "Resources": [resource] });
    hooks(&mut appspec, arguments);
    let words = format!("version {target} over {current} on {function}:{alias}");
    Ok((text(&appspec.to_string()), words))
}

/// What the last deployment of the group deployed to.
async fn last_target(session: &Session<'_>, group: &Group) -> Result<(String, String), Failure> {
    let mut body = group.members();
    body["maxResults"] = json!(1);
    let found: Summaries = session.client.operator("ListDeploymentSummaries", &body).await?;
    let target = found.deployments.into_iter().next().and_then(|last| last.target);
    let target = target.as_deref().and_then(|target| target.split_once(':'));
    let target = target.map(|(function, alias)| (function.to_owned(), alias.to_owned()));
    let unknown = || {
        Failure::Usage(format!(
            "No deployment of {group} says to which alias it deploys. Give --function and --alias, or --appspec."
        ))
    };
    target.ok_or_else(unknown)
}

/// The newest version that was published.
async fn newest(session: &mut Session<'_>, function: &str) -> Result<String, Failure> {
    let aws = session.aws().await?;
    let (mut newest, mut marker): (Option<u64>, String) = (None, String::new());
    loop {
        let found = aws.lambda(&format!("/functions/{function}/versions?MaxItems=50{marker}")).await?;
        let versions = found["Versions"].as_array().into_iter().flatten();
        let numbers = versions.filter_map(|version| version["Version"].as_str()?.parse().ok());
        newest = newest.max(numbers.max());
        match found["NextMarker"].as_str().filter(|next| !next.is_empty()) {
            Some(next) => {
                marker = format!("&Marker={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>())
            }
            None => break,
        }
    }
    let none = || Failure::Usage(format!("No version of {function} was published. `aws lambda publish-version` does."));
    newest.map(|version| version.to_string()).ok_or_else(none)
}

/// A task definition, in the container and the port that the service's traffic goes to.
pub async fn of_service(
    session: &mut Session<'_>,
    info: &Value,
    arguments: &DeployArguments,
) -> Result<(Value, String), Failure> {
    let Some(definition) = &arguments.task_definition else {
        let words = "The group deploys to an ECS service. Give --task-definition, or --appspec.";
        return Err(Failure::Usage(words.to_owned()));
    };
    let (container, port) = match &arguments.container {
        Some(given) => container_of(given)?,
        None => balanced(session, &info["ecsServices"][0]).await?,
    };
    let load_balancer = json!({ "ContainerName": container, "ContainerPort": port });
    let properties = json!({ "TaskDefinition": definition, "LoadBalancerInfo": load_balancer });
    let resource = json!({ "TargetService": { "Type": "AWS::ECS::Service", "Properties": properties } });
    let mut appspec = json!({ "version": 0.0, "Resources": [resource] });
    hooks(&mut appspec, arguments);
    Ok((text(&appspec.to_string()), format!("task definition {definition}, traffic to {container}:{port}")))
}

/// `NAME:PORT`
fn container_of(given: &str) -> Result<(String, u16), Failure> {
    let parts = given.split_once(':').and_then(|(name, port)| Some((name.to_owned(), port.parse().ok()?)));
    parts.ok_or_else(|| Failure::Usage(format!("--container {given} is not NAME:PORT, such as web:8080.")))
}

/// The container and the port that the service's traffic goes to now.
async fn balanced(session: &mut Session<'_>, service: &Value) -> Result<(String, u16), Failure> {
    let body = json!({ "cluster": service["clusterName"], "services": [service["serviceName"]] });
    let found = session.aws().await?.ecs("DescribeServices", &body).await?;
    let found = &found["services"][0];
    let sets = found["taskSets"].as_array().into_iter().flatten();
    let primary = sets.filter(|set| set["status"] == "PRIMARY").flat_map(|set| set["loadBalancers"].as_array());
    let balancers = primary.chain(found["loadBalancers"].as_array()).flatten();
    let named = |balancer: &Value| {
        Some((balancer["containerName"].as_str()?.to_owned(), u16::try_from(balancer["containerPort"].as_u64()?).ok()?))
    };
    let unknown = || {
        Failure::Usage(format!(
            "The service {} has no load balancer that says which container gets the traffic. Give --container NAME:PORT.",
            service["serviceName"].as_str().unwrap_or_default()
        ))
    };
    balancers.filter_map(named).next().ok_or_else(unknown)
}

/// The hooks that the command line names.
fn hooks(appspec: &mut Value, arguments: &DeployArguments) {
    let named = arguments.hook.iter().filter_map(|hook| hook.split_once('='));
    let hooks: Vec<Value> = named.map(|(event, function)| json!({ event: function })).collect();
    if !hooks.is_empty() {
        appspec["Hooks"] = hooks.into();
    }
}
