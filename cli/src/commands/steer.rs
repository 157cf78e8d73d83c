//! Stop, continue, roll back and retry. Each says what it has done, and follows it unless told to end at once.

use serde_json::{Value, json};

use crate::arguments::Output;
use crate::commands::{Session, follow, is_deployment};
use crate::failure::Failure;
use crate::model::Summaries;
use crate::style::bold;

/// Stops a deployment.
pub async fn stop(session: &mut Session<'_>, id: &str, rollback: Option<bool>, detach: bool) -> Result<(), Failure> {
    let mut body = json!({ "deploymentId": id });
    if let Some(wanted) = rollback {
        body["autoRollbackEnabled"] = json!(wanted);
    }
    let answer: Value = session.client.codedeploy("StopDeployment", &body).await?;
    let words = answer["statusMessage"].as_str().unwrap_or_default();
    // What to do next is for callers of the API.
    let words = words.split(" GetDeployment ").next().unwrap_or_default().replacen("The deployment", id, 1);
    told(session, &answer, &words)?;
    // A deployment that was stopped does not succeed, which is what was asked for.
    match follow_unless(session, id, detach).await {
        Err(Failure::NotSucceeded) => Ok(()),
        ended => ended,
    }
}

/// Ends the wait that a deployment is in.
pub async fn continue_it(session: &mut Session<'_>, id: &str, detach: bool) -> Result<(), Failure> {
    let is_ready = session.ledger(id, u64::MAX).await?.deployment.status == "Ready";
    let (wait, words) = if is_ready {
        ("READY_WAIT", "goes on: its traffic begins to move")
    } else {
        ("TERMINATION_WAIT", "goes on: its original is deleted")
    };
    let body = json!({ "deploymentId": id, "deploymentWaitType": wait });
    let answer: Value = session.client.codedeploy("ContinueDeployment", &body).await?;
    told(session, &answer, &format!("Deployment {id} {words}."))?;
    follow_unless(session, id, detach).await
}

/// Deploys again what a group had before.
pub async fn roll_back(
    session: &mut Session<'_>,
    group: &str,
    to: Option<&str>,
    config: Option<&str>,
    detach: bool,
) -> Result<(), Failure> {
    let group = session.group(group).await?;
    let mut body = group.members();
    for (member, given) in [("deploymentId", to), ("deploymentConfigName", config)] {
        if let Some(value) = given {
            body[member] = json!(value);
        }
    }
    let answer: Value = session.client.operator("RollBackDeploymentGroup", &body).await?;
    let words = answer["description"].as_str().unwrap_or_default();
    created(session, &answer, &format!("{group}: {words}"), detach).await
}

/// Deploys the revision of a deployment again.
pub async fn retry(session: &mut Session<'_>, what: &str, config: Option<&str>, detach: bool) -> Result<(), Failure> {
    let id = tried(session, what).await?;
    let found: Value = session.client.codedeploy("GetDeployment", &json!({ "deploymentId": id })).await?;
    let info = &found["deploymentInfo"];
    if info["completeTime"].is_null() {
        let words =
            format!("Deployment {id} is not over. `spillway watch {id}` follows it, `spillway stop {id}` stops it.");
        return Err(Failure::Usage(words));
    }
    let is_server = info["computePlatform"] == "Server";
    let mut body = json!({ "description": format!("Retries deployment {id}.") });
    let members = ["applicationName", "deploymentGroupName", "revision", "deploymentConfigName"];
    let of_servers = ["fileExistsBehavior", "ignoreApplicationStopFailures", "updateOutdatedInstancesOnly"];
    for member in members.into_iter().chain(of_servers.into_iter().filter(|_| is_server)) {
        body[member] = info[member].clone();
    }
    if !info["targetInstances"].is_null() {
        body["targetInstances"] = info["targetInstances"].clone();
    }
    if let Some(config) = config {
        body["deploymentConfigName"] = json!(config);
    }
    let answer: Value = session.client.codedeploy("CreateDeployment", &body).await?;
    created(session, &answer, &format!("Deploys again what deployment {id} deployed."), detach).await
}

/// The deployment of that id, or the last one of the group of that name that rolls none back.
async fn tried(session: &Session<'_>, what: &str) -> Result<String, Failure> {
    if is_deployment(what) {
        return Ok(what.to_owned());
    }
    let group = session.group(what).await?;
    let found: Summaries = session.client.operator("ListDeploymentSummaries", &group.members()).await?;
    let tried = found.deployments.into_iter().find(|deployment| deployment.rolls_back.is_none());
    let none = || Failure::Usage(format!("No deployment to {group} could be tried again. `spillway history {group}`"));
    tried.map(|deployment| deployment.deployment_id).ok_or_else(none)
}

/// Says which deployment was created, and follows it.
pub async fn created(session: &mut Session<'_>, answer: &Value, words: &str, detach: bool) -> Result<(), Failure> {
    let id = answer["deploymentId"].as_str().unwrap_or_default().to_owned();
    if session.output == Output::Text {
        session.say(&id)?;
    } else {
        told(session, answer, &format!("{}  {words}", bold(&id)))?;
    }
    follow_unless(session, &id, detach).await
}

fn told(session: &mut Session<'_>, answer: &Value, words: &str) -> Result<(), Failure> {
    match session.output {
        Output::Json => session.say_json(answer),
        Output::Table | Output::Text => session.say(words),
    }
}

/// Output that a program reads is not followed by more of another form.
async fn follow_unless(session: &mut Session<'_>, id: &str, detach: bool) -> Result<(), Failure> {
    if detach || session.output != Output::Table {
        return Ok(());
    }
    follow::follow(session, id).await
}
