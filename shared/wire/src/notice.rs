//! What subscribers are told of the start and of the end of a deployment, and between them that it waits to be continued:
//! by SNS, as the triggers of its group ask for, and by EventBridge. Which of the moments it is, the record says itself.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use spillway_domain::{Deployment, Status, TriggerEvent, TriggerName};

use crate::Place;
use crate::shapes::{deployment_info, time};

/// The `detail-type` of the EventBridge event.
pub const DETAIL_TYPE: &str = "CodeDeploy Deployment State-change Notification";

/// The most characters of an SNS subject.
const SUBJECT: usize = 100;

/// The trigger events that it is. A trigger that has one of them is told, once.
pub fn trigger_events(deployment: &Deployment) -> Vec<TriggerEvent> {
    match deployment.status() {
        Status::Created | Status::InProgress if deployment.order.rolls_back.is_some() => {
            vec![TriggerEvent::DeploymentStart, TriggerEvent::DeploymentRollback]
        }
        Status::Created | Status::InProgress => vec![TriggerEvent::DeploymentStart],
        Status::Ready => vec![TriggerEvent::DeploymentReady],
        Status::Succeeded => vec![TriggerEvent::DeploymentSuccess],
        Status::Failed => vec![TriggerEvent::DeploymentFailure],
        Status::Stopped => vec![TriggerEvent::DeploymentStop],
    }
}

/// The subject of the SNS message.
pub fn subject(deployment: &Deployment, place: &Place) -> String {
    let words = format!(
        "{}: Spillway {} in {} to {}",
        deployment.status().as_str().to_uppercase(),
        deployment.id,
        place.region,
        deployment.order.application
    );
    words.chars().take(SUBJECT).collect()
}

/// The SNS message in CodeDeploy's documented form: every number is a text.
pub fn message(deployment: &Deployment, trigger: &TriggerName, place: &Place) -> Value {
    let mut message = json!({
        "region": place.region,
        "accountId": place.account,
        "eventTriggerName": trigger.as_str(),
        "applicationName": deployment.order.application.as_str(),
        "deploymentId": deployment.id.as_str(),
        "deploymentGroupName": deployment.order.group.as_str(),
        "createTime": seconds(deployment.created_at),
        "deploymentOverview": overview(deployment),
        "status": deployment.status().as_str(),
    });
    if let Some(ending) = &deployment.ending {
        message["completeTime"] = json!(seconds(ending.at));
        if let Some(error) = &ending.error {
            message["errorInformation"] = json!({ "ErrorCode": error.code.as_str(), "ErrorMessage": error.message });
        }
    }
    let rollback: Map<String, Value> = deployment_info::rollback_info(deployment)
        .into_iter()
        .map(|(member, value)| (capitalize(&member), value))
        .collect();
    if !rollback.is_empty() {
        message["rollbackInformation"] = Value::Object(rollback);
    }
    message
}

/// The `detail` of the EventBridge event.
pub fn detail(deployment: &Deployment, place: &Place) -> Value {
    json!({
        "instanceGroupId": deployment.order.group_id,
        "region": place.region,
        "application": deployment.order.application.as_str(),
        "deploymentId": deployment.id.as_str(),
        "state": match deployment.status() {
            Status::Created | Status::InProgress => "START",
            Status::Ready => "READY",
            Status::Succeeded => "SUCCESS",
            Status::Failed => "FAILURE",
            Status::Stopped => "STOP",
        },
        "deploymentGroup": deployment.order.group.as_str(),
    })
}

/// The `resources` of the EventBridge event.
pub fn resources(deployment: &Deployment, place: &Place) -> Vec<String> {
    let (application, group) = (&deployment.order.application, &deployment.order.group);
    vec![
        place.arn("codedeploy", &format!("application:{application}")),
        place.arn("codedeploy", &format!("deploymentgroup:{application}/{group}")),
    ]
}

/// The documented form has no member for the status that a deployment is in only while it waits to be continued.
fn overview(deployment: &Deployment) -> Map<String, Value> {
    let counts = deployment_info::overview(deployment);
    let waits = deployment.status() == Status::Ready;
    let counts = counts.into_iter().filter(|(status, _)| waits || status != "Ready");
    counts.map(|(status, count)| (status, json!(count.to_string()))).collect()
}

fn seconds(at: Timestamp) -> String {
    time::render(at).to_string()
}

fn capitalize(member: &str) -> String {
    let mut characters = member.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use spillway_domain::{Creator, Ending, Error, ErrorCode, Stage};

    use super::*;
    use crate::testing::{at, deployment, installed_deployment, named, place};

    fn waiting() -> Deployment {
        Deployment { stage: Stage::ReadyWait, ..installed_deployment() }
    }

    fn ended(status: Status, error: Option<Error>) -> Deployment {
        let mut deployment = deployment();
        deployment.ending =
            Some(Ending { status, error, at: at(306_700), rolled_back_by: None, rollback_message: None });
        deployment
    }

    fn told(deployment: &Deployment) -> (Vec<TriggerEvent>, String, Value) {
        (trigger_events(deployment), subject(deployment, &place()), detail(deployment, &place())["state"].clone())
    }

    #[test]
    fn each_moment_has_its_events_its_subject_and_its_state() {
        use TriggerEvent::{
            DeploymentFailure, DeploymentReady, DeploymentRollback, DeploymentStart, DeploymentStop, DeploymentSuccess,
        };
        let mut rollback = deployment();
        rollback.order.rolls_back = Some(named("d-AAAAAAAAA"));
        let cases = [
            (deployment(), vec![DeploymentStart], "CREATED", "START"),
            (rollback, vec![DeploymentStart, DeploymentRollback], "CREATED", "START"),
            (waiting(), vec![DeploymentReady], "READY", "READY"),
            (ended(Status::Succeeded, None), vec![DeploymentSuccess], "SUCCEEDED", "SUCCESS"),
            (ended(Status::Failed, None), vec![DeploymentFailure], "FAILED", "FAILURE"),
            (ended(Status::Stopped, None), vec![DeploymentStop], "STOPPED", "STOP"),
        ];
        for (deployment, events, word, state) in cases {
            let subject = format!("{word}: Spillway d-75I7MBT7C in us-east-1 to shop");
            assert_eq!(told(&deployment), (events, subject, json!(state)));
        }
    }

    #[test]
    fn a_subject_is_no_longer_than_sns_takes() {
        let mut deployment = deployment();
        deployment.order.application = named(&"a".repeat(100));
        assert_eq!(subject(&deployment, &place()).len(), 100);
    }

    #[test]
    fn the_message_of_a_start_has_texts_for_numbers() {
        assert_eq!(
            message(&deployment(), &named("all"), &place()),
            json!({
                "region": "us-east-1", "accountId": "111122223333", "eventTriggerName": "all",
                "applicationName": "shop", "deploymentId": "d-75I7MBT7C", "deploymentGroupName": "live",
                "createTime": "1786000000.123",
                "deploymentOverview": {
                    "Pending": "1", "InProgress": "0", "Succeeded": "0", "Failed": "0", "Skipped": "0",
                },
                "status": "Created",
            })
        );
    }

    #[test]
    fn the_message_of_a_wait_counts_the_target_that_is_ready() {
        let message = message(&waiting(), &named("all"), &place());
        assert_eq!(message["status"], "Ready");
        assert_eq!(
            message["deploymentOverview"],
            json!({ "Pending": "0", "InProgress": "0", "Ready": "1", "Succeeded": "0", "Failed": "0", "Skipped": "0" })
        );
        assert_eq!(message.get("completeTime"), None);
    }

    #[test]
    fn the_message_of_an_end_says_what_went_wrong_and_what_follows() {
        let error = Error { code: ErrorCode::AlarmActive, message: "Activated alarms: a".to_owned() };
        let mut stopped = ended(Status::Stopped, Some(error));
        stopped.order.creator = Creator::User;
        if let Some(ending) = &mut stopped.ending {
            ending.rolled_back_by = Some(named("d-BBBBBBBBB"));
            ending.rollback_message = Some("It is rolled back.".to_owned());
        }
        let message = message(&stopped, &named("all"), &place());
        assert_eq!(message["status"], "Stopped");
        assert_eq!(message["completeTime"], "1786000306.7");
        assert_eq!(
            message["errorInformation"],
            json!({ "ErrorCode": "ALARM_ACTIVE", "ErrorMessage": "Activated alarms: a" })
        );
        assert_eq!(
            message["rollbackInformation"],
            json!({ "RollbackDeploymentId": "d-BBBBBBBBB", "RollbackMessage": "It is rolled back." })
        );
    }

    #[test]
    fn an_event_names_application_and_group() {
        assert_eq!(
            detail(&ended(Status::Succeeded, None), &place()),
            json!({
                "instanceGroupId": "9fd2fbef-2157-40d8-91e7-6845af69e2d2", "region": "us-east-1",
                "application": "shop", "deploymentId": "d-75I7MBT7C", "state": "SUCCESS", "deploymentGroup": "live",
            })
        );
        assert_eq!(
            resources(&deployment(), &place()),
            [
                "arn:aws:codedeploy:us-east-1:111122223333:application:shop",
                "arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop/live",
            ]
        );
    }
}
