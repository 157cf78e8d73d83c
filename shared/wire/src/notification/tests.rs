use spillway_domain::deployment::error_code::ErrorCode;
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::record::{Ending, Error};
use spillway_domain::deployment::spec::Creator;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::deployment::target::TargetStatus;
use spillway_domain::lambda::stage::LambdaStage;
use spillway_domain::problem::ProblemKind;

use super::*;
use crate::testing::{at, deployment, installed_deployment, named, place};

fn waiting() -> Deployment {
    Deployment { stage: Stage::Gate(Gate::Ready), ..installed_deployment() }
}

fn ended(status: Status, error: Option<Error>) -> Deployment {
    let mut deployment = deployment();
    deployment.ending = Some(Ending {
        status,
        error,
        at: at(306_700),
        rolled_back_by: None,
        rollback_message: None,
        followed_by: None,
    });
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
    rollback.spec.rolls_back = Some(named("d-AAAAAAAAA"));
    let begun = Deployment { stage: Stage::Lambda(LambdaStage::BeforeAllowTraffic), ..deployment() };
    let cases = [
        (deployment(), vec![DeploymentStart], "CREATED", "START"),
        (begun, vec![DeploymentStart], "CREATED", "START"),
        (rollback, vec![DeploymentStart, DeploymentRollback], "CREATED", "START"),
        (waiting(), vec![DeploymentReady], "READY", "READY"),
        (ended(Status::Succeeded, None), vec![DeploymentSuccess], "SUCCEEDED", "SUCCESS"),
        (ended(Status::Failed, None), vec![DeploymentFailure], "FAILED", "FAILURE"),
        (ended(Status::Stopped, None), vec![DeploymentStop], "STOPPED", "STOP"),
    ];
    for (deployment, events, word, state) in cases {
        let subject = format!("{word}: AWS CodeDeploy d-75I7MBT7C in us-east-1 to shop");
        assert_eq!(told(&deployment), (events, subject, json!(state)));
    }
}

#[test]
fn a_subject_is_no_longer_than_sns_takes() {
    let mut deployment = deployment();
    deployment.spec.application = named(&"a".repeat(100));
    assert_eq!(subject(&deployment, &place()).len(), 100);
}

/// What existing subscribers make of a message: they parse what is JSON as text.
fn parsed(message: &Value, member: &str) -> Value {
    serde_json::from_str(message[member].as_str().unwrap()).unwrap()
}

fn stopped_and_rolled_back() -> Deployment {
    let error = Error { code: ErrorCode::AlarmActive, message: "Activated alarms: a".to_owned() };
    let mut stopped = ended(Status::Stopped, Some(error));
    stopped.spec.creator = Creator::User;
    if let Some(ending) = &mut stopped.ending {
        ending.rolled_back_by = Some(named("d-BBBBBBBBB"));
        ending.rollback_message = Some("It is rolled back.".to_owned());
    }
    stopped
}

#[test]
fn existing_subscribers_can_parse_the_message_of_a_start() {
    let begun = Deployment { stage: Stage::Lambda(LambdaStage::BeforeAllowTraffic), ..deployment() };
    let mut message = message(&begun.into(), &named("all"), &place(), MessageForm::Recorded);
    assert_eq!(
        parsed(&message, "deploymentOverview"),
        json!({ "Pending": 1, "InProgress": 0, "Succeeded": 0, "Failed": 0, "Skipped": 0 })
    );
    message["deploymentOverview"].take();
    assert_eq!(
        message,
        json!({
            "region": "us-east-1", "accountId": "111122223333", "eventTriggerName": "all",
            "applicationName": "shop", "deploymentId": "d-75I7MBT7C", "deploymentGroupName": "live",
            "createTime": "Thu Aug 06 07:06:40 UTC 2026", "deploymentOverview": null, "status": "CREATED",
        })
    );
}

#[test]
fn existing_subscribers_can_parse_the_message_of_an_end() {
    let message = message(&stopped_and_rolled_back().into(), &named("all"), &place(), MessageForm::Recorded);
    assert_eq!(message["status"], "STOPPED");
    assert_eq!(message["completeTime"], "Thu Aug 06 07:11:46 UTC 2026");
    assert_eq!(
        parsed(&message, "errorInformation"),
        json!({ "ErrorCode": "ALARM_ACTIVE", "ErrorMessage": "Activated alarms: a" })
    );
    assert_eq!(
        parsed(&message, "rollbackInformation"),
        json!({ "RollbackDeploymentId": "d-BBBBBBBBB", "RollbackMessage": "It is rolled back." })
    );
}

#[test]
fn the_message_of_a_rollback_names_what_it_rolls_back() {
    let mut rollback = deployment();
    rollback.spec.rolls_back = Some(named("d-AAAAAAAAA"));
    let message = message(&rollback.into(), &named("all"), &place(), MessageForm::Recorded);
    let information = parsed(&message, "rollbackInformation");
    assert_eq!(information["RollbackTriggeringDeploymentId"], "d-AAAAAAAAA", "{information}");
}

#[test]
fn the_documented_message_of_a_start_has_texts_for_numbers() {
    assert_eq!(
        message(&deployment().into(), &named("all"), &place(), MessageForm::Documented),
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
    let message = message(&waiting().into(), &named("all"), &place(), MessageForm::Documented);
    assert_eq!(message["status"], "Ready");
    assert_eq!(
        message["deploymentOverview"],
        json!({ "Pending": "0", "InProgress": "0", "Ready": "1", "Succeeded": "0", "Failed": "0", "Skipped": "0" })
    );
    assert_eq!(message.get("completeTime"), None);
}

#[test]
fn the_message_of_a_fleet_counts_its_hosts() {
    let counts = [TargetStatus::Succeeded, TargetStatus::Failed, TargetStatus::Succeeded].into_iter().collect();
    let fleet = CountedDeployment { deployment: ended(Status::Succeeded, None), counts };
    let message = message(&fleet, &named("all"), &place(), MessageForm::Recorded);
    let expected = json!({ "Pending": 0, "InProgress": 0, "Succeeded": 2, "Failed": 1, "Skipped": 0 });
    assert_eq!(parsed(&message, "deploymentOverview"), expected);
}

#[test]
fn the_documented_message_of_an_end_has_json_inside() {
    let message = message(&stopped_and_rolled_back().into(), &named("all"), &place(), MessageForm::Documented);
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
fn a_form_is_one_of_two() {
    assert_eq!("recorded".parse(), Ok(MessageForm::Recorded));
    assert_eq!("documented".parse(), Ok(MessageForm::Documented));
    assert_eq!("Recorded".parse::<MessageForm>(), Err("it is either recorded or documented"));
}

#[test]
fn what_was_not_taken_is_told_with_its_reason_and_what_to_check() {
    let topic = "arn:aws:sns:us-east-1:111122223333:news";
    let trigger = Trigger { name: named("all"), topic: named(topic), events: Vec::new() };
    let words = format!("sns:Publish to {topic} failed: NotFound: Topic does not exist.");
    let refused = Problem::new(ProblemKind::Missing, words);
    assert_eq!(
        unpublished(&deployment(), &trigger, &refused),
        "Trigger 'all' was not notified of the start of the deployment. sns:Publish to \
         arn:aws:sns:us-east-1:111122223333:news failed: NotFound: Topic does not exist. Check that topic \
         arn:aws:sns:us-east-1:111122223333:news exists, and that its policy and the service role \
         arn:aws:iam::111122223333:role/deployer allow sns:Publish; a topic that is encrypted with a customer \
         managed key also needs kms:Decrypt and kms:GenerateDataKey."
    );
    let throttled = Problem::new(ProblemKind::Transient, "x".repeat(100_000));
    assert!(unpublished(&waiting(), &trigger, &throttled).len() < 1200);
    let words = unposted(&ended(Status::Failed, None), &throttled);
    assert!(words.starts_with("EventBridge was not notified of the end of the deployment. xxx"), "{words}");
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
