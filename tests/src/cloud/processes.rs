//! `lab local` and `lab demo` as processes, which leave nothing behind.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use aws_sdk_codedeploy::Client;
use serde_json::Value;
use spillway_lab::local::sdk_config;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{in_cloud, until};

/// The `lab` that was built along with the functions, next to this test.
pub(super) fn lab() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().and_then(|deps| deps.parent()).unwrap().join("lab")
}

/// The processes that a process has started and that still run.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes.filter(|process| stat(*process).is_some_and(|(_, its_parent)| its_parent == parent)).collect()
}

/// The state of a process, and its parent.
fn stat(process: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn runs(process: u32) -> bool {
    stat(process).is_some_and(|(state, _)| state != "Z")
}

fn descendants(process: u32) -> Vec<u32> {
    let own = children(process);
    let theirs = own.iter().flat_map(|child| descendants(*child));
    own.iter().copied().chain(theirs).collect()
}

async fn are_gone(processes: &[u32]) {
    until("the end of what was started", async || (!processes.iter().any(|process| runs(*process))).then_some(()))
        .await;
}

pub(super) async fn signal(process: &Child, signal: &str) {
    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
}

/// What a process has written into a file that it shares with this one.
pub(super) fn everything(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).unwrap();
    text
}

/// A copy of the local cloud, and what it printed.
struct Copy {
    process: Child,
    endpoints: Value,
    client: Client,
}

impl Copy {
    async fn start() -> Self {
        let mut said = tempfile::tempfile().unwrap();
        let mut process = Command::new(lab())
            .args(["local", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(said.try_clone().unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
        let Ok(endpoints) = serde_json::from_str::<Value>(&line) else {
            panic!("the local cloud did not start; it printed {line:?} and said:\n{}", everything(&mut said));
        };
        let client = Client::new(&sdk_config(endpoints["codedeploy"].as_str().unwrap()));
        Self { process, endpoints, client }
    }

    async fn applications(&self) -> Vec<String> {
        self.client.list_applications().send().await.unwrap().applications.unwrap_or_default()
    }
}

#[test]
fn two_local_clouds_run_side_by_side_and_leave_nothing_behind() {
    in_cloud(async |_| {
        let (mut one, mut other) = (Copy::start().await, Copy::start().await);
        for member in ["codedeploy", "aws", "region", "accountId", "table", "stateMachineArn"] {
            assert!(one.endpoints[member].is_string(), "{}", one.endpoints);
        }
        let platform = aws_sdk_codedeploy::types::ComputePlatform::Lambda;
        one.client.create_application().application_name("mine").compute_platform(platform).send().await.unwrap();
        assert_eq!((one.applications().await, other.applications().await), (vec!["mine".to_owned()], Vec::new()));

        for (copy, how) in [(&mut one, "-TERM"), (&mut other, "-KILL")] {
            let started = descendants(copy.process.id().unwrap());
            assert!(started.len() >= 2, "an emulator and a function: {started:?}");
            let folder = fs::read_link(format!("/proc/{}/cwd", started[0])).unwrap();
            assert!(folder.starts_with(std::env::temp_dir()) && folder.exists(), "{folder:?}");
            signal(&copy.process, how).await;
            let ended = copy.process.wait().await.unwrap();
            assert_eq!(ended.success(), how == "-TERM", "{ended}");
            are_gone(&started).await;
            assert!(!folder.exists(), "{folder:?} is still there");
            let mut rest = String::new();
            copy.process.stdout.as_mut().unwrap().read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "", "one line is all that is printed");
        }
    });
}

#[test]
fn a_taken_port_is_told() {
    in_cloud(async |_| {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let output = Command::new(lab()).args(["local", "--port", &port.to_string()]).output().await.unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && words.contains(&format!("port {port} on 127.0.0.1 cannot be had")),
            "{words}"
        );
    });
}

#[test]
fn a_demo_that_is_interrupted_leaves_nothing_behind() {
    in_cloud(async |_| {
        let mut said = tempfile::tempfile().unwrap();
        let mut demo = Command::new(lab());
        demo.arg("demo").stdout(Stdio::piped()).stderr(said.try_clone().unwrap()).kill_on_drop(true);
        let mut demo = demo.spawn().unwrap();
        let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        // The first scene is under way.
        loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the demo ended:\n{}", everything(&mut said)));
            if line.contains("deploys version") {
                break;
            }
        }
        let started = descendants(demo.id().unwrap());
        assert!(!started.is_empty());
        signal(&demo, "-INT").await;
        while lines.next_line().await.unwrap().is_some() {}
        assert_eq!(demo.wait().await.unwrap().code(), Some(130));
        are_gone(&started).await;
    });
}

#[test]
fn the_demo_ends_well_and_writes_its_summary() {
    ends_well_and_writes_its_summary("lambda");
}

#[test]
fn the_demo_of_a_service_ends_well_and_writes_its_summary() {
    ends_well_and_writes_its_summary("ecs");
}

fn ends_well_and_writes_its_summary(platform: &'static str) {
    in_cloud(async |_| {
        let folder = tempfile::tempdir().unwrap();
        let json = folder.path().join("summary.json");
        let demo = Command::new(lab()).args(["demo", platform, "--json"]).arg(&json).output();
        let output = tokio::time::timeout(Duration::from_secs(500), demo).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        let summary: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
        assert_eq!(summary["passed"], true, "{summary:#}");
        let scenes = summary["scenes"].as_array().unwrap();
        let statuses: Vec<_> = scenes.iter().map(|scene| &scene["deployments"][0]["status"]).collect();
        assert_eq!(statuses, ["Succeeded", "Failed", "Stopped"]);
        for deployment in scenes.iter().flat_map(|scene| scene["deployments"].as_array().unwrap()) {
            assert!(deployment["deploymentId"].as_str().unwrap().starts_with("d-"), "{deployment:#}");
            assert!(deployment["stateTransitions"].as_u64().unwrap() > 0, "{deployment:#}");
            assert!(deployment["steps"].is_array() && deployment["waitedFor"].is_array(), "{deployment:#}");
        }
        assert!(scenes[2]["alarmToRestoredMilliseconds"].is_number(), "{:#}", scenes[2]);
        assert_eq!(scenes[2]["deployments"][1]["rollsBack"], scenes[2]["deployments"][0]["deploymentId"]);
    });
}
