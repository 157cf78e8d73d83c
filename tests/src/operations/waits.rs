//! Waits that callers end, deployments by the batch, and the operations that are deprecated or have nothing to do.

use serde_json::{Value, json};
use spillway_testkit::{Plot, RevisionPlan, Runner, Story, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

const APPSPEC: &str = r#"{"version":0.0,"Resources":[{"f":{"Type":"AWS::Lambda::Function","Properties":
    {"Name":"orders","Alias":"live","CurrentVersion":"1","TargetVersion":"2"}}}]}"#;

/// Creates a deployment, which nothing drives yet; its id.
fn create(world: &World) -> String {
    Story::new("Steps.10@1m").set(world);
    let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": APPSPEC } });
    let request = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": revision });
    let answer = Door::new(world).call("CreateDeployment", &request);
    answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Runs everything to its end.
fn run(world: &World) {
    Runner::new(world, machine()).run();
}

fn words(answer: &Value) -> String {
    format!("{}: {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap())
}

#[test]
fn a_deployment_to_lambda_has_no_wait_that_a_caller_could_end() {
    let world = World::new();
    let door = Door::new(&world);
    let id = create(&world);
    let cases = [
        ("ContinueDeployment", json!({ "deploymentId": id }), "READY_WAIT"),
        ("ContinueDeployment", json!({ "deploymentId": id, "deploymentWaitType": "READY_WAIT" }), "READY_WAIT"),
        (
            "ContinueDeployment",
            json!({ "deploymentId": id, "deploymentWaitType": "TERMINATION_WAIT" }),
            "TERMINATION_WAIT",
        ),
        ("SkipWaitTimeForInstanceTermination", json!({ "deploymentId": id }), "TERMINATION_WAIT"),
    ];
    let before = world.records();
    for (operation, request, wait) in &cases {
        assert_eq!(
            words(&door.call(operation, request)),
            format!(
                "UnsupportedActionForDeploymentTypeException: The deployment {id} goes to Lambda and has no {wait} to \
                 end. To end the deployment, use StopDeployment."
            )
        );
    }
    assert_eq!(world.records(), before);
    run(&world);
    for (operation, request, _) in &cases {
        assert_eq!(
            words(&door.call(operation, request)),
            format!(
                "DeploymentAlreadyCompletedException: The deployment {id} is already completed; nothing of it is left to \
                 be changed."
            )
        );
    }
    for operation in ["ContinueDeployment", "SkipWaitTimeForInstanceTermination"] {
        assert_eq!(
            words(&door.call(operation, &json!({ "deploymentId": "d-AAAAAAAAA" }))),
            "DeploymentDoesNotExistException: The deployment d-AAAAAAAAA could not be found"
        );
    }
}

#[test]
fn deployments_are_read_many_at_once() {
    let world = World::new();
    let door = Door::new(&world);
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(create(&world));
        run(&world);
    }
    let asked = json!({ "deploymentIds": [ids[1], "d-AAAAAAAAA", ids[0], ids[1]] });
    let found = door.call("BatchGetDeployments", &asked);
    let one = |id: &String| door.call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone();
    assert_eq!(found, json!({ "deploymentsInfo": [one(&ids[1]), one(&ids[0])] }));
    assert_eq!(found["deploymentsInfo"][0]["status"], "Succeeded");
    let none = door.call("BatchGetDeployments", &json!({ "deploymentIds": ["d-AAAAAAAAA"] }));
    assert_eq!(none, json!({ "deploymentsInfo": [] }));
}

#[test]
fn a_target_of_lambda_is_listed_as_an_instance_and_not_shown_as_one() {
    let world = World::new();
    let door = Door::new(&world);
    let id = create(&world);
    let list = |status: &str| {
        let request = json!({ "deploymentId": id, "instanceStatusFilter": [status] });
        door.call("ListDeploymentInstances", &request)["instancesList"].clone()
    };
    assert_eq!(
        door.call("ListDeploymentInstances", &json!({ "deploymentId": id })),
        json!({ "instancesList": ["orders:live"] })
    );
    assert_eq!((list("Pending"), list("Succeeded")), (json!(["orders:live"]), json!([])));
    run(&world);
    assert_eq!((list("Pending"), list("Succeeded")), (json!([]), json!(["orders:live"])));
    for (operation, mut request) in [
        ("GetDeploymentInstance", json!({ "instanceId": "orders:live" })),
        ("BatchGetDeploymentInstances", json!({ "instanceIds": ["orders:live"] })),
    ] {
        request["deploymentId"] = json!(id);
        assert_eq!(
            words(&door.call(operation, &request)),
            format!(
                "InvalidComputePlatformException: The deployment {id} goes to Lambda and has no instances. Use \
                 GetDeploymentTarget, BatchGetDeploymentTargets or ListDeploymentTargets."
            )
        );
        request["deploymentId"] = json!("d-AAAAAAAAA");
        assert!(words(&door.call(operation, &request)).starts_with("DeploymentDoesNotExistException"));
    }
    let unknown = door.call("ListDeploymentInstances", &json!({ "deploymentId": "d-AAAAAAAAA" }));
    assert!(words(&unknown).starts_with("DeploymentDoesNotExistException"));
}

#[test]
fn nobody_knows_the_target_before_the_appspec_is_read() {
    for (plan, target) in [(RevisionPlan::InS3, Some("orders:live")), (RevisionPlan::Missing, None)] {
        let world = World::new();
        let door = Door::new(&world);
        Story::new("Steps.10@1m").with_revision(plan).set(&world);
        let location = json!({ "bucket": "releases", "key": "orders.yaml", "bundleType": "YAML" });
        let revision = json!({ "revisionType": "S3", "s3Location": location });
        let request = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": revision });
        let id = door.call("CreateDeployment", &request)["deploymentId"].clone();
        let ask = |operation: &str, mut request: Value| {
            request["deploymentId"] = id.clone();
            door.call(operation, &request)
        };
        for (operation, request) in [
            ("GetDeploymentTarget", json!({ "targetId": "orders:live" })),
            ("BatchGetDeploymentTargets", json!({ "targetIds": ["orders:live"] })),
            ("ListDeploymentTargets", json!({})),
            ("ListDeploymentInstances", json!({})),
        ] {
            let said = words(&ask(operation, request));
            assert!(said.starts_with("DeploymentNotStartedException: "), "{operation}: {said}");
        }
        run(&world);
        let targets: Vec<&str> = target.into_iter().collect();
        assert_eq!(ask("ListDeploymentTargets", json!({})), json!({ "targetIds": targets }));
        let one = ask("GetDeploymentTarget", json!({ "targetId": "orders:live" }));
        assert_eq!(one["deploymentTarget"].is_object(), target.is_some(), "{one}");
    }
}

#[test]
fn what_nobody_can_make_is_not_there() {
    let world = World::new();
    let door = Door::new(&world);
    assert_eq!(door.call("ListGitHubAccountTokenNames", &json!({})), json!({ "tokenNameList": [] }));
    assert_eq!(
        words(&door.call("DeleteGitHubAccountToken", &json!({ "tokenName": "mine" }))),
        "GitHubAccountTokenDoesNotExistException: No GitHub account connection found for name: mine"
    );
    for request in [json!({}), json!({ "externalId": "arn:aws:cloudformation:us-east-1:111122223333:stack/s/1" })] {
        assert_eq!(door.call("DeleteResourcesByExternalId", &request), json!({}));
    }
}
