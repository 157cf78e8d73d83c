//! Deployments to ECS services, through the door.

use jiff::SignedDuration;
use serde_json::{Value, json};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_testkit::{Event, HookPlan, Plot, Runner, ServiceEvent, ServiceStory, TaskPlan, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

/// A world in which the service `prod/web` can be deployed to, as the group `web`.
fn world(story: &ServiceStory) -> World {
    let world = World::new();
    story.set(&world);
    world
}

/// Runs everything to its end.
fn run(world: &World) {
    Runner::new(world, machine()).run();
}

fn appspec() -> String {
    let properties = json!({
        "TaskDefinition": "web:2", "LoadBalancerInfo": { "ContainerName": "web", "ContainerPort": 80 },
    });
    let resource = json!({ "TargetService": { "Type": "AWS::ECS::Service", "Properties": properties } });
    json!({ "version": 0.0, "Resources": [resource] }).to_string()
}

/// A request for a deployment of an AppSpec.
fn request(content: &str) -> Value {
    let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } });
    json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": revision })
}

/// Creates a deployment, which nothing drives yet; its id.
fn create(door: &Door<'_>, content: &str) -> String {
    let answer = door.call("CreateDeployment", &request(content));
    answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn info(door: &Door<'_>, id: &str) -> Value {
    door.call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone()
}

fn words(answer: &Value) -> String {
    format!("{}: {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap())
}

#[test]
fn a_deployment_is_shown_from_its_creation_to_its_end() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let id = create(&door, &appspec());
    let created = info(&door, &id);
    assert_eq!((&created["status"], &created["computePlatform"]), (&json!("Created"), &json!("ECS")));
    assert_eq!(created["deploymentConfigName"], "CodeDeployDefault.ECSAllAtOnce");
    let pair = &created["loadBalancerInfo"]["targetGroupPairInfoList"][0];
    assert_eq!(pair["targetGroups"], json!([{ "name": "web-blue" }, { "name": "web-green" }]));
    let ask = |operation: &str, mut request: Value| {
        request["deploymentId"] = json!(id);
        door.call(operation, &request)
    };
    let target = || ask("GetDeploymentTarget", json!({ "targetId": "prod:web" }))["deploymentTarget"].clone();
    assert_eq!(target()["ecsTarget"]["status"], "Pending");
    run(&world);
    let over = info(&door, &id);
    assert_eq!(over["status"], "Succeeded", "{over}");
    assert_eq!(over["instanceTerminationWaitTimeStarted"], true);
    assert_eq!(over["deploymentOverview"]["Succeeded"], 1);
    let shown = target();
    assert_eq!(
        (&shown["deploymentTargetType"], &shown["ecsTarget"]["status"]),
        (&json!("ECSTarget"), &json!("Succeeded"))
    );
    assert_eq!(shown["ecsTarget"]["targetArn"], "arn:aws:ecs:us-east-1:111122223333:service/prod/web");
    let sets = shown["ecsTarget"]["taskSetsInfo"].as_array().unwrap().clone();
    let green = sets.iter().find(|set| set["taskSetLabel"] == "Green").unwrap();
    assert_eq!((&green["status"], &green["trafficWeight"]), (&json!("PRIMARY"), &json!(100.0)));
    assert_eq!(green["targetGroup"], json!({ "name": "web-green" }));
    for (operation, member) in [("ListDeploymentTargets", "targetIds"), ("ListDeploymentInstances", "instancesList")] {
        assert_eq!(ask(operation, json!({}))[member], json!(["prod:web"]));
    }
    assert_eq!(
        ask("BatchGetDeploymentTargets", json!({ "targetIds": ["prod:web"] })),
        json!({ "deploymentTargets": [shown] })
    );
    assert_eq!(
        words(&ask("GetDeploymentTarget", json!({ "targetId": "prod:other" }))),
        format!(
            "DeploymentTargetDoesNotExistException: 'prod:other' is not a target of deployment {id}. Its target is \
             'prod:web'."
        )
    );
    for (operation, request) in [
        ("GetDeploymentTarget", json!({ "targetId": "tutorial-bluegreen-cluster" })),
        ("BatchGetDeploymentTargets", json!({ "targetIds": ["prod:web", "tutorial-bluegreen-cluster"] })),
    ] {
        assert_eq!(
            words(&ask(operation, request)),
            "InvalidDeploymentTargetIdException: Invalid id tutorial-bluegreen-cluster for ECS deployment, valid Id should \
             be in format <cluster-name>:<service-name>"
        );
    }
    assert!(
        words(&ask("GetDeploymentInstance", json!({ "instanceId": "prod:web" }))).contains("goes to ECS and has no")
    );
}

#[test]
fn an_appspec_of_another_platform_makes_a_deployment_that_fails() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let id = create(&door, &appspec().replace("AWS::ECS::Service", "AWS::Lambda::Function"));
    assert_eq!(info(&door, &id)["status"], "Created");
    run(&world);
    let over = info(&door, &id);
    assert_eq!(over["status"], "Failed");
    assert_eq!(over["errorInformation"]["code"], "INVALID_REVISION");
    let said = over["errorInformation"]["message"].as_str().unwrap();
    let rule = "Resources[0].TargetService.Type: 'AWS::Lambda::Function' is for Lambda applications; an ECS application \
                has AWS::ECS::Service.";
    assert!(said.contains(rule), "{said}");
    let own = "The deployment failed because the AppSpec file that specifies the deployment configuration is missing or has \
               an invalid configuration. ";
    assert!(said.starts_with(own) && said.matches("is not valid").count() == 0, "{said}");
    assert_eq!(door.call("ListDeploymentTargets", &json!({ "deploymentId": id })), json!({ "targetIds": [] }));
}

#[test]
fn a_wait_that_it_is_not_in_is_not_ended() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let id = create(&door, &appspec());
    let before = world.records();
    let cases = [
        ("ContinueDeployment", json!({}), "DeploymentIsNotInReadyStateException: "),
        (
            "ContinueDeployment",
            json!({ "deploymentWaitType": "TERMINATION_WAIT" }),
            "UnsupportedActionForDeploymentTypeException: ",
        ),
        ("SkipWaitTimeForInstanceTermination", json!({}), "UnsupportedActionForDeploymentTypeException: "),
    ];
    for (operation, mut request, name) in cases {
        request["deploymentId"] = json!(id);
        let said = words(&door.call(operation, &request));
        assert!(said.starts_with(name) && said.contains("nothing was changed"), "{said}");
    }
    assert_eq!(world.records(), before);
}

#[test]
fn what_is_kept_alive_has_no_termination_wait() {
    for (termination, started) in [(Some(0), true), (None, false)] {
        let world = world(&ServiceStory { termination, ..ServiceStory::new("CodeDeployDefault.ECSAllAtOnce") });
        let door = Door::new(&world);
        let id = create(&door, &appspec());
        run(&world);
        let over = info(&door, &id);
        assert_eq!(over["status"], "Succeeded", "{}", world.diary());
        assert_eq!(over["instanceTerminationWaitTimeStarted"], started, "{over}");
    }
}

#[test]
fn steps_that_no_load_balancer_can_make_are_refused() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let mut asked = request(&appspec());
    asked["deploymentConfigName"] = json!("Steps.0.25@1m");
    let said = words(&door.call("CreateDeployment", &asked));
    assert!(
        said.starts_with("InvalidDeploymentConfigNameException: The deployment configuration Steps.0.25@1m"),
        "{said}"
    );
    assert_eq!(world.records().len(), 0);
    let group = json!({
        "applicationName": "shop", "currentDeploymentGroupName": "web", "deploymentConfigName": "Steps.0.25@1m",
    });
    let said = words(&door.call("UpdateDeploymentGroup", &group));
    assert!(
        said.starts_with("InvalidDeploymentConfigNameException: The deployment configuration Steps.0.25"),
        "{said}"
    );
    asked["deploymentConfigName"] = json!("Steps.0.2@1m");
    assert!(door.call("CreateDeployment", &asked)["deploymentId"].is_string());
}

#[test]
fn an_appspec_that_cannot_be_parsed_fails_in_codedeploys_words() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let id = create(&door, "a: b: c");
    run(&world);
    assert_eq!(
        info(&door, &id)["errorInformation"],
        json!({
            "code": "INVALID_REVISION",
            "message": "The deployment failed because the AppSpec file that specifies the deployment configuration is \
                        missing or has an invalid configuration. The input AppSpec file is a not well-formed yaml. The \
                        template cannot be parsed. YAML: mapping values are not allowed in this context at line 1, column 5.",
        })
    );
}

#[test]
fn what_is_for_servers_alone_is_refused() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let mut asked = request(&appspec());
    asked["fileExistsBehavior"] = json!("OVERWRITE");
    assert_eq!(
        words(&door.call("CreateDeployment", &asked)),
        "InvalidFileExistsBehaviorException: For ECS deployment, fileExistsBehavior can not be specified; leave it out."
    );
    assert_eq!(world.records().len(), 0);
}

#[test]
fn the_latest_revision_of_a_task_definition_is_deployed_and_stays_it() {
    let slow = HookPlan::CallsBack { after: SignedDuration::from_secs(40), succeeded: true };
    let story = ServiceStory {
        definition: "web".to_owned(),
        ..ServiceStory::new("CodeDeployDefault.ECSAllAtOnce").hook(EventName::BeforeInstall, slow)
    };
    // Another one that is registered meanwhile does not change what is deployed.
    let story = story.at(10.0, Event::Service(ServiceEvent::DefinitionRegistered("web:12".to_owned())));
    let world = World::new();
    for other in ["web:10", "web-admin:11"] {
        world.put_definition(other, TaskPlan::Run(20));
    }
    let id = Runner::new(&world, machine()).play(&story);
    let over = info(&Door::new(&world), id.as_str());
    assert_eq!(over["status"], "Succeeded", "{over}");
    assert_eq!(
        over["deploymentStatusMessages"][1],
        "TaskDefinition web has no revision: web:10 is deployed, the latest ACTIVE one when the deployment began."
    );
    let record = world.records().remove(0);
    assert!(record.ecs.unwrap().seen.iter().any(|set| set.target.task_definition == "web:10"));
}

#[test]
fn a_task_definition_of_which_nothing_is_active_fails_before_anything_is_changed() {
    let world = world(&ServiceStory::new("CodeDeployDefault.ECSAllAtOnce"));
    let door = Door::new(&world);
    let id = create(&door, &appspec().replace("web:2", "nobody"));
    run(&world);
    let over = info(&door, &id);
    assert_eq!((&over["status"], &over["errorInformation"]["code"]), (&json!("Failed"), &json!("INVALID_ECS_SERVICE")));
    let said = over["errorInformation"]["message"].as_str().unwrap();
    assert!(said.contains("nothing of nobody is ACTIVE"), "{said}");
    assert_eq!(world.service(ServiceStory::SERVICE).unwrap().task_sets.len(), 1);
}
