//! Actions from their first job to their last, on each platform.

use jiff::SignedDuration;
use serde_json::json;
use spillway_domain::catalog::revision::{BundleType, RevisionLocation};
use spillway_domain::deployment::record::Status;
use spillway_domain::pipeline::{FailureKind, JobId, JobReport};
use spillway_domain::problem::{Problem, ProblemKind};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::target::FileExists;
use spillway_testkit::{FleetStory, HookPlan, HostPlan, Plot, Runner, Story, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

use super::{APPSPEC, Action, BUILD, DEFINITION, FIRST, SERVICE, lambda, only, run, service, world, world_of_service};

#[test]
fn an_action_deploys_to_an_alias_and_succeeds_with_its_deployment() {
    let world = world(&Story::new("Steps.10@1m"));
    let mut action = Action::new(&world, lambda());
    let JobReport::Continues { progress, is_created: true, .. } = action.next() else { panic!() };
    let created = only(&world);
    assert_eq!(created.id, progress.deployment);
    let caller = "arn:aws:sts::111122223333:assumed-role/run-pipeline-job/spillway-run-pipeline-job";
    assert_eq!(created.spec.caller.as_ref().map(|caller| caller.as_str()), Some(caller));
    assert_eq!(world.artifacts_read_with(), ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]);
    let until = world.now() + SignedDuration::from_secs(30);
    Runner::new(&world, machine()).run_until(|world| world.now() >= until);
    assert!(action.waits().contains("10 %"), "{:?}", action.again());
    run(&world);
    let JobReport::Succeeded { progress, summary } = action.next() else { panic!() };
    assert_eq!((only(&world).status(), progress.deployment), (Status::Succeeded, created.id.clone()));
    assert_eq!(summary, format!("{}: {}", created.id, only(&world).words()));
    assert_eq!(world.artifacts_read_with().len(), 1, "once the deployment is created, no artifact is read");
}

#[test]
fn an_action_fails_with_the_words_of_its_deployment() {
    let world = world(&Story::new("Steps.10@1m"));
    world.put_hook("check", HookPlan::throws());
    let hooked = APPSPEC.replace("}]}", r#"}],"Hooks":[{"BeforeAllowTraffic":"check"}]}"#);
    world.put_artifact(BUILD, &[("appspec.yaml", &hooked)]);
    let mut action = Action::new(&world, lambda());
    action.next();
    let id = only(&world).id;
    run(&world);
    let JobReport::Failed { kind: FailureKind::JobFailed, message, deployment } = action.next() else { panic!() };
    assert_eq!(deployment, Some(id.clone()));
    let info = Door::new(&world).call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone();
    let (code, said) = (&info["errorInformation"]["code"], &info["errorInformation"]["message"]);
    let (code, said) = (code.as_str().unwrap(), said.as_str().unwrap());
    assert!(said.contains("BeforeAllowTraffic"), "{said}");
    assert!(message.starts_with(&format!("Deployment {id} has ended Failed. {code}: {said}")), "{message}");
}

#[test]
fn a_job_that_is_delivered_twice_deploys_once_whenever_the_second_comes() {
    let world = world(&Story::new("Steps.10@1m"));
    let mut action = Action::new(&world, lambda());
    action.next();
    action.token = None;
    action.again();
    run(&world);
    assert_eq!(only(&world).status(), Status::Succeeded);
    action.token = None;
    assert!(matches!(action.again(), JobReport::Succeeded { .. }), "the first job comes once more, and all is over");
    assert_eq!(world.records().len(), 1);
    let first: JobId = FIRST.parse().unwrap();
    assert!(matches!(world.report_of(&first), Some(JobReport::Continues { .. })), "the first answer counts");
}

#[test]
fn an_action_waits_until_another_deployment_has_ended() {
    let world = world(&Story::new("Steps.10@1m"));
    let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": APPSPEC } });
    let request = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": revision });
    let other = Door::new(&world).call("CreateDeployment", &request)["deploymentId"].clone();
    let mut action = Action::new(&world, lambda());
    let words = format!(
        "Waits to create the deployment. The Deployment Group 'orders' already has an active Deployment '{}'",
        other.as_str().unwrap()
    );
    assert_eq!((action.waits(), action.waits()), (words.clone(), words));
    assert_eq!((world.records().len(), world.artifacts_read_with().len()), (1, 0));
    run(&world);
    world.put_artifact(
        BUILD,
        &[("appspec.yaml", &APPSPEC.replace(r#""1","T"#, r#""2","T"#).replace(r#":"2"}}"#, r#":"3"}}"#))],
    );
    action.next();
    run(&world);
    assert!(matches!(action.next(), JobReport::Succeeded { .. }));
    assert_eq!(world.records().len(), 2);
}

#[test]
fn what_passes_by_itself_fails_no_action() {
    let world = world(&Story::new("Steps.10@1m"));
    let mut action = Action::new(&world, lambda());
    world
        .fail_artifacts(Some(Problem::new(ProblemKind::Transient, "s3:GetObject failed: SlowDown: Reduce your rate.")));
    assert_eq!(action.waits(), "Spillway tries again. s3:GetObject failed: SlowDown: Reduce your rate.");
    world.fail_artifacts(None);
    action.next();
    run(&world);
    assert!(matches!(action.next(), JobReport::Succeeded { .. }));
}

#[test]
fn an_artifact_is_the_bundle_of_hosts_as_it_is() {
    let world = World::new();
    FleetStory::new("CodeDeployDefault.OneAtATime", 2).set(&world);
    world.put_artifact(BUILD, &[]);
    let parameters = json!({
        "applicationName": "shop", "deploymentGroupName": "web", "fileExistsBehavior": "OVERWRITE",
        "deploymentConfigName": "CodeDeployDefault.AllAtOnce",
    });
    let mut action = Action::new(&world, parameters);
    action.next();
    let record = only(&world);
    let RevisionLocation::S3(object) = &record.spec.revision else { panic!("{:?}", record.spec.revision) };
    assert_eq!((object.bucket.as_str(), object.key.as_str()), BUILD);
    assert_eq!((object.bundle, object.e_tag.as_deref()), (Some(BundleType::Zip), Some("BuildOutput-etag")));
    assert_eq!(record.server_target().map(|target| target.file_exists), Some(FileExists::Overwrite));
    assert_eq!(record.spec.config.as_str(), "CodeDeployDefault.AllAtOnce");
    run(&world);
    assert!(matches!(action.next(), JobReport::Succeeded { .. }));
}

#[test]
fn an_action_that_deploys_to_hosts_says_which_have_failed() {
    let world = World::new();
    let failing = HostPlan::Fails(HostEvent::ValidateService);
    FleetStory::new("CodeDeployDefault.OneAtATime", 3).host(0, failing).set(&world);
    world.put_artifact(BUILD, &[]);
    let mut action = Action::new(&world, json!({ "applicationName": "shop", "deploymentGroupName": "web" }));
    action.next();
    run(&world);
    let message = action.failure();
    assert!(message.contains("has ended Failed. HEALTH_CONSTRAINTS: "), "{message}");
    assert!(message.contains("i-0") && message.contains("ValidateService"), "{message}");
}

#[test]
fn the_task_definition_of_an_artifact_is_registered_and_deployed() {
    let world = world_of_service();
    let mut action = Action::new(&world, service());
    action.next();
    let record = only(&world);
    let arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7";
    assert_eq!(record.ecs_target().map(|target| target.task_definition.as_str()), Some(arn));
    let definition = DEFINITION.replace("<IMAGE1_NAME>", "111122223333.dkr.ecr/web@sha256:5f0c");
    assert_eq!(world.registered_definitions(), [(record.id.to_string(), definition)]);
    run(&world);
    let JobReport::Succeeded { progress, .. } = action.next() else { panic!() };
    assert_eq!(progress.task_definition.as_deref(), Some(arn));
}

#[test]
fn an_appspec_that_names_its_task_definition_registers_none() {
    let world = world_of_service();
    world.put_artifact(BUILD, &[("appspec.yaml", &SERVICE.replace("<TASK_DEFINITION>", "web:2"))]);
    let parameters = json!({ "applicationName": "shop", "deploymentGroupName": "web" });
    let mut action = Action::new(&world, parameters);
    action.next();
    run(&world);
    assert!(matches!(action.next(), JobReport::Succeeded { .. }));
    assert!(world.registered_definitions().is_empty());
}

#[test]
fn a_task_definition_is_registered_once_however_long_its_deployment_waits() {
    let world = world_of_service();
    let mut action = Action::new(&world, service());
    action.next();
    assert!(
        action.token.unwrap().contains("task-definition/web:7"),
        "the next job knows what the first has registered"
    );
    let other = world_of_service();
    let mut action = Action::new(&other, service());
    action.token = Some(r#"{"deploymentId":"d-75I7MBT7C","taskDefinition":"web:2"}"#.to_owned());
    action.next();
    assert_eq!(only(&other).ecs_target().map(|target| target.task_definition.as_str()), Some("web:2"));
    assert!(other.registered_definitions().is_empty());
}
