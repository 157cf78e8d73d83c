//! The log of a script that runs, as far as its host has told it.

use serde_json::{Value, json};
use spillway_domain::names::DeploymentId;
use spillway_domain::server::work::{HostWork, Progress};
use spillway_engine::ports::hosts::HostWorks;
use spillway_engine::server::agent_api::{HostCommand, progress};
use spillway_testkit::{FleetStory, Plot, Runner, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

/// The work of the host that runs an event.
fn running(world: &World, id: &DeploymentId) -> Option<HostWork> {
    let roster = world.record(id)?.roster()?;
    let works = pollster::block_on(world.works(&roster)).unwrap();
    works.into_iter().find(|work| work.command().is_some() && work.next_command().is_none())
}

fn diagnostics(world: &World, id: &DeploymentId, event: usize) -> Value {
    let request = json!({ "deploymentId": id, "targetId": "i-0" });
    let answer = Door::new(world).call("GetDeploymentTarget", &request);
    answer["deploymentTarget"]["instanceTarget"]["lifecycleEvents"][event]["diagnostics"].clone()
}

#[test]
fn the_log_of_an_event_that_runs_is_shown_until_its_end_replaces_it() {
    let world = World::new();
    FleetStory::new("CodeDeployDefault.AllAtOnce", 1).set(&world);
    let location = json!({ "bucket": "artifacts", "key": "shop-2.zip", "bundleType": "zip" });
    let request = json!({ "applicationName": "shop", "deploymentGroupName": "web",
        "revision": { "revisionType": "S3", "s3Location": location } });
    let created = Door::new(&world).call("CreateDeployment", &request);
    let id: DeploymentId = created["deploymentId"].as_str().unwrap_or_else(|| panic!("{created}")).parse().unwrap();
    let mut runner = Runner::new(&world, machine());
    runner.run_until(|world| running(world, &id).is_some());
    let work = running(&world, &id).unwrap();
    let command = work.command().unwrap();
    let event = work.events.iter().position(|run| run.event == command.event).unwrap();
    let command = HostCommand { deployment: id.clone(), host: work.host.id.clone(), command };
    let tell = |caller: &str, log: &str| {
        pollster::block_on(progress(&world, &caller.parse().unwrap(), &command, log))
            .map_err(|refusal| refusal.to_string())
    };
    let own = "arn:aws:sts::111122223333:assumed-role/web/i-0";

    let news = world.records()[0].clone();
    for log in ["[stdout]one\n", "[stdout]one\n[stdout]two\n"] {
        assert_eq!(tell(own, log), Ok(Progress::Claimed));
        assert_eq!(diagnostics(&world, &id, event), json!({ "logTail": log }));
        assert_eq!(tell(own, ""), Ok(Progress::Claimed));
        assert_eq!(diagnostics(&world, &id, event), json!({ "logTail": log }), "what is not new is not sent again");
    }
    let words = tell("arn:aws:sts::111122223333:assumed-role/web/i-1", "theirs").unwrap_err();
    assert!(words.contains("i-0"), "{words}");
    assert_eq!(running(&world, &id).unwrap(), work, "neither the work nor the record is written");
    assert_eq!(world.records()[0], news);

    runner.run();
    let ended = json!({ "errorCode": "Success", "scriptName": "", "message": "Succeeded", "logTail": "" });
    assert_eq!(diagnostics(&world, &id, event), ended);
    assert_eq!(tell(own, "late"), Ok(Progress::Over));
    assert_eq!(diagnostics(&world, &id, event), ended);
}
