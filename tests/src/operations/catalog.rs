//! Applications, their groups, configurations and tags: renames, quotas, and what is refused.

use serde_json::{Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_testkit::{Accident, Harm, Plot, Runner, Story, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

const APPSPEC: &str = r#"{"version":0.0,"Resources":[{"f":{"Type":"AWS::Lambda::Function","Properties":
    {"Name":"orders","Alias":"live","CurrentVersion":"1","TargetVersion":"2"}}}]}"#;
const ROLE: &str = "arn:aws:iam::111122223333:role/deployer";

fn arn(resource: &str) -> String {
    format!("arn:aws:codedeploy:us-east-1:111122223333:{resource}")
}

/// Asks for what must not be refused.
fn done(door: &Door<'_>, operation: &str, body: Value) -> Value {
    let answer = door.call(operation, &body);
    assert_eq!(answer["__type"], Value::Null, "{operation} {body}: {answer}");
    answer
}

/// Asks for what must be refused; the exception and its words.
fn refused(door: &Door<'_>, operation: &str, body: Value) -> String {
    let answer = door.call(operation, &body);
    let name = answer["__type"].as_str().unwrap_or_else(|| panic!("{operation} {body}: {answer}"));
    format!("{name}: {}", answer["message"].as_str().unwrap())
}

fn application(door: &Door<'_>, name: &str) -> Value {
    done(door, "CreateApplication", json!({ "applicationName": name, "computePlatform": "Lambda" }))
}

fn group(application: &str, name: &str) -> Value {
    json!({ "applicationName": application, "deploymentGroupName": name, "serviceRoleArn": ROLE })
}

fn config(name: &str) -> Value {
    let routing = json!({ "type": "AllAtOnce" });
    json!({ "deploymentConfigName": name, "computePlatform": "Lambda", "trafficRoutingConfig": routing })
}

fn deployment() -> Value {
    let revision = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": APPSPEC } });
    json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": revision })
}

#[test]
fn a_rename_keeps_ids_tags_history_and_the_running_deployment() {
    let world = World::new();
    let door = Door::new(&world);
    Story::new("Steps.10@1m").set(&world);
    let shop = done(&door, "GetApplication", json!({ "applicationName": "shop" }))["application"].clone();
    let tags = json!([{ "Key": "team", "Value": "red" }]);
    for resource in ["application:shop", "deploymentgroup:shop/orders"] {
        done(&door, "TagResource", json!({ "ResourceArn": arn(resource), "Tags": tags }));
    }
    let id = done(&door, "CreateDeployment", deployment())["deploymentId"].clone();
    done(&door, "UpdateApplication", json!({ "applicationName": "shop", "newApplicationName": "store" }));
    let change = json!({
        "applicationName": "store", "currentDeploymentGroupName": "orders", "newDeploymentGroupName": "sales",
    });
    done(&door, "UpdateDeploymentGroup", change);
    // Whoever takes the old names has nothing to do with it.
    application(&door, "shop");
    done(&door, "CreateDeploymentGroup", group("shop", "orders"));
    Runner::new(&world, machine()).run();

    let store = done(&door, "GetApplication", json!({ "applicationName": "store" }))["application"].clone();
    assert_eq!(store["applicationId"], shop["applicationId"]);
    let sales = json!({ "applicationName": "store", "deploymentGroupName": "sales" });
    let info = done(&door, "GetDeploymentGroup", sales.clone())["deploymentGroupInfo"].clone();
    assert_eq!(info["applicationName"], "store");
    assert_eq!(info["lastSuccessfulDeployment"]["deploymentId"], id);
    assert_eq!(done(&door, "ListDeployments", sales)["deployments"], json!([id]));
    for resource in ["application:store", "deploymentgroup:store/sales"] {
        assert_eq!(done(&door, "ListTagsForResource", json!({ "ResourceArn": arn(resource) }))["Tags"], tags);
    }
    let told = done(&door, "GetDeployment", json!({ "deploymentId": id }))["deploymentInfo"].clone();
    assert_eq!((&told["status"], &told["applicationName"]), (&json!("Succeeded"), &json!("shop")));

    let orders = json!({ "applicationName": "shop", "deploymentGroupName": "orders" });
    let other = done(&door, "GetDeploymentGroup", orders.clone())["deploymentGroupInfo"].clone();
    assert_ne!(other["deploymentGroupId"], info["deploymentGroupId"]);
    assert_eq!(other["lastSuccessfulDeployment"], Value::Null);
    assert_eq!(done(&door, "ListDeployments", orders)["deployments"], json!([]));
    assert_eq!(
        done(&door, "ListTagsForResource", json!({ "ResourceArn": arn("application:shop") }))["Tags"],
        json!([])
    );
}

#[test]
fn a_rename_takes_no_others_name() {
    let world = World::new();
    let door = Door::new(&world);
    application(&door, "shop");
    application(&door, "store");
    let rename = |from: &str, to: &str| json!({ "applicationName": from, "newApplicationName": to });
    assert_eq!(
        refused(&door, "UpdateApplication", rename("shop", "store")),
        "ApplicationAlreadyExistsException: Application already exists with the name: store"
    );
    done(&door, "UpdateApplication", rename("shop", "shop"));
    assert_eq!(
        refused(&door, "UpdateApplication", rename("none", "none")),
        "ApplicationDoesNotExistException: No application found for name: none"
    );
}

#[test]
fn a_configuration_goes_when_no_group_refers_to_it() {
    let world = World::new();
    let door = Door::new(&world);
    application(&door, "shop");
    done(&door, "CreateDeploymentConfig", config("mine"));
    let mut live = group("shop", "live");
    live["deploymentConfigName"] = json!("mine");
    done(&door, "CreateDeploymentGroup", live);
    let mine = json!({ "deploymentConfigName": "mine" });
    assert_eq!(
        refused(&door, "DeleteDeploymentConfig", mine.clone()),
        "DeploymentConfigInUseException: The deployment configuration mine is in use by a deployment group, and was not \
         deleted. Give the groups that name it another one first."
    );
    let other = json!({
        "applicationName": "shop", "currentDeploymentGroupName": "live", "deploymentConfigName": "Steps.10@1m",
    });
    done(&door, "UpdateDeploymentGroup", other);
    for _ in 0..2 {
        assert_eq!(done(&door, "DeleteDeploymentConfig", mine.clone()), json!({}));
    }
    assert!(refused(&door, "GetDeploymentConfig", mine).starts_with("DeploymentConfigDoesNotExistException"));
    for built_in in ["CodeDeployDefault.OneAtATime", "Steps.10@1m"] {
        let built_in = json!({ "deploymentConfigName": built_in });
        assert!(refused(&door, "DeleteDeploymentConfig", built_in).starts_with("InvalidOperationException"));
    }
}

#[test]
fn tags_are_added_replaced_removed_and_bounded() {
    let world = World::new();
    let door = Door::with_quotas(&world, Quotas { tags: 2, ..Quotas::default() });
    application(&door, "shop");
    let mut live = group("shop", "live");
    live["tags"] = json!([{ "Key": "a", "Value": "1" }]);
    done(&door, "CreateDeploymentGroup", live);
    let resource = arn("deploymentgroup:shop/live");
    let tag = |tags: Value| json!({ "ResourceArn": resource, "Tags": tags });
    done(&door, "TagResource", tag(json!([{ "Key": "b" }, { "Key": "a", "Value": "2" }])));
    let list = || done(&door, "ListTagsForResource", json!({ "ResourceArn": resource }))["Tags"].clone();
    assert_eq!(list(), json!([{ "Key": "a", "Value": "2" }, { "Key": "b", "Value": "" }]));
    assert_eq!(
        refused(&door, "TagResource", tag(json!([{ "Key": "c" }]))),
        "InvalidTagsToAddException: There would be 3 tags on deployment group live of application shop; there may be 2. \
         Remove some first. None was added."
    );
    done(&door, "UntagResource", json!({ "ResourceArn": resource, "TagKeys": ["a", "none"] }));
    assert_eq!(list(), json!([{ "Key": "b", "Value": "" }]));
    for (resource, name) in [
        ("application:none", "ApplicationDoesNotExistException"),
        ("deploymentgroup:none/live", "ApplicationDoesNotExistException"),
        ("deploymentgroup:shop/none", "DeploymentGroupDoesNotExistException"),
    ] {
        let resource = arn(resource);
        let tags = json!([{ "Key": "a" }]);
        assert!(refused(&door, "TagResource", json!({ "ResourceArn": resource, "Tags": tags })).starts_with(name));
        let keys = json!({ "ResourceArn": resource, "TagKeys": ["a"] });
        assert!(refused(&door, "UntagResource", keys).starts_with(name));
        let list = refused(&door, "ListTagsForResource", json!({ "ResourceArn": resource }));
        assert!(list.starts_with("InvalidArnException: ResourceArn: there is no "), "{list}");
    }
}

#[test]
fn there_is_as_much_of_everything_as_the_quotas_say() {
    let world = World::new();
    let few = Quotas { applications: 2, groups: 1, configs: 1, active_deployments: 1, ..Quotas::default() };
    let door = Door::with_quotas(&world, few);
    Story::new("Steps.10@1m").set(&world);
    application(&door, "store");
    let third = json!({ "applicationName": "third" });
    assert!(
        refused(&door, "CreateApplication", third.clone())
            .starts_with("ApplicationLimitExceededException: The quota of applications is 2,")
    );
    let again = json!({ "applicationName": "store" });
    assert!(refused(&door, "CreateApplication", again.clone()).starts_with("ApplicationAlreadyExistsException"));
    done(&door, "DeleteApplication", again);
    done(&door, "CreateApplication", third);

    let second = group("shop", "second");
    assert!(
        refused(&door, "CreateDeploymentGroup", second)
            .starts_with("DeploymentGroupLimitExceededException: The quota of groups in the application is 1,")
    );
    done(&door, "CreateDeploymentConfig", config("mine"));
    assert!(
        refused(&door, "CreateDeploymentConfig", config("mine")).starts_with("DeploymentConfigAlreadyExistsException")
    );
    assert!(
        refused(&door, "CreateDeploymentConfig", config("more")).starts_with("DeploymentConfigLimitExceededException")
    );

    let first = done(&door, "CreateDeployment", deployment())["deploymentId"].clone();
    let busy = refused(&door, "CreateDeployment", deployment());
    assert!(busy.contains("already has an active Deployment"), "its own group is the reason: {busy}");
    Story::new("Steps.10@1m").in_place(1).set(&world);
    let mut elsewhere = deployment();
    elsewhere["deploymentGroupName"] = json!("orders-1");
    assert_eq!(
        refused(&door, "CreateDeployment", elsewhere.clone()),
        "DeploymentLimitExceededException: The quota of active deployments is 1, and is used up. Try again when there are \
         fewer, or raise ActiveDeployments in the parameter Quotas of Spillway's stack."
    );
    Runner::new(&world, machine()).run();
    assert_ne!(done(&door, "CreateDeployment", elsewhere)["deploymentId"], first);
}

#[test]
fn many_are_read_at_once() {
    let world = World::new();
    let door = Door::new(&world);
    for name in ["shop", "store"] {
        application(&door, name);
    }
    for name in ["one", "two"] {
        done(&door, "CreateDeploymentGroup", group("shop", name));
    }
    let names = json!({ "applicationNames": ["store", "shop", "store"] });
    let found = done(&door, "BatchGetApplications", names)["applicationsInfo"].clone();
    let shown = |member: &str, found: &Value| -> Vec<String> {
        found.as_array().unwrap().iter().map(|one| one[member].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(shown("applicationName", &found), ["store", "shop"]);
    assert_eq!(
        refused(&door, "BatchGetApplications", json!({ "applicationNames": ["shop", "none"] })),
        "ApplicationDoesNotExistException: No application found for name: none"
    );
    let names = json!({ "applicationName": "shop", "deploymentGroupNames": ["two", "none", "one"] });
    let found = done(&door, "BatchGetDeploymentGroups", names);
    assert_eq!(shown("deploymentGroupName", &found["deploymentGroupsInfo"]), ["two", "one"]);
    assert_eq!(found["errorMessage"], "No Deployment Group found for name: none");
    let names = json!({ "applicationName": "none", "deploymentGroupNames": ["two"] });
    assert!(refused(&door, "BatchGetDeploymentGroups", names).starts_with("ApplicationDoesNotExistException"));
}

#[test]
fn an_application_with_an_active_deployment_stays_with_all_its_groups() {
    let world = World::new();
    let door = Door::new(&world);
    Story::new("Steps.10@1m").set(&world);
    done(&door, "CreateDeploymentGroup", group("shop", "another"));
    done(&door, "CreateDeployment", deployment());
    let shop = json!({ "applicationName": "shop" });
    let words = refused(&door, "DeleteApplication", shop.clone());
    assert!(words.contains("Deployment group orders has an active deployment"), "{words}");
    let groups = done(&door, "ListDeploymentGroups", shop.clone())["deploymentGroups"].clone();
    assert_eq!(groups, json!(["another", "orders"]));
    Runner::new(&world, machine()).run();
    for _ in 0..2 {
        done(&door, "DeleteApplication", shop.clone());
    }
    assert!(refused(&door, "ListDeploymentGroups", shop).starts_with("ApplicationDoesNotExistException"));
}

/// The life of an application, in which every call is repeated when it fails through no fault of the caller.
fn live(world: &World) {
    let door = Door::new(world);
    let mut live = group("shop", "live");
    live["deploymentConfigName"] = json!("mine");
    let calls = [
        ("CreateApplication", json!({ "applicationName": "shop", "computePlatform": "Lambda" })),
        ("CreateDeploymentConfig", config("mine")),
        ("CreateDeploymentGroup", live),
        ("TagResource", json!({ "ResourceArn": arn("application:shop"), "Tags": [{ "Key": "a" }] })),
        ("UpdateApplication", json!({ "applicationName": "shop", "newApplicationName": "store" })),
        ("CreateApplication", json!({ "applicationName": "shop", "computePlatform": "Lambda" })),
        ("CreateDeploymentGroup", group("store", "another")),
        ("DeleteApplication", json!({ "applicationName": "store" })),
        ("DeleteApplication", json!({ "applicationName": "shop" })),
        ("DeleteDeploymentConfig", json!({ "deploymentConfigName": "mine" })),
    ];
    for (operation, body) in calls {
        let first = door.call(operation, &body);
        if first["__type"] == "InternalFailure" {
            // It may have been done, and then there is nothing left to do.
            let again = door.call(operation, &body)["__type"].as_str().unwrap_or_default().to_owned();
            let fine = again.is_empty() || again.ends_with("AlreadyExistsException") || again.contains("DoesNotExist");
            assert!(fine, "{operation}: {again}");
        } else {
            assert_eq!(first["__type"], Value::Null, "{operation}: {first}");
        }
    }
}

fn is_empty(world: &World) -> bool {
    let door = Door::new(world);
    let configs = done(&door, "ListDeploymentConfigs", json!({}))["deploymentConfigsList"].clone();
    let applications = done(&door, "ListApplications", json!({}))["applications"].clone();
    applications == json!([]) && !configs.as_array().unwrap().contains(&json!("mine"))
}

#[test]
fn nothing_dangles_whichever_call_of_the_table_fails() {
    let world = World::new();
    live(&world);
    let moments = world.moments();
    assert!(is_empty(&world));
    for moment in 0..moments {
        for harm in [Harm::Fail, Harm::LoseAnswer] {
            let world = World::new().with_accidents(vec![Accident { moment, harm }]);
            live(&world);
            assert!(is_empty(&world) && world.harmed(), "{harm:?} at {moment}");
        }
    }
}
