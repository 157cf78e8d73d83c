//! What subscribers are told of the start and of the end of a deployment, and between them that it waits to be continued:
//! by SNS, as the triggers of its group ask for, and by EventBridge. Which of the moments it is, the record says itself.

use std::str::FromStr;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::group::{Trigger, TriggerEvent};
use spillway_domain::deployment::record::{Deployment, Status};
use spillway_domain::deployment::target::{CountedDeployment, TargetCounts};
use spillway_domain::names::TriggerName;
use spillway_domain::problem::Problem;
use spillway_domain::words::cut;

use crate::codedeploy::deployment::deployment_info;
use crate::codedeploy::shapes::time;
use crate::place::Place;

pub mod host;

/// The `detail-type` of the EventBridge event.
pub const DETAIL_TYPE: &str = "CodeDeploy Deployment State-change Notification";

/// The most characters of an SNS subject.
const SUBJECT: usize = 100;

/// The most characters that are kept of what AWS said of a notification that it did not take.
const REASON: usize = 500;

/// The form of the SNS messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageForm {
    /// The form that CodeDeploy really sends, and that existing subscribers parse: JSON as text inside the message,
    /// numbers as numbers, status in upper case, times as Java prints them.
    Recorded,
    /// The form that the user guide of CodeDeploy documents: JSON inside the message, numbers as texts.
    Documented,
}

impl FromStr for MessageForm {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "recorded" => Ok(Self::Recorded),
            "documented" => Ok(Self::Documented),
            _ => Err("it is either recorded or documented"),
        }
    }
}

/// The triggers that are notified of what has happened to a deployment.
pub fn notified_triggers(deployment: &Deployment) -> impl Iterator<Item = &Trigger> {
    let events = trigger_events(deployment);
    deployment.spec.triggers.iter().filter(move |trigger| trigger.events.iter().any(|event| events.contains(event)))
}

/// The trigger events that it is. A trigger that has one of them is told, once.
pub fn trigger_events(deployment: &Deployment) -> Vec<TriggerEvent> {
    match deployment.status() {
        Status::Created | Status::InProgress if deployment.spec.rolls_back.is_some() => {
            vec![TriggerEvent::DeploymentStart, TriggerEvent::DeploymentRollback]
        }
        Status::Created | Status::InProgress => vec![TriggerEvent::DeploymentStart],
        Status::Ready => vec![TriggerEvent::DeploymentReady],
        Status::Succeeded => vec![TriggerEvent::DeploymentSuccess],
        Status::Failed => vec![TriggerEvent::DeploymentFailure],
        Status::Stopped => vec![TriggerEvent::DeploymentStop],
    }
}

/// The subject of the SNS message. Existing subscribers look for the name of CodeDeploy in it.
pub fn subject(deployment: &Deployment, place: &Place) -> String {
    let words = format!(
        "{}: AWS CodeDeploy {} in {} to {}",
        notified_status(deployment).as_str().to_uppercase(),
        deployment.id,
        place.region,
        deployment.spec.application
    );
    words.chars().take(SUBJECT).collect()
}

/// The SNS message.
pub fn message(counted: &CountedDeployment, trigger: &TriggerName, place: &Place, form: MessageForm) -> Value {
    let CountedDeployment { deployment, counts } = counted;
    let status = notified_status(deployment).as_str();
    let mut message = json!({
        "region": place.region,
        "accountId": place.account,
        "eventTriggerName": trigger.as_str(),
        "applicationName": deployment.spec.application.as_str(),
        "deploymentId": deployment.id.as_str(),
        "deploymentGroupName": deployment.spec.group.as_str(),
        "createTime": form.time(deployment.created_at),
        "deploymentOverview": form.nested(form.overview(deployment, counts)),
        "status": form.status(status),
    });
    if let Some(ending) = &deployment.ending {
        message["completeTime"] = json!(form.time(ending.at));
        if let Some(error) = &ending.error {
            let error = json!({ "ErrorCode": error.code.as_str(), "ErrorMessage": error.message });
            message["errorInformation"] = form.nested(error);
        }
    }
    let rollback: Map<String, Value> = deployment_info::rollback_info(deployment)
        .into_iter()
        .map(|(member, value)| (capitalize(&member), value))
        .collect();
    if !rollback.is_empty() {
        message["rollbackInformation"] = form.nested(Value::Object(rollback));
    }
    message
}

impl MessageForm {
    /// JSON inside the message.
    fn nested(self, value: Value) -> Value {
        match self {
            Self::Recorded => Value::String(value.to_string()),
            Self::Documented => value,
        }
    }

    fn time(self, at: Timestamp) -> String {
        match self {
            Self::Recorded => at.strftime("%a %b %d %H:%M:%S UTC %Y").to_string(),
            Self::Documented => time::render(at).to_string(),
        }
    }

    fn status(self, status: &str) -> String {
        match self {
            Self::Recorded => status.to_uppercase(),
            Self::Documented => status.to_owned(),
        }
    }

    /// Neither form has a member for the status that a deployment is in only while it waits to be continued.
    fn overview(self, deployment: &Deployment, counts: &TargetCounts) -> Value {
        let counts = deployment_info::overview(counts);
        let waits = deployment.status() == Status::Ready;
        let counts = counts.into_iter().filter(|(status, _)| waits || status != "Ready");
        let counts = counts.map(|(status, count)| match self {
            Self::Recorded => (status, count),
            Self::Documented => (status, json!(count.to_string())),
        });
        Value::Object(counts.collect())
    }
}

/// What GetDeployment and the ledger say of a trigger whose topic was not notified.
pub fn unpublished(deployment: &Deployment, trigger: &Trigger, problem: &Problem) -> String {
    undelivered(deployment, trigger, occasion(deployment), problem)
}

fn undelivered(deployment: &Deployment, trigger: &Trigger, occasion: &str, problem: &Problem) -> String {
    let Trigger { name, topic, .. } = trigger;
    format!(
        "Trigger '{name}' was not notified {}. {} Check that topic {topic} exists, and that its policy and the service \
         role {} allow sns:Publish; a topic that is encrypted with a customer managed key also needs kms:Decrypt and \
         kms:GenerateDataKey.",
        occasion,
        cut(&problem.words, REASON),
        deployment.spec.role
    )
}

/// The same of an event that the event bus did not take.
pub fn unposted(deployment: &Deployment, problem: &Problem) -> String {
    unposted_on(occasion(deployment), problem)
}

fn unposted_on(occasion: &str, problem: &Problem) -> String {
    format!(
        "EventBridge was not notified {}. {} The deployment goes on without it; read its state with GetDeployment.",
        occasion,
        cut(&problem.words, REASON)
    )
}

fn occasion(deployment: &Deployment) -> &'static str {
    match deployment.status() {
        Status::Created | Status::InProgress => "of the start of the deployment",
        Status::Ready => "that the deployment waits for ContinueDeployment",
        Status::Succeeded | Status::Failed | Status::Stopped => "of the end of the deployment",
    }
}

/// The status that a notification tells. That of the start is Created, although the first event has begun.
fn notified_status(deployment: &Deployment) -> Status {
    match deployment.status() {
        Status::Created | Status::InProgress => Status::Created,
        status @ (Status::Ready | Status::Succeeded | Status::Failed | Status::Stopped) => status,
    }
}

/// The `detail` of the EventBridge event.
pub fn detail(deployment: &Deployment, place: &Place) -> Value {
    json!({
        "instanceGroupId": deployment.spec.group_id,
        "region": place.region,
        "application": deployment.spec.application.as_str(),
        "deploymentId": deployment.id.as_str(),
        "state": match deployment.status() {
            Status::Created | Status::InProgress => "START",
            Status::Ready => "READY",
            Status::Succeeded => "SUCCESS",
            Status::Failed => "FAILURE",
            Status::Stopped => "STOP",
        },
        "deploymentGroup": deployment.spec.group.as_str(),
    })
}

/// The `resources` of the EventBridge event.
pub fn resources(deployment: &Deployment, place: &Place) -> Vec<String> {
    let (application, group) = (&deployment.spec.application, &deployment.spec.group);
    vec![
        place.arn("codedeploy", &format!("application:{application}")),
        place.arn("codedeploy", &format!("deploymentgroup:{application}/{group}")),
    ]
}

fn capitalize(member: &str) -> String {
    let mut characters = member.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
