//! Hosts in every state, and what is told of them.

use std::fs;

use jiff::ToSpan;
use serde_json::json;
use tempfile::TempDir;

use super::*;

const NOW: &str = "2026-11-28T12:00:00Z";

struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        stage.root().prepare().unwrap();
        stage
    }

    fn root(&self) -> Root {
        Root(self.0.path().join("root"))
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let at: Timestamp = "2026-11-28T11:59:30Z".parse().unwrap();
        fs::File::open(path).unwrap().set_modified(at.into()).unwrap();
    }

    fn record(&self, process: Option<Running>) -> Record {
        let now: Timestamp = NOW.parse().unwrap();
        let command = |event: &str, code, message: &str| CommandRecord {
            at: now - 5.minutes(),
            milliseconds: 1_240,
            event: event.to_owned(),
            deployment: "d-2".to_owned(),
            code,
            message: message.to_owned(),
        };
        let failure = "Script at specified location: after failed with exit code 7";
        Record {
            version: AGENT_VERSION.to_owned(),
            process,
            started_at: now - 3.hours(),
            ended_at: None,
            service: "https://agents.example.com".to_owned(),
            host: Some(HostRecord {
                arn: "arn:aws:iam::111122223333:user/host-1".to_owned(),
                region: "eu-west-1".to_owned(),
                kind: "an on-premises host".to_owned(),
                source: "the file /etc/host.yml".to_owned(),
            }),
            contact: Some(Contact {
                at: now - 12.seconds(),
                since: now - 100.minutes(),
                state: "answered".to_owned(),
                fault: None,
            }),
            commands: [command("Install", 0, "Succeeded"), command("AfterInstall", 4, failure)].into(),
            groups: [(
                "g-1".to_owned(),
                GroupRecord {
                    name: "prod".to_owned(),
                    application: "shop".to_owned(),
                    deployment: "d-2".to_owned(),
                    revision: "s3://bundles/shop.tar".to_owned(),
                },
            )]
            .into(),
        }
    }

    fn write_record(&self, record: &Record) {
        self.write("deployment-instructions/daemon.json", &serde_json::to_string(record).unwrap());
    }

    fn status(&self) -> Status {
        let unit = Some("active (running), enabled".to_owned());
        find(&self.root().0, "https://agents.example.com", unit, 5, NOW.parse().unwrap()).unwrap()
    }

    /// What is told, without what differs from run to run.
    fn tell(&self) -> String {
        let status = Status { free_bytes: 20 << 30, ..self.status() };
        let text = words::tell(&status).replace(self.0.path().to_str().unwrap(), "~");
        text.replace(&format!("process {}", std::process::id()), "process PID")
    }
}

#[test]
fn a_host_that_has_done_nothing_says_so() {
    insta::assert_snapshot!("new", Stage::new().tell());
}

#[test]
fn a_busy_host_tells_what_runs_what_has_run_and_what_is_installed() {
    let stage = Stage::new();
    stage.write_record(&stage.record(Running::current()));
    let ongoing = json!({ "deployment_id": "d-3", "group_id": "g-1", "event": "ApplicationStart", "command": "7" });
    stage.write("ongoing-deployment/d-3", &ongoing.to_string());
    stage.write("g-1/d-2/deployment-archive/page", &"x".repeat(3 << 20));
    stage.write("g-1/d-1/deployment-archive/page", "");
    for deployment in ["g-1/d-1", "g-1/d-2", "local/d-9-local"] {
        stage.write(&format!("{deployment}/logs/scripts.log"), "");
    }
    // What is not the agent's is not counted.
    stage.write("tools/9/logs/out.log", "x");
    stage.write("deployment-instructions/g-1_last_successful_install", "/anywhere/g-1/d-2");
    // By deploy-local, of which the daemon knows nothing.
    stage.write("local/d-9-local/deployment-archive/page", "x");
    stage.write("deployment-instructions/local_last_successful_install", "/anywhere/local/d-9-local");
    // Nothing is installed by a deployment that failed before.
    stage.write("g-2/d-4/logs/scripts.log", "x");
    insta::assert_snapshot!("busy", stage.tell());
    let json = serde_json::to_value(stage.status()).unwrap();
    assert_eq!(json["daemon"]["isRunning"], true);
    assert_eq!(json["current"][0]["phase"], "running");
    assert_eq!(json["groups"][0]["known"]["revision"], "s3://bundles/shop.tar");
    assert_eq!(
        (&json["groups"][2]["known"], &json["groups"][2]["installedAt"]),
        (&json!(null), &json!("2026-11-28T11:59:30Z"))
    );
}

#[test]
fn a_daemon_that_has_ended_is_told_from_one_that_was_killed() {
    let stage = Stage::new();
    let killed = stage.record(Running::current().map(|own| Running { started_ticks: own.started_ticks - 1, ..own }));
    let fault = Some("https://agents.example.com does not answer PollHostCommand: timeout".to_owned());
    let contact = killed.contact.clone().map(|contact| Contact { state: "unavailable".to_owned(), fault, ..contact });
    stage.write_record(&Record { contact, ..killed.clone() });
    let ongoing = |more: serde_json::Value| {
        let mut ongoing =
            json!({ "deployment_id": "d-3", "group_id": "g-1", "event": "ApplicationStart", "command": "7" });
        ongoing.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        stage.write("ongoing-deployment/d-3", &ongoing.to_string());
    };
    ongoing(json!({}));
    let mut told = stage.tell();
    ongoing(json!({ "outcome": { "succeeded": true, "payload": "{}" } }));
    let ended_at = Some("2026-11-26T11:00:00Z".parse().unwrap());
    stage.write_record(&Record { ended_at, commands: Default::default(), ..killed });
    told.push_str(&stage.tell());
    insta::assert_snapshot!("ended", told);
}

#[test]
fn a_daemon_of_another_version_says_what_runs_after_a_restart() {
    let stage = Stage::new();
    stage.write_record(&Record { version: "spillway-0.0.9".to_owned(), ..stage.record(Running::current()) });
    let told = stage.tell();
    let first = told.lines().next().unwrap();
    assert!(first.contains("spillway-0.0.9 runs as process PID"), "{first}");
    assert!(first.ends_with(&format!("; {AGENT_VERSION} is installed and runs after a restart")), "{first}");
}

#[test]
fn a_folder_of_another_user_is_said_to_be_one() {
    let stage = Stage::new();
    // A file where a folder belongs is refused to every user, root included.
    fs::remove_dir(stage.root().0.join("deployment-instructions")).unwrap();
    stage.write("deployment-instructions", "");
    let error = find(&stage.root().0, "", None, 5, NOW.parse().unwrap()).unwrap_err();
    let text = format!("{error:#}").replace(stage.0.path().to_str().unwrap(), "~");
    let expected = "the folder of deployments ~/root cannot be read; run this as the user of the agent, which is root for \
                    most: Not a directory (os error 20)";
    assert_eq!(text, expected);
}
