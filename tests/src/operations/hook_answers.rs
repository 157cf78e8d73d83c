//! Hooks that give their verdicts at their own URL: the same function as on AWS, in front of a world of the testkit.

use serde_json::{Value, json};
use spillway_answer_hook::{Door, answer};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Status;
use spillway_domain::names::DeploymentId;
use spillway_runtime::Invocation;
use spillway_testkit::{HookPlan, Plot, Runner, Story, World, check};
use spillway_tests::door::{Door as Api, request};
use spillway_tests::template::machine;
use spillway_wire::codedeploy::token::Seal;

const BEFORE: EventName = EventName::BeforeAllowTraffic;
const FOREIGN: &str = "InvalidLifecycleEventHookExecutionIdException";
const PUT: &str = "PutLifecycleEventHookExecutionStatus";

/// A request to the hooks' URL.
fn ask(world: &World, may_read: bool, operation: &str, body: &Value) -> Value {
    let invocation = Invocation {
        request_id: "r-1".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:111122223333:function:answer-hook".to_owned(),
        now: world.now(),
        deadline: world.now(),
    };
    let door = Door::new(world, world, may_read);
    let answer = pollster::block_on(answer(&door, &request(operation, body), &invocation));
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

fn verdict(world: &World, deployment: &str, execution: &str, status: &str) -> String {
    let body = json!({
        "deploymentId": deployment, "lifecycleEventHookExecutionId": execution, "status": status,
    });
    let answer = ask(world, false, PUT, &body);
    answer["__type"].as_str().map_or_else(|| "taken".to_owned(), str::to_owned)
}

/// What the installation seals with; it is drawn when it is first needed.
fn seal(world: &World) -> Seal {
    let secret = spillway_engine::ports::catalog::Secrets::secret(world, "a secret");
    Seal::new(&pollster::block_on(secret).unwrap())
}

/// The id that the first hook of a deployment was given.
fn own_id(world: &World, id: &DeploymentId) -> String {
    seal(world).execution_id(id, BEFORE)
}

/// A deployment whose first hook was asked and gave no verdict.
fn waiting(world: &World, runner: &mut Runner<'_>) -> DeploymentId {
    seal(world);
    let id = runner.begin(&Story::new("Steps.10@1m").before(HookPlan::Silent).set(world));
    runner.run_until(|world| world.record(&id).is_some_and(|record| record.waits_for_hook(BEFORE)));
    id
}

#[test]
fn a_verdict_at_the_hooks_own_url_counts() {
    for (status, end) in [("Succeeded", Status::Succeeded), ("Failed", Status::Failed)] {
        let world = World::new().with_diary();
        let mut runner = Runner::new(&world, machine());
        let id = waiting(&world, &mut runner);
        let body = json!({ "deploymentId": id.as_str(), "lifecycleEventHookExecutionId": own_id(&world, &id),
            "status": status });
        let answer = ask(&world, false, PUT, &body);
        assert_eq!(answer, json!({ "lifecycleEventHookExecutionId": own_id(&world, &id) }));
        runner.run();
        check(&world).unwrap();
        assert_eq!(world.record(&id).unwrap().status(), end);
    }
}

#[test]
fn the_whole_api_takes_the_same_ids() {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let id = waiting(&world, &mut runner);
    let forged = json!({ "deploymentId": id.as_str(), "lifecycleEventHookExecutionId": format!("{id}.{BEFORE}"),
        "status": "Succeeded" });
    assert_eq!(Api::new(&world).call(PUT, &forged)["__type"], FOREIGN);
    let own = json!({ "deploymentId": id.as_str(), "lifecycleEventHookExecutionId": own_id(&world, &id),
        "status": "Succeeded" });
    assert_eq!(Api::new(&world).call(PUT, &own), json!({ "lifecycleEventHookExecutionId": own_id(&world, &id) }));
    runner.run();
    assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded);
}

#[test]
fn forged_second_and_late_verdicts_change_nothing() {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let id = waiting(&world, &mut runner);
    let other: DeploymentId = "d-SOMEBODYS".parse().unwrap();
    let seal = seal(&world);
    let own = own_id(&world, &id);
    let unchanged = |deployment: &DeploymentId, execution: &str, refused: &str| {
        let before = world.stored();
        for status in ["Failed", "Succeeded"] {
            assert_eq!(verdict(&world, deployment.as_str(), execution, status), refused, "{execution}");
        }
        assert_eq!(world.stored(), before, "{execution}");
    };
    let (names, mac) = own.rsplit_once('.').unwrap();
    for forged in [
        "nonsense".to_owned(),
        format!("{id}.{BEFORE}"),
        format!("{names}.{}", mac.chars().rev().collect::<String>()),
        format!("{id}.AfterAllowTraffic.{mac}"),
        Seal::new("a guess").execution_id(&id, BEFORE),
        seal.execution_id(&other, BEFORE),
        // Rightly sealed, and its hook was not asked.
        seal.execution_id(&id, EventName::AfterAllowTraffic),
    ] {
        unchanged(&id, &forged, FOREIGN);
    }
    unchanged(&other, &own, FOREIGN);
    unchanged(&other, &seal.execution_id(&other, BEFORE), "DeploymentDoesNotExistException");
    let before = world.stored();
    assert_eq!(verdict(&world, id.as_str(), &own, "Pending"), "InvalidLifecycleEventHookExecutionStatusException");
    assert_eq!(world.stored(), before);

    assert_eq!(verdict(&world, id.as_str(), &own, "Succeeded"), "taken");
    unchanged(&id, &own, "LifecycleEventAlreadyCompletedException");
    runner.run();
    unchanged(&id, &own, "LifecycleEventAlreadyCompletedException");
    assert_eq!(world.record(&id).unwrap().status(), Status::Succeeded);
}

#[test]
fn whatever_else_is_asked_there_is_answered_by_the_hooks_own_event() {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let id = waiting(&world, &mut runner);
    for may_read in [false, true] {
        for operation in
            ["StopDeployment", "CreateDeployment", "ListDeployments", "GetDeploymentGroup", "ListTagsForResource"]
        {
            let before = world.stored();
            let answer = ask(&world, may_read, operation, &json!({ "deploymentId": id.as_str() }));
            assert_eq!(answer["__type"], "AccessDeniedException", "{answer}");
            let words = answer["message"].as_str().unwrap();
            assert!(words.starts_with(&format!("{operation} is not answered at this URL")), "{words}");
            assert!(words.contains("FunctionName, FunctionAlias, CurrentVersion, TargetVersion"), "{words}");
            assert_eq!(world.stored(), before);
        }
    }
}

#[test]
fn a_hook_may_read_the_deployment_that_waits_for_it_where_that_is_allowed_and_no_other() {
    let world = World::new();
    let mut runner = Runner::new(&world, machine());
    let id = waiting(&world, &mut runner);
    let one = json!({ "deploymentId": id.as_str() });
    let target = json!({ "deploymentId": id.as_str(), "targetId": "orders:live" });
    for (operation, body) in [("GetDeployment", &one), ("GetDeploymentTarget", &target)] {
        let refused = ask(&world, false, operation, body);
        assert_eq!(refused["__type"], "AccessDeniedException");
        assert!(refused["message"].as_str().unwrap().contains("Parameter HooksMayRead"), "{refused}");
        assert_eq!(ask(&world, true, operation, body), Api::new(&world).call(operation, body));
    }
    runner.run();
    let nobody = json!({ "deploymentId": "d-NOBODYHAS", "targetId": "orders:live" });
    for (operation, body) in [("GetDeployment", &one), ("GetDeploymentTarget", &target), ("GetDeployment", &nobody)] {
        assert_eq!(ask(&world, true, operation, body)["__type"], "DeploymentDoesNotExistException");
    }
}

#[test]
fn a_large_request_is_refused_unread() {
    let world = World::new();
    let body = json!({ "deploymentId": "x".repeat(16 * 1024) });
    let answer = ask(&world, true, PUT, &body);
    assert_eq!(answer["__type"], "SerializationException");
    assert_eq!(answer["message"], "The request body has 16403 bytes; it may have 16384.");
}
