//! What subscribers are told of a host: that its agent has begun, and how it ended.

use serde_json::{Value, json};
use spillway_domain::catalog::group::{Trigger, TriggerEvent};
use spillway_domain::deployment::record::Deployment;
use spillway_domain::names::TriggerName;
use spillway_domain::problem::Problem;
use spillway_domain::server::status::InstanceState;
use spillway_domain::server::work::HostWork;

use super::{MessageForm, SUBJECT};
use crate::codedeploy::target::instance_target::arn;
use crate::place::Place;

/// The `detail-type` of the EventBridge event.
pub const DETAIL_TYPE: &str = "CodeDeploy Instance State-change Notification";

/// What was not delivered, in the words of the record: one sentence for all hosts.
const OCCASION: &str = "of single hosts";

/// The triggers that are notified of a state of a host.
pub fn notified_triggers(deployment: &Deployment, state: InstanceState) -> impl Iterator<Item = &Trigger> {
    let event = match state {
        InstanceState::Start => TriggerEvent::InstanceStart,
        InstanceState::Success => TriggerEvent::InstanceSuccess,
        InstanceState::Failure => TriggerEvent::InstanceFailure,
    };
    deployment.spec.triggers.iter().filter(move |trigger| trigger.events.contains(&event))
}

/// The status of a host, as the API spells it.
fn status(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Start => "InProgress",
        InstanceState::Success => "Succeeded",
        InstanceState::Failure => "Failed",
    }
}

/// The subject of the SNS message. Existing subscribers look for the name of CodeDeploy in it.
pub fn subject(deployment: &Deployment, work: &HostWork, state: InstanceState, place: &Place) -> String {
    let (status, id, region) = (status(state).to_uppercase(), &deployment.id, &place.region);
    let words = format!("{status}: AWS CodeDeploy {id} in {region} on {}", work.host.id);
    words.chars().take(SUBJECT).collect()
}

/// The SNS message, with the members that the user guide of CodeDeploy documents.
pub fn message(
    deployment: &Deployment,
    work: &HostWork,
    state: InstanceState,
    trigger: &TriggerName,
    place: &Place,
    form: MessageForm,
) -> Value {
    let events = work.events.iter().map(|run| {
        let mut event = json!({
            "LifecycleEvent": run.event.to_string(),
            "LifecycleEventStatus": run.event_status(false).as_str(),
        });
        for (member, at) in [("StartTime", run.started_at), ("EndTime", run.ended_at)] {
            if let Some(at) = at {
                event[member] = json!(form.time(at));
            }
        }
        event
    });
    json!({
        "region": place.region,
        "accountId": place.account,
        "eventTriggerName": trigger.as_str(),
        "deploymentId": deployment.id.as_str(),
        "instanceId": arn(&work.host, place),
        "lastUpdatedAt": form.time(work.updated_at),
        "instanceStatus": form.status(status(state)),
        "lifecycleEvents": form.nested(events.collect()),
    })
}

/// The `detail` of the EventBridge event.
pub fn detail(deployment: &Deployment, work: &HostWork, state: InstanceState, place: &Place) -> Value {
    json!({
        "instanceId": work.host.id.as_str(),
        "region": place.region,
        "state": match state {
            InstanceState::Start => "START",
            InstanceState::Success => "SUCCESS",
            InstanceState::Failure => "FAILURE",
        },
        "application": deployment.spec.application.as_str(),
        "deploymentId": deployment.id.as_str(),
        "instanceGroupId": deployment.spec.group_id,
        "deploymentGroup": deployment.spec.group.as_str(),
    })
}

/// The `resources` of the EventBridge event.
pub fn resources(deployment: &Deployment, work: &HostWork, place: &Place) -> Vec<String> {
    let mut resources = vec![arn(&work.host, place)];
    resources.extend(super::resources(deployment, place));
    resources
}

/// What GetDeployment and the ledger say of a trigger whose topic was not notified.
pub fn unpublished(deployment: &Deployment, trigger: &Trigger, problem: &Problem) -> String {
    super::undelivered(deployment, trigger, OCCASION, problem)
}

/// The same of an event that the event bus did not take.
pub fn unposted(problem: &Problem) -> String {
    super::unposted_on(OCCASION, problem)
}

#[cfg(test)]
mod tests {
    use spillway_domain::problem::ProblemKind;
    use spillway_domain::server::diagnostics::{HostDiagnostics, HostErrorCode};
    use spillway_domain::server::event::HostEvent;
    use spillway_domain::server::host::{Host, Principal, Standing};

    use super::*;
    use crate::testing::{at, deployment, named, place};

    const ARN: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc";

    /// A host whose first event has succeeded and whose second has failed.
    fn failed() -> HostWork {
        let host = Host {
            id: named("i-0abc"),
            arn: ARN.to_owned(),
            identifier: named(ARN),
            principal: Principal::InstanceProfile { roles: vec!["web".to_owned()] },
            zone: None,
            auto_scaling_group: None,
            standing: Standing::Old,
            seen_at: None,
            stopped_at: None,
            was_launched: false,
            had_traffic: false,
        };
        let events = [HostEvent::ApplicationStop, HostEvent::DownloadBundle, HostEvent::Install];
        let mut work = HostWork::new(host, 0, &events, false, at(0));
        for (seconds, is_success) in [(1, true), (3, false)] {
            work.acknowledge(work.command().unwrap(), at(seconds * 1_000));
            let diagnostics = HostDiagnostics::new(HostErrorCode::Success, "", "", "");
            work.complete(work.command().unwrap(), is_success, diagnostics, at((seconds + 1) * 1_000));
        }
        work
    }

    fn told(form: MessageForm) -> Value {
        message(&deployment(), &failed(), InstanceState::Failure, &named("chat"), &place(), form)
    }

    #[test]
    fn the_documented_message_is_that_of_the_user_guide() {
        assert_eq!(
            told(MessageForm::Documented),
            json!({
                "region": "us-east-1",
                "accountId": "111122223333",
                "eventTriggerName": "chat",
                "deploymentId": "d-75I7MBT7C",
                "instanceId": ARN,
                "lastUpdatedAt": "1786000004.0",
                "instanceStatus": "Failed",
                "lifecycleEvents": [
                    {
                        "LifecycleEvent": "ApplicationStop", "LifecycleEventStatus": "Succeeded",
                        "StartTime": "1786000001.0", "EndTime": "1786000002.0",
                    },
                    {
                        "LifecycleEvent": "DownloadBundle", "LifecycleEventStatus": "Failed",
                        "StartTime": "1786000003.0", "EndTime": "1786000004.0",
                    },
                    { "LifecycleEvent": "Install", "LifecycleEventStatus": "Skipped" },
                ],
            })
        );
    }

    #[test]
    fn the_recorded_message_has_its_events_as_text() {
        let mut message = told(MessageForm::Recorded);
        let events: Value = serde_json::from_str(message["lifecycleEvents"].take().as_str().unwrap()).unwrap();
        assert_eq!(
            events[0],
            json!({
                "LifecycleEvent": "ApplicationStop", "LifecycleEventStatus": "Succeeded",
                "StartTime": "Thu Aug 06 07:06:41 UTC 2026", "EndTime": "Thu Aug 06 07:06:42 UTC 2026",
            })
        );
        assert_eq!((&message["instanceStatus"], &message["instanceId"]), (&json!("FAILED"), &json!(ARN)));
        assert_eq!(
            subject(&deployment(), &failed(), InstanceState::Failure, &place()),
            "FAILED: AWS CodeDeploy d-75I7MBT7C in us-east-1 on i-0abc"
        );
    }

    #[test]
    fn each_state_has_its_trigger_event_and_its_state_on_the_bus() {
        let mut deployment = deployment();
        let events = [TriggerEvent::InstanceStart, TriggerEvent::InstanceSuccess, TriggerEvent::InstanceFailure];
        let topic = "arn:aws:sns:us-east-1:111122223333:news";
        let trigger = |event| Trigger { name: named("chat"), topic: named(topic), events: vec![event] };
        deployment.spec.triggers = events.into_iter().chain([TriggerEvent::DeploymentFailure]).map(trigger).collect();
        let states = [InstanceState::Start, InstanceState::Success, InstanceState::Failure];
        for ((state, event), name) in states.into_iter().zip(events).zip(["START", "SUCCESS", "FAILURE"]) {
            let told: Vec<&Trigger> = notified_triggers(&deployment, state).collect();
            assert_eq!(told, [&trigger(event)]);
            let detail = detail(&deployment, &failed(), state, &place());
            assert_eq!((&detail["state"], &detail["instanceId"]), (&json!(name), &json!("i-0abc")));
        }
        assert_eq!(
            resources(&deployment, &failed(), &place()),
            [
                ARN,
                "arn:aws:codedeploy:us-east-1:111122223333:application:shop",
                "arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop/live",
            ]
        );
    }

    #[test]
    fn an_on_premises_instance_has_codedeploys_arn() {
        let mut work = failed();
        (work.host.id, work.host.arn) = (named("box-0"), "box-0".to_owned());
        let arn = "arn:aws:codedeploy:us-east-1:111122223333:instance/box-0";
        let form = MessageForm::Recorded;
        let message = message(&deployment(), &work, InstanceState::Failure, &named("chat"), &place(), form);
        assert_eq!(
            (&message["instanceId"], &resources(&deployment(), &work, &place())[0]),
            (&json!(arn), &arn.to_owned())
        );
    }

    #[test]
    fn what_is_not_delivered_is_one_sentence_for_all_hosts() {
        let problem = Problem::new(ProblemKind::Missing, "sns:Publish failed: NotFoundException.");
        let topic = named("arn:aws:sns:us-east-1:111122223333:news");
        let trigger = Trigger { name: named("chat"), topic, events: vec![TriggerEvent::InstanceStart] };
        let words = unpublished(&deployment(), &trigger, &problem);
        assert!(words.starts_with("Trigger 'chat' was not notified of single hosts. sns:Publish failed"), "{words}");
        let words = unposted(&problem);
        assert!(words.starts_with("EventBridge was not notified of single hosts. sns:Publish failed"), "{words}");
    }
}
