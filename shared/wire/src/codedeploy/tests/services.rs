//! Deployments to ECS services, as they are shown.

use serde_json::{Value, json};
use spillway_domain::deployment::gate::Gate;
use spillway_domain::deployment::halt::Halt;
use spillway_domain::deployment::lifecycle::EventStatus;
use spillway_domain::deployment::record::{Deployment, Ending, Status};
use spillway_domain::deployment::spec::Target;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::deployment::target::TargetStatus;
use spillway_domain::ecs::service::TaskSetStatus;
use spillway_domain::ecs::stage::EcsStage;
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;

use super::*;
use crate::testing::{
    LISTENER, TEST_LISTENER, at, context, installed_deployment, named, service_deployment, service_environment,
};

fn id() -> DeploymentId {
    named("d-75I7MBT7C")
}

fn info(deployment: &Deployment) -> Value {
    GetDeployment::render(&id(), &deployment.clone().into(), &context())["deploymentInfo"].clone()
}

fn target(deployment: &Deployment) -> Value {
    let both = BatchGetDeploymentTargets::render(
        &(id(), vec!["prod:web".to_owned()]),
        &[deployment.clone().into()],
        &context(),
    );
    let one = GetDeploymentTarget::render(&(id(), "prod:web".to_owned()), &[deployment.clone().into()], &context());
    assert_eq!(both, json!({ "deploymentTargets": [one["deploymentTarget"]] }));
    one["deploymentTarget"].clone()
}

/// The installed deployment, in a stage, with all events before it done.
fn in_stage(stage: Stage, done: usize) -> Deployment {
    let mut deployment = Deployment { stage, ..installed_deployment() };
    for event in deployment.events.iter_mut().take(done) {
        event.status = EventStatus::Succeeded;
    }
    deployment
}

fn ended(deployment: Deployment, status: Status) -> Deployment {
    let ending =
        Ending { status, error: None, at: at(9), rolled_back_by: None, rollback_message: None, followed_by: None };
    Deployment { stage: Stage::Ended, ending: Some(ending), ..deployment }
}

#[test]
fn a_target_shows_its_task_sets_and_their_shares_in_percent() {
    let mut deployment = in_stage(Stage::Ecs(EcsStage::AllowTraffic { step: 0 }), 6);
    deployment.share = "10.2".parse().unwrap();
    deployment.events[6].status = EventStatus::InProgress;
    deployment.events[6].started_at = Some(at(3_400));
    let done = |name: &str| json!({ "lifecycleEventName": name, "status": "Succeeded" });
    let set = |number: u8, status: &str, weight: f64, group: &str, label: &str| {
        json!({
            "identifer": format!("ecs-svc/{number}"), "desiredCount": 3, "pendingCount": 1, "runningCount": 2,
            "status": status, "trafficWeight": weight, "targetGroup": { "name": group }, "taskSetLabel": label,
        })
    };
    let expected = json!({ "deploymentTargetType": "ECSTarget", "ecsTarget": {
        "deploymentId": "d-75I7MBT7C", "targetId": "prod:web",
        "targetArn": "arn:aws:ecs:us-east-1:111122223333:service/prod/web",
        "status": "InProgress", "lastUpdatedAt": 1786000000.123,
        "lifecycleEvents": [
            done("BeforeInstall"), done("Install"), done("AfterInstall"), done("AllowTestTraffic"),
            done("AfterAllowTestTraffic"), done("BeforeAllowTraffic"),
            { "lifecycleEventName": "AllowTraffic", "status": "InProgress", "startTime": 1786000003.4 },
            { "lifecycleEventName": "AfterAllowTraffic", "status": "Pending" },
        ],
        "taskSetsInfo": [set(1, "PRIMARY", 89.8, "blue", "Blue"), set(2, "ACTIVE", 10.2, "green", "Green")],
    } });
    assert_eq!(target(&deployment), expected);
}

#[test]
fn labels_follow_the_original_and_not_who_stands_for_the_service() {
    let mut deployment = Deployment { share: Percent::ALL, ..in_stage(Stage::Gate(Gate::Termination), 8) };
    let seen = &mut deployment.ecs.as_mut().unwrap().seen;
    seen[0].status = TaskSetStatus::Draining;
    seen[1].status = TaskSetStatus::Primary;
    seen.reverse();
    let sets = target(&deployment)["ecsTarget"]["taskSetsInfo"].clone();
    let shown = |set: &Value| ["taskSetLabel", "status", "trafficWeight"].map(|member| set[member].clone());
    assert_eq!(shown(&sets[0]), [json!("Green"), json!("PRIMARY"), json!(100.0)]);
    assert_eq!(shown(&sets[1]), [json!("Blue"), json!("DRAINING"), json!(0.0)]);
}

#[test]
fn before_the_service_was_looked_at_its_arn_is_made_of_its_names() {
    let mut deployment = service_deployment();
    let shown = target(&deployment)["ecsTarget"].clone();
    assert_eq!(shown["targetArn"], "arn:aws:ecs:us-east-1:111122223333:service/prod/web");
    assert_eq!((&shown["status"], &shown["taskSetsInfo"]), (&json!("Pending"), &json!([])));
    let arn = "arn:aws-cn:ecs:cn-north-1:444455556666:service/prod/web";
    deployment.spec.environment.ecs_services[0].service = named(arn);
    let shown = target(&deployment)["ecsTarget"].clone();
    assert_eq!((&shown["targetArn"], &shown["targetId"]), (&json!(arn), &json!("prod:web")));
}

#[test]
fn without_a_test_listener_there_are_no_events_of_test_traffic() {
    let mut spec = service_deployment().spec;
    spec.environment.load_balancer.pairs[0].test_listener = None;
    let shown = target(&Deployment::new(id(), spec, at(0)));
    let events = shown["ecsTarget"]["lifecycleEvents"].as_array().unwrap().clone();
    let names: Vec<&str> = events.iter().map(|event| event["lifecycleEventName"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["BeforeInstall", "Install", "AfterInstall", "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
    );
}

#[test]
fn the_status_of_a_target_follows_from_its_events() {
    let mut failed = in_stage(Stage::Ended, 1);
    failed.events[1].status = EventStatus::Failed;
    let mut skipped = in_stage(Stage::Ended, 5);
    skipped.events[5].status = EventStatus::Skipped;
    let halt =
        Halt { cause: spillway_domain::deployment::halt::Cause::Stop { rollback: None, caller: None }, at: at(1) };
    let cases = [
        (in_stage(Stage::Created, 0), TargetStatus::Pending),
        (in_stage(Stage::Ecs(EcsStage::Install), 1), TargetStatus::InProgress),
        (in_stage(Stage::Gate(Gate::Ready), 5), TargetStatus::Ready),
        (Deployment { halt: Some(halt), ..in_stage(Stage::Gate(Gate::Ready), 5) }, TargetStatus::InProgress),
        (in_stage(Stage::Gate(Gate::Termination), 8), TargetStatus::InProgress),
        (in_stage(Stage::Ecs(EcsStage::Termination), 8), TargetStatus::InProgress),
        (ended(in_stage(Stage::Ended, 8), Status::Succeeded), TargetStatus::Succeeded),
        (ended(in_stage(Stage::Ended, 8), Status::Stopped), TargetStatus::Failed),
        (ended(failed, Status::Failed), TargetStatus::Failed),
        (ended(skipped, Status::Stopped), TargetStatus::Skipped),
    ];
    for (deployment, status) in cases {
        assert_eq!(target(&deployment)["ecsTarget"]["status"], status.as_str());
    }
}

#[test]
fn a_deployment_shows_the_environment_that_it_was_made_with() {
    let shown = info(&service_deployment());
    let route = |listener: &str| json!({ "listenerArns": [listener] });
    let expected = [
        ("computePlatform", json!("ECS")),
        ("deploymentStyle", json!({ "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" })),
        (
            "blueGreenDeploymentConfiguration",
            json!({
                "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE", "terminationWaitTimeInMinutes": 5 },
                "deploymentReadyOption": { "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 7 },
            }),
        ),
        (
            "loadBalancerInfo",
            json!({ "targetGroupPairInfoList": [{
                "targetGroups": [{ "name": "blue" }, { "name": "green" }],
                "prodTrafficRoute": route(LISTENER), "testTrafficRoute": route(TEST_LISTENER),
            }] }),
        ),
        ("instanceTerminationWaitTimeStarted", json!(false)),
        ("status", json!("Created")),
        ("deploymentOverview", Value::Null),
    ];
    for (member, value) in expected {
        assert_eq!(shown.get(member), Some(&value), "{member}");
    }
}

#[test]
fn a_deployment_that_waits_to_be_continued_is_ready() {
    let shown = info(&in_stage(Stage::Gate(Gate::Ready), 5));
    assert_eq!((&shown["status"], &shown["deploymentOverview"]), (&json!("Ready"), &Value::Null));
}

#[test]
fn the_termination_wait_has_started_once_the_original_has_a_time_to_go() {
    let has_started = |deployment: &Deployment| info(deployment)["instanceTerminationWaitTimeStarted"] == true;
    let mut waiting = in_stage(Stage::Gate(Gate::Termination), 8);
    assert!(!has_started(&waiting), "the original is kept for good");
    waiting.gates.terminate_at = Some(at(1));
    assert!(has_started(&waiting));
    let over = ended(waiting, Status::Succeeded);
    assert!(has_started(&over));
    assert_eq!(info(&over)["deploymentOverview"]["Succeeded"], 1);
    let mut rollback = over;
    rollback.spec.rolls_back = Some(named("d-AAAAAAAAA"));
    assert!(!has_started(&rollback), "a rollback waits for nothing");
}

#[test]
fn a_stop_says_which_task_set_gets_the_traffic() {
    let words = |deployment: &Deployment| StopDeployment::render(&(id(), None), deployment, &context());
    let end = "GetDeployment says when it has ended.";
    assert_eq!(
        words(&in_stage(Stage::Ecs(EcsStage::AllowTraffic { step: 0 }), 6))["statusMessage"],
        format!("The deployment is being stopped. All traffic goes to task set ecs-svc/1. {end}")
    );
    assert_eq!(words(&service_deployment())["statusMessage"], format!("The deployment is being stopped. {end}"));
}

#[test]
fn an_appspec_that_is_not_valid_leaves_a_service_without_a_target() {
    let mut invalid = service_deployment();
    invalid.spec.target = Target::Invalid(vec!["version: missing.".to_owned()]);
    assert_eq!(target(&invalid), Value::Null);
    assert_eq!(info(&invalid)["computePlatform"], "ECS");
}

#[test]
fn a_group_shows_how_blue_green_goes_where_that_was_given() {
    use spillway_domain::catalog::application::Application;
    use spillway_domain::catalog::config::ComputePlatform;
    use spillway_domain::catalog::environment::{BlueGreen, Environment};
    use spillway_domain::catalog::group::{DeploymentGroup, GroupState};
    let shown = |blue_green: BlueGreen| {
        let application = Application { platform: ComputePlatform::Ecs, ..answers::application() };
        let environment = Environment { blue_green, ..service_environment() };
        let group = DeploymentGroup { environment, ..answers::group() };
        let answer = (application, group, GroupState::default());
        let shown = GetDeploymentGroup::render(&(named("shop"), named("live")), &answer, &context());
        shown["deploymentGroupInfo"].get("blueGreenDeploymentConfiguration").cloned()
    };
    let whole = service_environment().blue_green;
    // Clients of ECS read both waits without asking whether they are there.
    let block = shown(whole.clone()).unwrap();
    assert_eq!(block["deploymentReadyOption"]["waitTimeInMinutes"], 7);
    assert_eq!(block["terminateBlueInstancesOnDeploymentSuccess"]["terminationWaitTimeInMinutes"], 5);
    let half = shown(BlueGreen { ready: None, ..whole }).unwrap();
    assert_eq!(half.as_object().unwrap().keys().collect::<Vec<_>>(), ["terminateBlueInstancesOnDeploymentSuccess"]);
    assert_eq!(shown(BlueGreen::default()), None);
}

#[test]
fn the_task_definition_that_was_left_to_the_deployment_is_shown() {
    let arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:12";
    let mut resolved = installed_deployment();
    if let (Target::Ecs(target), Some(progress)) = (&mut resolved.spec.target, &mut resolved.ecs) {
        (target.task_definition, progress.family) = (arn.to_owned(), Some("web".to_owned()));
    }
    let said = json!(format!(
        "TaskDefinition web has no revision: {arn} is deployed, the latest ACTIVE one when the deployment began."
    ));
    assert_eq!(info(&resolved)["deploymentStatusMessages"][1], said);
    assert_eq!(info(&installed_deployment())["deploymentStatusMessages"].as_array().map(Vec::len), Some(1));
    resolved.spec.rolls_back = Some(id());
    assert_eq!(info(&resolved)["deploymentStatusMessages"].as_array().map(Vec::len), Some(1));
}
