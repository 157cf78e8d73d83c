//! Every file of `events/` is a real payload: it parses into the request of its function's use case.

use std::fs;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use spillway_appspec::resource;
use spillway_domain::access::permission::Question;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::deployment::spec::Target;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_engine::deployment::decide::Decide;
use spillway_engine::deployment::task::{DeploymentRef, Task};
use spillway_engine::lambda::shift_alias::Shift;
use spillway_engine::ports::services::Observation;
use spillway_engine::server::set_lifecycle_hook::HookChange;
use spillway_engine::stack::await_deployment::Waiter;
use spillway_macro::{Event, needs_sam};
use spillway_testkit::{Plot, Story, World};
use spillway_tests::door::Door;
use spillway_tests::template::{block, guide_machine, root};
use spillway_wire::agent::door;
use spillway_wire::alarm::StateChange;
use spillway_wire::codedeploy::http;
use spillway_wire::lifecycle_action::LifecycleNotice;
use spillway_wire::pipeline::event::PipelineEvent;
use spillway_wire::stream::Changes;
use spillway_wire::{execution, stack};

const LAMBDA: &str = "docs/guides/lambda.md";
const ECS: &str = "docs/guides/ecs.md";

#[test]
fn every_sample_parses_into_the_request_of_its_use_case() {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        if let Err(fault) = parse(file.split('.').next().unwrap(), &text) {
            faults.push(format!("events/{file}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn parse(function: &str, text: &str) -> Result<(), String> {
    match function {
        "api" => api(text),
        "answer-hook" => http::read(&read(text)?, 16 * 1024).map(drop).map_err(|refusal| refusal.to_string()),
        "authorize" => read::<Question>(text).map(drop),
        "create-deployment" => asked(text),
        "decide" => read::<Decide>(text).map(drop),
        "run-hook" | "bake" | "await-hosts" => read::<Task>(text).map(drop),
        "shift-alias" => read::<Shift>(text).map(drop),
        "announce"
        | "select-hosts"
        | "control-traffic"
        | "settle-fleet"
        | "answer-lifecycle-action"
        | "read-revision"
        | "install-task-set"
        | "shift-listener"
        | "promote-task-set"
        | "retire-task-set" => read::<DeploymentRef>(text).map(drop),
        "observe-service" => read::<Observation>(text).map(drop),
        "watch-alarms" => read::<StateChange>(text).map(drop),
        "take-lifecycle-action" => {
            let home = ["aws", "us-east-1", "123456789012"];
            read::<LifecycleNotice>(text)?.read(home).map(drop).ok_or_else(|| "no instance waits".to_owned())
        }
        "set-lifecycle-hook" => read::<HookChange>(text).map(drop),
        "sweep" => read::<Value>(text).map(drop),
        "agent-api" => door::read(&read(text)?).map(drop).map_err(|refusal| refusal.to_string()),
        "advance-fleet" => match read::<Changes>(text)?.deployments().len() {
            1 => Ok(()),
            deployments => Err(format!("it tells of {deployments} deployments")),
        },
        "announce-hosts" => match read::<Changes>(text)?.works().into_values().flatten().count() {
            1 => Ok(()),
            works => Err(format!("it tells of the work of {works} hosts")),
        },
        "run-pipeline-job" => {
            let job = read::<PipelineEvent>(text)?.read(&Quotas::default(), None);
            job.map(drop).map_err(|refusal| refusal.to_string())
        }
        "custom-resource" => stack::take_up(&read(text)?).map(drop),
        "change-resource" => change(&read(text)?),
        "await-deployment" => read::<Waiter>(text).map(drop),
        "answer-stack" => stack::reply(&read(text)?).map(drop),
        "macro" => read::<Event>(text)?.template().map(drop),
        "expand-sam" => read::<Expansion>(text).map(drop),
        other => Err(format!("there is no function {other}, or it is new: say here what it takes")),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// What SAM's translator is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expansion {
    #[serde(rename = "fragment")]
    _fragment: Value,
    #[serde(rename = "parameters")]
    _parameters: Value,
}

/// What a stack asks for.
fn change(input: &Value) -> Result<(), String> {
    let received_at = input["receivedAt"].as_str().and_then(|at| at.parse().ok()).ok_or("no receivedAt")?;
    stack::parse(&input["request"], received_at, &Quotas::default()).map(drop)
}

/// What an execution of the state machine has said.
fn asked(text: &str) -> Result<(), String> {
    let request = read::<execution::Request>(text)?;
    execution::parse(&request.input, &Quotas::default()).map(drop).map_err(|refused| refused.to_string())
}

fn sample(file: &str) -> String {
    fs::read_to_string(root().join("events").join(file)).unwrap()
}

#[test]
fn the_samples_of_decide_are_a_start_and_a_move_that_failed() {
    assert!(read::<Decide>(&sample("decide.json")).unwrap().step.is_none());
    assert!(read::<Decide>(&sample("decide.problem.json")).unwrap().problem.is_some());
}

#[test]
fn the_samples_of_answer_stack_say_how_each_request_ended() {
    for (file, status) in [
        ("answer-stack.json", r#""Status":"SUCCESS""#),
        ("answer-stack.problem.json", r#""Status":"FAILED""#),
        ("answer-stack.undelivered.json", r#""Status":"FAILED""#),
        ("answer-stack.died.json", r#""Status":"FAILED""#),
    ] {
        let text = sample(file);
        let reply = stack::reply(&read(&text).unwrap()).unwrap();
        assert_eq!(reply.response_url.is_some(), text.contains("requestPayload"), "only Lambda's own record has it");
        assert!(reply.body.contains(status), "{}", reply.body);
    }
}

#[test]
fn the_sample_of_custom_resource_is_taken_up_under_a_name_of_its_own() {
    let event: Value = read(&sample("custom-resource.json")).unwrap();
    let taken = stack::take_up(&event).unwrap();
    assert_eq!((taken.name.len(), taken.response_url.as_str()), (32, event["ResponseURL"].as_str().unwrap()));
    assert_eq!(read::<Value>(&taken.input).unwrap()["request"]["AskedAt"], "2026-11-21T01:02:03Z");
    assert!(stack::take_up(&Value::Null).is_err());
}

#[test]
fn the_sample_of_change_resource_is_an_alias_and_another_resource_is_refused() {
    let text = sample("change-resource.json");
    let parsed = |text: &str| {
        let input: Value = read(text).unwrap();
        let received_at = input["receivedAt"].as_str().unwrap().parse().unwrap();
        stack::parse(&input["request"], received_at, &Quotas::default())
    };
    assert_eq!(parsed(&text).unwrap().name(), "arn:aws:lambda:us-east-1:123456789012:function:orders:live");
    let words = parsed(&text.replace("Custom::SpillwayAlias", "Custom::A")).unwrap_err();
    assert!(words.starts_with("Spillway has no resource Custom::A."), "{words}");
}

#[test]
fn one_sample_of_the_macro_is_expanded_by_sam_first() {
    let is_for_sam = |file: &str| needs_sam(read::<Event>(&sample(file)).unwrap().template().unwrap());
    assert!(!is_for_sam("macro.json") && is_for_sam("macro.not-expanded.json"));
}

#[test]
fn the_state_machine_of_the_guide_asks_for_what_is_understood() {
    let input = &guide_machine()["States"]["Deploy"]["Parameters"]["Input"];
    let given = input.as_object().unwrap().iter().map(|(member, value)| match member.strip_suffix(".$") {
        None => (member.clone(), value.clone()),
        Some("appSpec") => ("appSpec".to_owned(), json!({ "version": 0.0 })),
        Some(member) => (member.to_owned(), json!("something")),
    });
    execution::parse(&given.collect(), &Quotas::default()).unwrap();
}

#[test]
fn the_revision_of_the_guide_is_taken() {
    let world = World::new();
    let door = Door::new(&world);
    Story::new("Steps.1@1m,10@5m").set(&world);
    let revision: Value = serde_json::from_str(&block(LAMBDA, r#""revisionType": "AppSpecContent","#)).unwrap();
    let deployment = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": revision });
    let created = door.call("CreateDeployment", &deployment);
    assert!(created["deploymentId"].is_string(), "{created}");
    let appspec = resource::read(&block(LAMBDA, "Type: AWS::Lambda::Function"), ComputePlatform::Lambda);
    let Target::Lambda(whole) = appspec else { panic!("{appspec:?}") };
    assert_eq!(world.records()[0].spec.target, Target::Lambda(LambdaTarget { before: None, after: None, ..whole }));
}

#[test]
fn the_group_and_the_appspec_of_the_guide_are_taken() {
    let world = World::new();
    let door = Door::new(&world);
    let group: Value = serde_json::from_str(&block(ECS, "targetGroupPairInfoList\": [")).unwrap();
    door.call("CreateApplication", &json!({ "applicationName": group["applicationName"], "computePlatform": "ECS" }));
    let made = door.call("CreateDeploymentGroup", &group);
    assert!(made["deploymentGroupId"].is_string(), "{made}");
    let content = block(ECS, "Type: AWS::ECS::Service");
    let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } });
    let deployment = json!({
        "applicationName": group["applicationName"], "deploymentGroupName": group["deploymentGroupName"],
        "revision": revision,
    });
    let created = door.call("CreateDeployment", &deployment);
    assert!(created["deploymentId"].is_string(), "{created}");
    let target = &world.records()[0].spec.target;
    assert!(matches!(target, Target::Ecs(target) if target.task_definition == "web:2"), "{target:?}");
}

/// Sent to an installation without anything in it, a request that is understood is told what is not there.
fn api(text: &str) -> Result<(), String> {
    let answer = Door::new(&World::new()).send(&read(text)?);
    let kind = answer["__type"].as_str().unwrap_or_default();
    if kind.ends_with("DoesNotExistException") { Ok(()) } else { Err(answer.to_string()) }
}
