//! Deployments to fleets of hosts, through the door: their targets, their instances and how they are counted.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{Host, Principal, Standing};
use spillway_domain::server::progress::Roster;
use spillway_domain::server::work::HostWork;
use spillway_engine::ports::hosts::{HostDossiers, HostWorks};
use spillway_engine::server::agent_api::poll;
use spillway_testkit::{FleetStory, HostPlan, Plot, Runner, World};
use spillway_tests::door::Door;
use spillway_tests::template::machine;

const ALL_AT_ONCE: &str = "CodeDeployDefault.AllAtOnce";
const HALF_AT_A_TIME: &str = "CodeDeployDefault.HalfAtATime";
const ONE_AT_A_TIME: &str = "CodeDeployDefault.OneAtATime";

/// A deployment to the fleet of a story, and the world that it is in.
struct Fleet {
    world: World,
    id: String,
}

impl Fleet {
    /// The deployment has just been created.
    fn of(story: &FleetStory) -> Self {
        Self::with(story, &json!({}))
    }

    /// The same, created with further members of the request.
    fn with(story: &FleetStory, members: &Value) -> Self {
        let world = World::new();
        story.set(&world);
        let answer = create(&world, members);
        let id = answer["deploymentId"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        Self { world, id }
    }

    /// The deployment has run to its end.
    fn ended(story: &FleetStory) -> Self {
        let fleet = Self::of(story);
        Runner::new(&fleet.world, machine()).run();
        fleet
    }

    /// The deployment has run for so many seconds.
    fn after(story: &FleetStory, seconds: i64) -> Self {
        let fleet = Self::of(story);
        let until = fleet.world.now() + SignedDuration::from_secs(seconds);
        Runner::new(&fleet.world, machine()).run_until(|world| world.now() >= until);
        fleet
    }

    fn ask(&self, operation: &str, mut request: Value) -> Value {
        request["deploymentId"] = json!(self.id);
        Door::new(&self.world).call(operation, &request)
    }

    fn info(&self) -> Value {
        self.ask("GetDeployment", json!({}))["deploymentInfo"].clone()
    }

    /// How many hosts are Pending, InProgress, Succeeded, Failed and Skipped.
    fn counts(&self) -> [u64; 5] {
        let overview = self.info()["deploymentOverview"].clone();
        assert_eq!(overview["Ready"], 0);
        ["Pending", "InProgress", "Succeeded", "Failed", "Skipped"].map(|status| overview[status].as_u64().unwrap())
    }

    fn target(&self, id: &str) -> Value {
        let answer = self.ask("GetDeploymentTarget", json!({ "targetId": id }));
        assert_eq!(answer["deploymentTarget"]["deploymentTargetType"], "InstanceTarget", "{answer}");
        answer["deploymentTarget"]["instanceTarget"].clone()
    }

    /// The targets of a status.
    fn targets_of(&self, status: &str) -> Value {
        let targets = self.ask("ListDeploymentTargets", json!({ "targetFilters": { "TargetStatus": [status] } }));
        let instances = self.ask("ListDeploymentInstances", json!({ "instanceStatusFilter": [status] }));
        assert_eq!(targets["targetIds"], instances["instancesList"]);
        targets["targetIds"].clone()
    }

    fn refusal(&self, operation: &str, request: Value) -> String {
        let answer = self.ask(operation, request);
        let (name, message) = (answer["__type"].as_str(), answer["message"].as_str());
        format!("{}: {}", name.unwrap_or_else(|| panic!("{answer}")), message.unwrap())
    }

    /// All pages of a list, each with what is on it.
    fn pages(&self, operation: &str, member: &str, mut request: Value) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        loop {
            let answer = self.ask(operation, request.clone());
            pages.push(serde_json::from_value(answer[member].clone()).unwrap());
            match answer.get("nextToken") {
                None => return pages,
                Some(token) => request["nextToken"] = token.clone(),
            }
        }
    }
}

/// What CreateDeployment answers a request with these members.
fn create(world: &World, members: &Value) -> Value {
    let revision = json!({
        "revisionType": "S3", "s3Location": { "bucket": "artifacts", "key": "shop-2.zip", "bundleType": "zip" },
    });
    let mut request = json!({ "applicationName": "shop", "deploymentGroupName": "web", "revision": revision });
    for (member, value) in members.as_object().unwrap() {
        request[member] = value.clone();
    }
    Door::new(world).call("CreateDeployment", &request)
}

/// Names and statuses of the events of a target.
fn events(target: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let events = target["lifecycleEvents"].as_array().unwrap().iter();
    events.map(|event| (text(&event["lifecycleEventName"]), text(&event["status"]))).collect()
}

#[test]
fn a_deployment_whose_hosts_are_not_selected_counts_none_and_has_no_targets_yet() {
    let fleet = Fleet::of(&FleetStory::new(ONE_AT_A_TIME, 2));
    assert_eq!(fleet.counts(), [0; 5]);
    for (operation, request) in [
        ("ListDeploymentTargets", json!({})),
        ("ListDeploymentInstances", json!({})),
        ("GetDeploymentTarget", json!({ "targetId": "i-0" })),
        ("BatchGetDeploymentTargets", json!({ "targetIds": ["i-0"] })),
    ] {
        assert_eq!(
            fleet.refusal(operation, request),
            format!(
                "DeploymentNotStartedException: The deployment {} has not started: its hosts are still to be selected. \
                 Try again in a moment.",
                fleet.id
            )
        );
    }
    let empty = Fleet::ended(&FleetStory::new(ONE_AT_A_TIME, 0));
    assert_eq!((&empty.info()["status"], empty.counts()), (&json!("Failed"), [0; 5]));
    assert_eq!(empty.ask("ListDeploymentTargets", json!({})), json!({ "targetIds": [] }));
}

#[test]
fn a_poll_while_the_hosts_are_being_selected_leaves_a_host_its_work() {
    let fleet = Fleet::of(&FleetStory::new(ONE_AT_A_TIME, 1));
    let arn = "arn:aws:ec2:us-east-1:111122223333:instance/i-0";
    let (identifier, caller) =
        (arn.parse().unwrap(), "arn:aws:sts::111122223333:assumed-role/web/i-0".parse().unwrap());
    let host = Host {
        id: "i-0".parse().unwrap(),
        arn: arn.to_owned(),
        identifier: arn.parse().unwrap(),
        principal: Principal::InstanceProfile { roles: vec!["web".to_owned()] },
        zone: None,
        auto_scaling_group: None,
        standing: Standing::Unknown,
        seen_at: None,
        stopped_at: None,
        was_launched: false,
        had_traffic: false,
    };
    let (world, now) = (&fleet.world, fleet.world.now());
    let roster = Roster { deployment: fleet.id.parse().unwrap(), name: "first".to_owned() };
    let work = HostWork::new(host, 0, &HostEvent::IN_PLACE, false, now);
    let idle = SignedDuration::from_secs(30);
    pollster::block_on(async {
        world.create_works(&roster, now, &[work]).await.unwrap();
        let next = poll(world, &caller, &identifier, idle, now).await.unwrap();
        assert_eq!((next.command, next.again_in), (None, SignedDuration::from_secs(1)));
        assert_eq!(world.dossier(&identifier).await.unwrap().open.len(), 1, "the record is about to name it");
    });
    Runner::new(world, machine()).run();
    assert_eq!(fleet.info()["status"], "Succeeded");
    pollster::block_on(async {
        poll(world, &caller, &identifier, idle, world.now()).await.unwrap();
        assert_eq!(world.dossier(&identifier).await.unwrap().open, [], "it is over");
    });
}

#[test]
fn what_was_said_of_hosts_is_shown() {
    let shown = |members: Value| {
        let info = Fleet::with(&FleetStory::new(ONE_AT_A_TIME, 1), &members).info();
        let shown = ["ignoreApplicationStopFailures", "updateOutdatedInstancesOnly", "fileExistsBehavior"];
        json!(shown.map(|member| &info[member]))
    };
    assert_eq!(shown(json!({})), json!([false, false, "DISALLOW"]));
    assert_eq!(shown(json!({ "ignoreApplicationStopFailures": true })), json!([true, false, "DISALLOW"]));
    assert_eq!(shown(json!({ "updateOutdatedInstancesOnly": true })), json!([false, true, "DISALLOW"]));
    assert_eq!(shown(json!({ "fileExistsBehavior": "RETAIN" })), json!([false, false, "RETAIN"]));
}

#[test]
fn what_an_in_place_deployment_cannot_do_is_refused_and_nothing_is_created() {
    let world = World::new();
    FleetStory::new(ONE_AT_A_TIME, 1).set(&world);
    let tags = json!([{ "Key": "fleet", "Value": "green", "Type": "KEY_AND_VALUE" }]);
    for (members, name) in [
        (json!({ "targetInstances": { "tagFilters": tags } }), "InvalidTargetInstancesException"),
        (
            json!({ "targetInstances": { "tagFilters": tags }, "updateOutdatedInstancesOnly": true }),
            "InvalidTargetInstancesException",
        ),
    ] {
        let answer = create(&world, &members);
        assert_eq!(answer["__type"], name, "{answer}");
    }
    let deployments = Door::new(&world).call("ListDeployments", &json!({}));
    assert_eq!(deployments, json!({ "deployments": [] }));
}

#[test]
fn a_running_deployment_shows_how_far_each_host_is() {
    let fleet = Fleet::after(&FleetStory::new(HALF_AT_A_TIME, 4), 45);
    assert_eq!((&fleet.info()["status"], fleet.counts()), (&json!("InProgress"), [2, 2, 0, 0, 0]));
    let busy = fleet.targets_of("InProgress");
    let waiting = fleet.targets_of("Pending");
    assert_eq!((busy.as_array().unwrap().len(), waiting.as_array().unwrap().len()), (2, 2));
    let order: Vec<_> = [&busy, &waiting].into_iter().flat_map(|ids| ids.as_array().unwrap().clone()).collect();
    assert_eq!(fleet.ask("ListDeploymentTargets", json!({}))["targetIds"], json!(order), "in the order of work");
    let first = busy[0].as_str().unwrap();
    let target = fleet.target(first);
    assert_eq!((&target["status"], &target["targetId"]), (&json!("InProgress"), &json!(first)));
    assert_eq!((&target["deploymentId"], &target["instanceLabel"]), (&json!(fleet.id), &json!("Blue")));
    assert_eq!(target["targetArn"], format!("arn:aws:ec2:us-east-1:111122223333:instance/{first}"));
    assert_eq!(events(&target)[0], ("ApplicationStop".to_owned(), "Succeeded".to_owned()));
    assert_eq!(events(&target)[6], ("ValidateService".to_owned(), "Pending".to_owned()));
    assert_eq!(
        target["lifecycleEvents"][0]["diagnostics"],
        json!({ "errorCode": "Success", "scriptName": "", "message": "Succeeded", "logTail": "" })
    );
    let untouched = fleet.target(waiting[0].as_str().unwrap());
    assert!(events(&untouched).iter().all(|(_, status)| status == "Pending"));
}

#[test]
fn a_failed_deployment_shows_what_the_host_said_and_which_hosts_it_left() {
    let failing = HostPlan::Fails(HostEvent::ValidateService);
    let fleet = Fleet::ended(&FleetStory::new(ONE_AT_A_TIME, 3).host(0, failing));
    assert_eq!((&fleet.info()["status"], fleet.counts()), (&json!("Failed"), [0, 0, 0, 1, 2]));
    let failed = fleet.target("i-0");
    assert_eq!((&failed["status"], fleet.targets_of("Failed")), (&json!("Failed"), json!(["i-0"])));
    assert_eq!(
        failed["lifecycleEvents"][6]["diagnostics"],
        json!({
            "errorCode": "ScriptFailed", "scriptName": "check.sh",
            "message": "Script at specified location: check.sh failed with exit code 7",
            "logTail": "[stderr]the page is not there\n",
        })
    );
    let skipped = fleet.target("i-1");
    assert_eq!((&skipped["status"], fleet.targets_of("Pending")), (&json!("Skipped"), json!([])));
    assert!(events(&skipped).iter().all(|(_, status)| status == "Skipped"));
    assert_eq!(fleet.targets_of("Skipped").as_array().unwrap().len(), 2);
}

#[test]
fn a_host_that_was_at_work_when_the_deployment_was_stopped_is_unknown() {
    let fleet = Fleet::of(&FleetStory::new(HALF_AT_A_TIME, 4));
    let mut runner = Runner::new(&fleet.world, machine());
    let until = fleet.world.now() + SignedDuration::from_secs(45);
    runner.run_until(|world| world.now() >= until);
    fleet.ask("StopDeployment", json!({ "autoRollbackEnabled": false }));
    runner.run();
    assert_eq!((&fleet.info()["status"], fleet.counts()), (&json!("Stopped"), [0, 0, 0, 0, 2]));
    let unknown = fleet.targets_of("Unknown");
    assert_eq!(unknown.as_array().unwrap().len(), 2);
    let target = fleet.target(unknown[0].as_str().unwrap());
    let statuses: BTreeSet<String> = events(&target).into_iter().map(|(_, status)| status).collect();
    assert_eq!(target["status"], "Unknown");
    assert!(statuses.iter().all(|status| ["Succeeded", "Unknown", "Skipped"].contains(&status.as_str())), "{target}");
}

#[test]
fn a_terminated_host_is_skipped() {
    let fleet = Fleet::ended(&FleetStory::new(HALF_AT_A_TIME, 3).host(0, HostPlan::Terminated));
    assert_eq!((&fleet.info()["status"], fleet.counts()), (&json!("Succeeded"), [0, 0, 2, 0, 1]));
    let target = fleet.target("i-0");
    assert_eq!(target["status"], "Skipped");
    assert_eq!(target["lifecycleEvents"][0]["diagnostics"]["message"], "i-0 was terminated during the deployment.");
}

#[test]
fn the_hosts_of_a_large_fleet_are_on_pages() {
    let failing = HostPlan::Fails(HostEvent::Install);
    let fleet = Fleet::ended(&FleetStory::new(ALL_AT_ONCE, 250).host(7, failing).host(9, failing));
    assert_eq!(fleet.counts(), [0, 0, 248, 2, 0]);
    for (operation, member) in [("ListDeploymentTargets", "targetIds"), ("ListDeploymentInstances", "instancesList")] {
        let pages = fleet.pages(operation, member, json!({}));
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
        let all: BTreeSet<&String> = pages.iter().flatten().collect();
        assert_eq!(all.len(), 250);
    }
    let only = |status: &str| json!({ "targetFilters": { "TargetStatus": [status] } });
    let succeeded = fleet.pages("ListDeploymentTargets", "targetIds", only("Succeeded"));
    assert_eq!(succeeded.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 48]);
    assert!(succeeded.iter().flatten().all(|id| id != "i-7" && id != "i-9"));
    assert_eq!(fleet.targets_of("Failed"), json!(["i-7", "i-9"]));
    let token = fleet.ask("ListDeploymentTargets", json!({}))["nextToken"].clone();
    let other = fleet.refusal("ListDeploymentInstances", json!({ "nextToken": token }));
    assert!(other.starts_with("InvalidNextTokenException"), "{other}");
}

#[test]
fn hosts_are_shown_together_in_the_order_in_which_they_are_asked_for() {
    let fleet = Fleet::ended(&FleetStory::new(ALL_AT_ONCE, 30));
    let asked = json!(["i-3", "i-1", "i-3", "i-20"]);
    let targets = fleet.ask("BatchGetDeploymentTargets", json!({ "targetIds": asked }));
    let shown = ["i-3", "i-1", "i-20"]
        .map(|id| json!({ "deploymentTargetType": "InstanceTarget", "instanceTarget": fleet.target(id) }));
    assert_eq!(targets, json!({ "deploymentTargets": shown }));
    let many: Vec<String> = (0..26).map(|index| format!("i-{index}")).collect();
    let (most, names) = (json!({ "targetIds": many[..25] }), json!({ "targetIds": many }));
    assert_eq!(fleet.ask("BatchGetDeploymentTargets", most)["deploymentTargets"].as_array().unwrap().len(), 25);
    assert_eq!(
        fleet.refusal("BatchGetDeploymentTargets", names),
        "DeploymentTargetListSizeExceededException: targetIds: there may be 25; 26 were given."
    );
    let both = Door::new(&fleet.world).call("BatchGetDeployments", &json!({ "deploymentIds": [fleet.id] }));
    assert_eq!(both, json!({ "deploymentsInfo": [fleet.info()] }));
}

#[test]
fn a_host_that_the_deployment_does_not_have_is_refused() {
    let fleet = Fleet::ended(&FleetStory::new(ALL_AT_ONCE, 2));
    for (operation, request) in [
        ("GetDeploymentTarget", json!({ "targetId": "i-9" })),
        ("BatchGetDeploymentTargets", json!({ "targetIds": ["i-0", "i-9"] })),
    ] {
        assert_eq!(
            fleet.refusal(operation, request),
            format!(
                "DeploymentTargetDoesNotExistException: 'i-9' is not a target of deployment {}. ListDeploymentTargets \
                 lists its targets.",
                fleet.id
            )
        );
    }
    let malformed = fleet.refusal("GetDeploymentTarget", json!({ "targetId": "orders:live" }));
    assert!(malformed.starts_with("InvalidDeploymentTargetIdException: Invalid id orders:live for Server"));
    for unknown in ["i-9", "orders:live"] {
        let said = fleet.refusal("GetDeploymentInstance", json!({ "instanceId": unknown }));
        assert!(said.starts_with(&format!("InstanceDoesNotExistException: '{unknown}' is not an instance")), "{said}");
    }
    let some = fleet.ask("BatchGetDeploymentInstances", json!({ "instanceIds": ["i-9", "i-1"] }));
    assert_eq!(some["instancesSummary"].as_array().unwrap().len(), 1);
    assert_eq!(some["errorMessage"], format!("Not instances of deployment {}: i-9", fleet.id));
}

#[test]
fn only_hosts_of_blue_green_deployments_are_asked_for_by_label() {
    let fleet = Fleet::ended(&FleetStory::new(ALL_AT_ONCE, 1));
    for (operation, request, member) in [
        (
            "ListDeploymentTargets",
            json!({ "targetFilters": { "ServerInstanceLabel": ["Blue"] } }),
            "targetFilters.ServerInstanceLabel",
        ),
        ("ListDeploymentInstances", json!({ "instanceTypeFilter": ["Green"] }), "instanceTypeFilter"),
    ] {
        assert_eq!(
            fleet.refusal(operation, request),
            format!(
                "InvalidDeploymentInstanceTypeException: {member} is for blue/green deployments only, and deployment {} \
                 is in place; leave it out.",
                fleet.id
            )
        );
    }
}

#[test]
fn an_instance_is_shown_by_its_arn() {
    let story = FleetStory { on_premises: vec![HostPlan::Works], ..FleetStory::new(ALL_AT_ONCE, 1) };
    let fleet = Fleet::ended(&story);
    for (id, arn) in [
        ("i-0", "arn:aws:ec2:us-east-1:111122223333:instance/i-0"),
        ("box-0", "arn:aws:codedeploy:us-east-1:111122223333:instance/box-0"),
    ] {
        let summary = fleet.ask("GetDeploymentInstance", json!({ "instanceId": id }))["instanceSummary"].clone();
        let target = fleet.target(id);
        assert_eq!((&summary["instanceId"], &target["targetArn"]), (&json!(arn), &json!(arn)));
        assert_eq!((&summary["status"], &summary["instanceType"]), (&json!("Succeeded"), &json!("Blue")));
        assert_eq!(summary["lifecycleEvents"], target["lifecycleEvents"]);
        let batch = fleet.ask("BatchGetDeploymentInstances", json!({ "instanceIds": [id] }));
        assert_eq!(batch, json!({ "instancesSummary": [summary] }));
    }
}
