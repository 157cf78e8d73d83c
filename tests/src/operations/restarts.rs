//! `deploymentMode` `RESTART` for hosts: the revision that they have, without fetching it.

use serde_json::{Value, json};
use spillway_testkit::{FleetStory, Plot, Runner, World, check};
use spillway_tests::door::Door;
use spillway_tests::template::machine;
use spillway_wire::agent::door::specified;

fn create(world: &World, what: (&str, Value)) -> Value {
    let mut request = json!({ "applicationName": "shop", "deploymentGroupName": "web" });
    request[what.0] = what.1;
    Door::new(world).call("CreateDeployment", &request)
}

/// Runs a deployment to its end; what hosts were told of an archive that they may use.
fn run(world: &World, created: &Value) -> (String, Value) {
    let id = created["deploymentId"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    Runner::new(world, machine()).run();
    check(world).unwrap();
    let record = world.record(&id.parse().unwrap()).unwrap();
    let info = Door::new(world).call("GetDeployment", &json!({ "deploymentId": id }));
    assert_eq!(info["deploymentInfo"]["status"], "Succeeded", "{info}");
    let answer = specified(&record).unwrap();
    let payload = answer["DeploymentSpecification"]["GenericEnvelope"]["Payload"].as_str().unwrap();
    let specification: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(specification["Revision"]["S3Revision"]["Key"], "shop-2.zip");
    (id, specification["ReuseArchiveFromDeploymentId"].clone())
}

#[test]
fn hosts_of_a_restart_are_told_which_archive_they_may_use() {
    let world = World::new();
    FleetStory::new("CodeDeployDefault.AllAtOnce", 2).set(&world);
    let location = json!({ "bucket": "artifacts", "key": "shop-2.zip", "bundleType": "zip" });
    let revision = json!({ "revisionType": "S3", "s3Location": location });
    let (first, archive) = run(&world, &create(&world, ("revision", revision.clone())));
    assert_eq!(archive, Value::Null);
    let (second, archive) = run(&world, &create(&world, ("deploymentMode", json!("RESTART"))));
    assert_eq!(archive, json!(first));
    let (_, archive) = run(&world, &create(&world, ("deploymentMode", json!("RESTART"))));
    assert_eq!(archive, json!(second));
    let (_, archive) = run(&world, &create(&world, ("revision", revision)));
    assert_eq!(archive, Value::Null, "an object in S3 may have been replaced");
}
