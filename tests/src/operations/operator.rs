//! Spillway's own operations, through the door.

use serde_json::{Value, json};
use spillway_domain::access::permission::{Authorization, Denial, Question};
use spillway_domain::problem::Problem;
use spillway_engine::ports::access::Access;
use spillway_testkit::{Event, FleetStory, Plot, Runner, ServiceStory, Story, TaskPlan, World};
use spillway_tests::door::{Door, operator_request, signed};
use spillway_tests::template::machine;

fn ask(world: &World, operation: &str, body: &Value) -> Value {
    Door::new(world).send(&operator_request(operation, body))
}

fn words(answer: &Value) -> String {
    format!("{}: {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap())
}

fn run(world: &World) {
    Runner::new(world, machine()).run();
}

fn appspec(from: u32, to: u32) -> Value {
    let properties = json!({ "Name": "orders", "Alias": "live", "CurrentVersion": from.to_string(),
                             "TargetVersion": to.to_string() });
    let resource = json!({ "it": { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let content = json!({ "version": 0.0, "Resources": [resource] }).to_string();
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } })
}

/// Creates a deployment of an alias from one version to another; its id.
fn deploy(world: &World, from: u32, to: u32) -> String {
    let body = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": appspec(from, to) });
    let answer = Door::new(world).call("CreateDeployment", &body);
    answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn group() -> Value {
    json!({ "applicationName": "shop", "deploymentGroupName": "orders" })
}

#[test]
fn a_ledger_says_what_was_seen_and_decided_from_the_first_look_to_the_end() {
    let world = World::new();
    Story::new("Steps.10@1m").set(&world);
    let id = deploy(&world, 1, 2);
    let before = ask(&world, "GetDeploymentLedger", &json!({ "deploymentId": id }));
    assert_eq!((&before["entries"], &before["askAgainSeconds"]), (&json!([]), &json!(1)));
    run(&world);
    let answer = ask(&world, "GetDeploymentLedger", &json!({ "deploymentId": id }));
    let kept = world.ledger_of(&id.parse().unwrap());
    let entries = answer["entries"].as_array().unwrap();
    assert_eq!(entries.len(), kept.len());
    for (shown, kept) in entries.iter().zip(&kept) {
        assert_eq!((&shown["why"], &shown["seen"]), (&json!(kept.why), &json!(kept.seen)));
    }
    assert_eq!(answer["deployment"]["status"], "Succeeded");
    assert!(answer["askAgainSeconds"].is_null(), "nothing more comes: {answer}");
    // Whoever has seen the beginning asks for the rest.
    let after = kept[1].generation;
    let rest = ask(&world, "GetDeploymentLedger", &json!({ "deploymentId": id, "afterGeneration": after }));
    assert_eq!(rest["entries"].as_array().unwrap()[..], entries[2..]);
    assert_eq!(
        words(&ask(&world, "GetDeploymentLedger", &json!({ "deploymentId": "d-AAAAAAAAA" }))),
        "DeploymentDoesNotExistException: The deployment d-AAAAAAAAA could not be found"
    );
}

#[test]
fn a_list_of_summaries_is_newest_first_and_can_be_narrowed_to_what_is_active() {
    let world = World::new();
    Story::new("Steps.10@1m").set(&world);
    let first = deploy(&world, 1, 2);
    run(&world);
    let second = deploy(&world, 2, 1);
    let ids = |answer: &Value| -> Vec<String> {
        let shown = answer["deployments"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
        shown.map(|shown| shown["deploymentId"].as_str().unwrap().to_owned()).collect()
    };
    let all = ask(&world, "ListDeploymentSummaries", &json!({}));
    assert_eq!(ids(&all), [second.clone(), first.clone()]);
    assert_eq!(all["deployments"][0]["deploys"], "version 1 over 2");
    let mut of_group = group();
    for active in [json!({ "activeOnly": true }), {
        of_group["activeOnly"] = json!(true);
        of_group.clone()
    }] {
        assert_eq!(ids(&ask(&world, "ListDeploymentSummaries", &active)), vec![second.clone()], "{active}");
    }
    let page = ask(&world, "ListDeploymentSummaries", &json!({ "maxResults": 1 }));
    assert_eq!(ids(&page), [second]);
    let page = json!({ "maxResults": 1, "nextToken": page["nextToken"] });
    let page = ask(&world, "ListDeploymentSummaries", &page);
    assert_eq!((ids(&page), &page["nextToken"]), (vec![first], &Value::Null));
    run(&world);
    assert_eq!(ids(&ask(&world, "ListDeploymentSummaries", &json!({ "activeOnly": true }))), Vec::<String>::new());
}

#[test]
fn a_group_goes_back_to_the_version_before_all_at_once_whatever_the_alarms_say() {
    let world = World::new();
    let story = Story::new("Steps.10@1m").at(10_000.0, Event::AlarmRedUnheard);
    story.set(&world);
    assert_eq!(
        words(&ask(&world, "RollBackDeploymentGroup", &group())),
        "InvalidDeploymentIdException: The deployment group 'orders' has nothing to go back to: none of its last \
         successful deployments deployed another revision than the one that it has now. Deploy a revision with \
         CreateDeployment."
    );
    let first = deploy(&world, 1, 2);
    assert!(words(&ask(&world, "RollBackDeploymentGroup", &group())).contains("already has an active Deployment"));
    run(&world);
    let back = ask(&world, "RollBackDeploymentGroup", &group());
    assert_eq!(back["description"], format!("Goes back to version 1, which deployment {first} replaced."));
    run(&world);
    assert_eq!(world.alias("orders", "live").unwrap().routing.to_string(), "100 % to version 1");
    let id = back["deploymentId"].as_str().unwrap();
    let shown = Door::new(&world).call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone();
    assert_eq!(shown["status"], "Succeeded");
    assert_eq!(shown["deploymentConfigName"], "CodeDeployDefault.LambdaAllAtOnce");
    assert_eq!(shown["overrideAlarmConfiguration"]["enabled"], false);
    // And forth again, to the deployment by its id.
    let mut forth = group();
    forth["deploymentId"] = json!(first);
    let forth = ask(&world, "RollBackDeploymentGroup", &forth);
    assert_eq!(
        (&forth["toDeploymentId"], &forth["description"]),
        (&json!(first), &json!(format!("Goes back to version 2, as deployment {first} deployed it.")))
    );
    run(&world);
    assert_eq!(world.alias("orders", "live").unwrap().routing.to_string(), "100 % to version 2");
    let mut same = group();
    same["deploymentId"] = json!(first);
    assert!(
        words(&ask(&world, "RollBackDeploymentGroup", &same))
            .contains("because the group has what that deployment deployed")
    );
}

#[test]
fn a_service_and_a_fleet_go_back_to_what_an_earlier_deployment_deployed() {
    let world = World::new();
    ServiceStory::new("CodeDeployDefault.ECSAllAtOnce").set(&world);
    world.put_definition("web:3", TaskPlan::Run(20));
    let deploy = |definition: &str| {
        let balancer = json!({ "ContainerName": "web", "ContainerPort": 80 });
        let properties = json!({ "TaskDefinition": definition, "LoadBalancerInfo": balancer });
        let resource = json!({ "it": { "Type": "AWS::ECS::Service", "Properties": properties } });
        let content = json!({ "version": 0.0, "Resources": [resource] }).to_string();
        let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } });
        let body = json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": revision });
        let answer = Door::new(&world).call("CreateDeployment", &body);
        run(&world);
        answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let web = json!({ "applicationName": "shop", "deploymentGroupName": "web" });
    let first = deploy("web:2");
    assert!(words(&ask(&world, "RollBackDeploymentGroup", &web)).contains("has nothing to go back to"));
    deploy("web:3");
    let back = ask(&world, "RollBackDeploymentGroup", &web);
    let description = format!("Goes back to task definition web:2, as deployment {first} deployed it.");
    assert_eq!((&back["toDeploymentId"], &back["description"]), (&json!(first), &json!(description)), "{back}");
    run(&world);
    let shown =
        ask(&world, "GetDeploymentLedger", &json!({ "deploymentId": back["deploymentId"] }))["deployment"].clone();
    assert_eq!((&shown["status"], &shown["deploys"]), (&json!("Succeeded"), &json!("web:2")));

    let world = World::new();
    FleetStory::new("CodeDeployDefault.AllAtOnce", 2).set(&world);
    let deploy = |revision: u32| {
        let object = json!({ "bucket": "artifacts", "key": format!("shop-{revision}.zip"), "bundleType": "zip" });
        let revision = json!({ "revisionType": "S3", "s3Location": object });
        let request = json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": revision });
        let answer = Door::new(&world).call("CreateDeployment", &request);
        run(&world);
        answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let (first, _) = (deploy(1), deploy(2));
    let back = ask(&world, "RollBackDeploymentGroup", &web);
    assert_eq!(back["toDeploymentId"], json!(first), "{back}");
    run(&world);
    let shown =
        ask(&world, "GetDeploymentLedger", &json!({ "deploymentId": back["deploymentId"] }))["deployment"].clone();
    assert_eq!((&shown["status"], &shown["deploys"]), (&json!("Succeeded"), &json!("s3://artifacts/shop-1.zip")));
    assert_eq!(shown["targets"]["Succeeded"], 2, "{shown}");
}

/// Permits reads alone.
struct Reads;

impl Access for Reads {
    fn has_policies(&self) -> bool {
        true
    }

    async fn ask(&self, question: &Question) -> Result<Authorization, Problem> {
        let permission = question.permissions[0].clone();
        let is_read = ["Get", "List"].iter().any(|verb| permission.action.contains(&format!(":{verb}")));
        Ok(if is_read {
            Authorization::Allowed
        } else {
            Authorization::Denied(Denial { permission, is_forbidden: false })
        })
    }
}

#[test]
fn policies_hold_for_operations_of_our_own() {
    let world = World::new();
    Story::new("Steps.10@1m").set(&world);
    let id = deploy(&world, 1, 2);
    let door = Door::guarded_by(&world, Reads);
    let caller = "arn:aws:sts::111122223333:assumed-role/shop/alice";
    let by = |operation: &str, body: &Value| door.send(&signed(caller, operator_request(operation, body)));
    assert_eq!(by("GetDeploymentLedger", &json!({ "deploymentId": id }))["deployment"]["status"], "Created");
    assert!(by("ListDeploymentSummaries", &group())["deployments"].is_array());
    let before = world.stored();
    assert_eq!(
        words(&by("RollBackDeploymentGroup", &group())),
        "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/shop/alice is not authorized to perform: \
         spillway:RollBackDeploymentGroup on resource: \
         arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:shop/orders because no identity-based policy allows \
         the spillway:RollBackDeploymentGroup action"
    );
    assert_eq!(world.stored(), before);
    let unknown = door.send(&operator_request("GetDeploymentLedger", &json!({ "deploymentId": id })));
    assert!(words(&unknown).starts_with("AccessDeniedException: User: anonymous"), "{unknown}");
}
