//! Revisions: registered by hand or by their deployments, found by any of their locations, listed, deployed again.

use serde_json::{Value, json};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_engine::ports::deployments::Deployments;
use spillway_testkit::{Event, FleetStory, HookPlan, Plot, RevisionPlan, Runner, Story, World, check};
use spillway_tests::door::Door;
use spillway_tests::template::machine;
use spillway_wire::agent::door::specified;

const APPSPEC: &str = r#"{"version":0.0,"Resources":[{"f":{"Type":"AWS::Lambda::Function","Properties":
    {"Name":"orders","Alias":"live","CurrentVersion":"1","TargetVersion":"2"}}}]}"#;

fn words(answer: &Value) -> String {
    format!("{}: {}", answer["__type"].as_str().unwrap_or_default(), answer["message"].as_str().unwrap_or_default())
}

fn given(content: &str) -> Value {
    json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content } })
}

fn s3(key: &str, bundle: &str) -> Value {
    json!({ "revisionType": "S3", "s3Location": { "bucket": "builds", "key": key, "bundleType": bundle } })
}

/// A Server application, as `aws deploy push` wants it.
fn fleet(door: &Door<'_>) {
    door.call("CreateApplication", &json!({ "applicationName": "fleet" }));
}

fn register(door: &Door<'_>, application: &str, revision: &Value) -> Value {
    door.call("RegisterApplicationRevision", &json!({ "applicationName": application, "revision": revision }))
}

fn deploy(world: &World, revision: &Value) -> Value {
    let body = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": revision });
    let answer = Door::new(world).call("CreateDeployment", &body);
    Runner::new(world, machine()).run();
    answer
}

#[test]
fn what_was_deployed_is_found_by_the_sum_that_the_deployment_shows() {
    let world = World::new();
    Story::new("Steps.10@1m").set(&world);
    let id = deploy(&world, &given(APPSPEC))["deploymentId"].clone();
    let door = Door::new(&world);
    let shown = door.call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"]["revision"].clone();
    assert_eq!(shown["appSpecContent"]["content"], Value::Null);
    let sum = &shown["appSpecContent"]["sha256"];
    for asked in [shown.clone(), json!({ "revisionType": "String", "string": { "sha256": sum } })] {
        let found = door.call("GetApplicationRevision", &json!({ "applicationName": "shop", "revision": asked }));
        for member in ["string", "appSpecContent"] {
            assert_eq!(found["revision"][member], json!({ "content": APPSPEC, "sha256": sum }), "{found}");
        }
        let info = &found["revisionInfo"];
        let by = format!("Application revision registered by Deployment ID: {}", id.as_str().unwrap());
        assert_eq!((&info["description"], &info["deploymentGroups"]), (&json!(by), &json!(["orders"])));
        assert!(info["firstUsedTime"].is_number() && info["lastUsedTime"].is_number(), "{info}");
    }
    let group = json!({ "applicationName": "shop", "deploymentGroupName": "orders" });
    assert_eq!(door.call("GetDeploymentGroup", &group)["deploymentGroupInfo"]["targetRevision"], shown);
}

#[test]
fn a_rollback_has_a_revision_that_can_be_looked_up() {
    let world = World::new();
    Story::new("Steps.10@5m").set(&world);
    let body = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "revision": given(APPSPEC) });
    let door = Door::new(&world);
    let id = door.call("CreateDeployment", &body)["deploymentId"].clone();
    door.call("StopDeployment", &json!({ "deploymentId": id, "autoRollbackEnabled": true }));
    Runner::new(&world, machine()).run();
    let stopped = door.call("GetDeployment", &json!({ "deploymentId": id }));
    let rollback = &stopped["deploymentInfo"]["rollbackInfo"]["rollbackDeploymentId"];
    let rollback = door.call("GetDeployment", &json!({ "deploymentId": rollback }))["deploymentInfo"].clone();
    let asked = json!({ "applicationName": "shop", "revision": rollback["revision"] });
    let found = door.call("GetApplicationRevision", &asked);
    let content = found["revision"]["string"]["content"].as_str().unwrap_or_else(|| panic!("{found}"));
    assert!(content.contains(r#""TargetVersion":"1""#), "{content}");
}

#[test]
fn what_was_deployed_can_be_deployed_by_its_sum() {
    let world = World::new();
    Story::new("CodeDeployDefault.LambdaAllAtOnce").set(&world);
    let none = json!({ "revisionType": "String", "string": { "sha256": "a".repeat(64) } });
    assert!(
        words(&deploy(&world, &none)).starts_with("RevisionDoesNotExistException: No revision of application shop")
    );
    register(&Door::new(&world), "shop", &given(APPSPEC));
    let sum = spillway_domain::catalog::revision::sha256(APPSPEC);
    let known = json!({ "revisionType": "String", "string": { "sha256": sum } });
    let answer = deploy(&world, &known);
    let info = Door::new(&world).call("GetDeployment", &json!({ "deploymentId": answer["deploymentId"] }));
    assert_eq!(info["deploymentInfo"]["status"], "Succeeded", "{info}");
}

#[test]
fn a_restart_runs_its_hooks_and_moves_nothing() {
    let world = World::new();
    Story::new("Steps.10@1m").before(HookPlan::Succeeds).after(HookPlan::Succeeds).set(&world);
    let hooked = APPSPEC.strip_suffix('}').unwrap().to_owned()
        + r#","Hooks":[{"BeforeAllowTraffic":"pre"},{"AfterAllowTraffic":"post"}]}"#;
    let restart = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "deploymentMode": "RESTART" });
    assert_eq!(
        words(&Door::new(&world).call("CreateDeployment", &restart)),
        "RevisionDoesNotExistException: No deployment of the deployment group orders has succeeded yet, so there is no \
         revision to deploy again. Give a revision."
    );
    deploy(&world, &given(&hooked));
    let writes = world.writes().len();
    let id = Door::new(&world).call("CreateDeployment", &restart)["deploymentId"].clone();
    Runner::new(&world, machine()).run();
    check(&world).unwrap();
    let info = Door::new(&world).call("GetDeployment", &json!({ "deploymentId": id }));
    assert_eq!(info["deploymentInfo"]["status"], "Succeeded", "{info}");
    assert_eq!(world.writes().len(), writes);
    let id = id.as_str().unwrap().parse().unwrap();
    for event in [EventName::BeforeAllowTraffic, EventName::AfterAllowTraffic] {
        assert_eq!(world.asked(&id, event), 1);
    }
    let alias = world.alias("orders", "live").unwrap();
    assert_eq!(alias.routing.to_string(), "100 % to version 2");
}

#[test]
fn a_restart_that_an_alarm_stops_leaves_the_alias_where_it_is() {
    let world = World::new();
    Story::new("Steps.10@1m").at(0.0, Event::AlarmRed).set(&world);
    deploy(&world, &given(APPSPEC));
    world.put_alarm(&Story::ALARM.parse().unwrap(), true);
    let restart = json!({ "applicationName": "shop", "deploymentGroupName": "orders", "deploymentMode": "RESTART" });
    let id = Door::new(&world).call("CreateDeployment", &restart)["deploymentId"].clone();
    Runner::new(&world, machine()).run();
    check(&world).unwrap();
    let info = Door::new(&world).call("GetDeployment", &json!({ "deploymentId": id }));
    assert_eq!(info["deploymentInfo"]["status"], "Stopped", "{info}");
    assert_eq!(world.alias("orders", "live").unwrap().routing.to_string(), "100 % to version 2");
}

#[test]
fn each_platform_registers_its_own_revisions() {
    let world = World::new();
    Story::new("Steps.10@1m").set(&world);
    let door = Door::new(&world);
    fleet(&door);
    let hub =
        json!({ "revisionType": "GitHub", "gitHubLocation": { "repository": "a/b", "commitId": "c".repeat(40) } });
    for (application, revision) in [("fleet", s3("a", "zip")), ("fleet", hub.clone()), ("shop", s3("a", "YAML"))] {
        assert_eq!(register(&door, application, &revision), json!({}));
    }
    let cases = [
        ("shop", s3("a", "zip"), "BundleType must be either YAML or JSON"),
        ("fleet", s3("a", "YAML"), "For Server applications, bundleType must be one of tar, tgz and zip."),
        ("fleet", given("x"), "Revisions of Server applications are archives: give revisionType S3 or GitHub."),
        (
            "shop",
            hub,
            "GitHub revisions are for Server applications only. Give the AppSpec of this Lambda application as \
             revisionType AppSpecContent.",
        ),
        (
            "shop",
            json!({ "revisionType": "String", "string": { "sha256": "a".repeat(64) } }),
            "No text is registered under this sha256; give the AppSpec as content.",
        ),
    ];
    for (application, revision, message) in cases {
        let answer = register(&door, application, &revision);
        assert_eq!(words(&answer), format!("InvalidRevisionException: {message}"));
    }
}

#[test]
fn a_revision_in_s3_is_deployed_and_restarted() {
    let world = World::new();
    Story::new("Steps.10@1m").with_revision(RevisionPlan::InS3).set(&world);
    let door = Door::new(&world);
    let mut body = json!({ "applicationName": "shop", "deploymentGroupName": "orders" });
    body["revision"] = json!({
        "revisionType": "S3", "s3Location": { "bucket": "releases", "key": "orders.yaml", "bundleType": "YAML" },
    });
    let play = |body: &Value| {
        let id = door.call("CreateDeployment", body)["deploymentId"].clone();
        let target = json!({ "deploymentId": id, "targetId": "orders:live" });
        assert!(words(&door.call("GetDeploymentTarget", &target)).contains("is still to be read"));
        Runner::new(&world, machine()).run();
        check(&world).unwrap();
        door.call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone()
    };
    let first = play(&body);
    assert_eq!((&first["status"], &first["revision"]), (&json!("Succeeded"), &body["revision"]));
    let writes = world.writes().len();
    body.as_object_mut().unwrap().remove("revision");
    body["deploymentMode"] = json!("RESTART");
    let second = play(&body);
    assert_eq!((&second["status"], &second["revision"]), (&json!("Succeeded"), &first["revision"]));
    assert_eq!(world.writes().len(), writes);
}

#[test]
fn revisions_are_listed_by_place_time_and_use() {
    let world = World::new();
    Story::new("CodeDeployDefault.LambdaAllAtOnce").set(&world);
    let door = Door::new(&world);
    for key in ["b/1", "a/1", "a/2"] {
        register(&door, "shop", &s3(key, "YAML"));
        world.turn_clock(jiff::SignedDuration::from_secs(1));
    }
    deploy(&world, &given(APPSPEC));
    let list = |more: Value| {
        let mut body = json!({ "applicationName": "shop", "sortBy": "registerTime" });
        for (member, value) in more.as_object().unwrap() {
            body[member] = value.clone();
        }
        let answer = door.call("ListApplicationRevisions", &body);
        let revisions = answer["revisions"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let key = |one: &Value| one["s3Location"]["key"].as_str().unwrap_or("text").to_owned();
        revisions.iter().map(key).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(json!({})), "b/1 a/1 a/2 text");
    assert_eq!(list(json!({ "sortOrder": "descending" })), "text a/2 a/1 b/1");
    assert_eq!(list(json!({ "sortBy": "lastUsedTime", "sortOrder": "descending" })).split(' ').next(), Some("text"));
    assert_eq!(list(json!({ "s3Bucket": "builds", "s3KeyPrefix": "a/" })), "a/1 a/2");
    assert_eq!(list(json!({ "s3Bucket": "other" })), "");
    assert_eq!(list(json!({ "deployed": "include" })), "text");
    assert_eq!(list(json!({ "deployed": "exclude" })), "b/1 a/1 a/2");
}

#[test]
fn a_long_list_comes_in_pages_that_lead_from_one_to_the_next() {
    let world = World::new();
    let door = Door::new(&world);
    fleet(&door);
    for n in 0..250 {
        register(&door, "fleet", &s3(&format!("{n:03}"), "zip"));
    }
    for order in ["ascending", "descending"] {
        let mut seen = Vec::new();
        let mut body = json!({ "applicationName": "fleet", "sortBy": "registerTime", "sortOrder": order });
        loop {
            let answer = door.call("ListApplicationRevisions", &body);
            seen.extend(answer["revisions"].as_array().unwrap().iter().map(ToString::to_string));
            match answer.get("nextToken") {
                Some(token) => body["nextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(seen.len(), 250);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 250);
        body["sortBy"] = json!("lastUsedTime");
        assert!(words(&door.call("ListApplicationRevisions", &body)).starts_with("InvalidNextTokenException"));
    }
}

#[test]
fn a_bad_filter_has_its_own_exception() {
    let world = World::new();
    let door = Door::new(&world);
    fleet(&door);
    let cases = [
        ("sortBy", json!("name"), "InvalidSortBy"),
        ("sortOrder", json!("up"), "InvalidSortOrder"),
        ("s3Bucket", json!(""), "InvalidBucketNameFilter"),
        ("s3KeyPrefix", json!("a"), "BucketNameFilterRequired"),
        ("s3KeyPrefix", json!(""), "InvalidKeyPrefixFilter"),
        ("deployed", json!("maybe"), "InvalidDeployedStateFilter"),
        ("applicationName", Value::Null, "ApplicationNameRequired"),
        ("applicationName", json!("nobody"), "ApplicationDoesNotExist"),
    ];
    for (member, value, name) in cases {
        let mut body = json!({ "applicationName": "fleet" });
        body[member] = value;
        assert_eq!(door.call("ListApplicationRevisions", &body)["__type"], format!("{name}Exception"), "{body}");
    }
}

#[test]
fn a_batch_gives_what_is_there_and_names_what_is_not() {
    let world = World::new();
    let door = Door::new(&world);
    fleet(&door);
    let quoted = json!({ "revisionType": "S3", "s3Location": {
        "bucket": "builds", "key": "k", "bundleType": "zip", "eTag": "\"abc\"",
    } });
    register(&door, "fleet", &quoted);
    let mut bare = quoted.clone();
    bare["s3Location"]["eTag"] = json!("abc");
    let get = |revisions: Value| {
        door.call("BatchGetApplicationRevisions", &json!({ "applicationName": "fleet", "revisions": revisions }))
    };
    let answer = get(json!([quoted, bare, s3("nobody", "zip")]));
    assert_eq!(answer["revisions"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["revisions"][0]["revisionLocation"], bare);
    assert!(answer["errorMessage"].as_str().unwrap().contains(r#""key":"nobody""#), "{answer}");
    assert_eq!(get(json!([bare]))["errorMessage"], "");
    assert_eq!(get(json!([]))["__type"], "RevisionRequiredException");
    assert_eq!(get(json!(vec![bare; 26]))["__type"], "BatchLimitExceededException");
}

#[test]
fn a_commit_in_github_is_deployed_and_hosts_get_it_as_codedeploy_names_it() {
    let world = World::new();
    FleetStory::new("CodeDeployDefault.OneAtATime", 2).set(&world);
    let (door, commit) = (Door::new(&world), "d9efe7ed8b3c7a5e8f6f3f5bb9c0ed1dd2a1a3d8");
    let hub = json!({ "repository": "shop/web", "commitId": commit });
    let revision = json!({ "revisionType": "GitHub", "gitHubLocation": hub });
    let request = json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": revision });
    let answer = door.call("CreateDeployment", &request);
    let id = answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}"));
    Runner::new(&world, machine()).run();
    let info = door.call("GetDeployment", &json!({ "deploymentId": id }))["deploymentInfo"].clone();
    assert_eq!((&info["status"], &info["revision"]), (&json!("Succeeded"), &revision), "{info}");
    let record = pollster::block_on(world.load(&id.parse().unwrap())).unwrap().unwrap();
    let specified = specified(&record).unwrap();
    let payload = specified["DeploymentSpecification"]["GenericEnvelope"]["Payload"].as_str().unwrap();
    let specification: Value = serde_json::from_str(payload).unwrap();
    let place = json!({ "Account": "shop", "Repository": "web", "CommitId": commit, "BundleType": "tar" });
    assert_eq!(specification["Revision"], json!({ "RevisionType": "GitHub", "GitHubRevision": place }));
    assert_eq!(specification.get("GitHubAccessToken"), None, "the service has no token");
}
