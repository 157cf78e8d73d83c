//! A conversation with a service that keeps CodeDeploy's rules.

mod heartbeats;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::spec::{Bundles, S3Object};
use crate::system::clock::{self, HostClock};
use crate::system::unix::Unix;

const HOST: &str = "arn:aws:iam::111122223333:user/host-1";

/// A service with a list of commands. It sends a command until its completion arrives, and keeps the first one.
struct Fake {
    events: Vec<&'static str>,
    specification: Mutex<Value>,
    status: Mutex<CommandStatus>,
    completed: Mutex<Vec<(String, Outcome)>>,
    calls: Mutex<Vec<String>>,
    /// The logs of the updates, and what they are answered with.
    updates: Mutex<Vec<String>>,
    wanted: Mutex<CommandStatus>,
    /// Whether completions are refused.
    refuses: Mutex<bool>,
    /// How many answers to completions are lost on their way.
    lost: AtomicUsize,
    /// How many answers to claims are.
    lost_claims: AtomicUsize,
}

impl Fake {
    fn next(&self) -> Option<HostCommand> {
        let n = self.completed.lock().unwrap().len();
        let event = self.events.get(n)?;
        Some(HostCommand {
            id: format!("{n}"),
            host: HOST.to_owned(),
            execution: "acct/d-1/g/0".to_owned(),
            event: (*event).to_owned(),
        })
    }

    fn outcomes(&self) -> Vec<(bool, Value)> {
        let all = self.completed.lock().unwrap();
        all.iter().map(|(_, outcome)| (outcome.succeeded, serde_json::from_str(&outcome.payload).unwrap())).collect()
    }
}

impl Service for Fake {
    fn poll(&self, host: &str) -> Result<Next, Fault> {
        assert_eq!(host, HOST);
        self.calls.lock().unwrap().push("poll".to_owned());
        Ok(Next { command: self.next(), again_after: Some(Duration::from_secs(30)) })
    }

    fn leave(&self, host: &str) -> Result<(), Fault> {
        assert_eq!(host, HOST);
        self.calls.lock().unwrap().push("leave".to_owned());
        Ok(())
    }

    fn specification(&self, execution: &str, _: &str) -> Result<String, Fault> {
        assert_eq!(execution, "acct/d-1/g/0");
        self.calls.lock().unwrap().push("specification".to_owned());
        Ok(self.specification.lock().unwrap().to_string())
    }

    fn acknowledge(&self, command: &str, is_noop: bool) -> Result<CommandStatus, Fault> {
        self.calls.lock().unwrap().push(format!("acknowledge {command} noop {is_noop}"));
        if self.lost_claims.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(Fault::Unavailable("the answer is lost".to_owned()));
        }
        Ok(*self.status.lock().unwrap())
    }

    fn update(&self, command: &str, log: &str) -> Result<CommandStatus, Fault> {
        assert!(!self.completed.lock().unwrap().iter().any(|(known, _)| known == command), "it has ended");
        self.updates.lock().unwrap().push(log.to_owned());
        Ok(*self.wanted.lock().unwrap())
    }

    fn complete(&self, command: &str, outcome: &Outcome) -> Result<Next, Fault> {
        self.calls.lock().unwrap().push(format!("complete {command} {}", outcome.succeeded));
        if *self.refuses.lock().unwrap() {
            return Err(Fault::Refused("there is no such command".to_owned()));
        }
        if self.lost.load(Ordering::SeqCst) > 0 {
            self.lost.fetch_sub(1, Ordering::SeqCst);
            return Err(Fault::Unavailable("the answer is lost".to_owned()));
        }
        if !self.completed.lock().unwrap().iter().any(|(known, _)| known == command) {
            self.completed.lock().unwrap().push((command.to_owned(), outcome.clone()));
        }
        Ok(Next { command: self.next(), again_after: None })
    }
}

/// S3, with one bundle in it: whatever lies at this path.
struct Store<'a>(&'a Path);

impl Bundles for Store<'_> {
    fn fetch(&self, object: &S3Object, into: &Path) -> io::Result<String> {
        assert_eq!((object.bucket.as_str(), object.key.as_str()), ("bundles", "shop.tar"));
        fs::copy(self.0, into)?;
        Ok("\"0123\"".to_owned())
    }
}

struct Stage {
    home: TempDir,
    host: Unix,
}

impl Stage {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let appspec = format!(
            "version: 0.0\nos: linux\nfiles:\n  - source: page\n    destination: {}\nhooks:\n  AfterInstall:\n    - location: \
             after\n",
            home.path().canonicalize().unwrap().join("site").display()
        );
        let mut archive = tar::Builder::new(fs::File::create(home.path().join("bundle")).unwrap());
        for (name, content) in
            [("appspec.yml", appspec.as_str()), ("page", "hello"), ("after", "echo ran >>../../../../ran")]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        archive.finish().unwrap();
        Self { home, host: Unix::new("aside".to_owned(), "/nowhere".into()) }
    }

    fn agent<'a>(&'a self, store: &'a Store<'a>) -> Agent<'a> {
        let path = ("PATH".into(), std::env::var_os("PATH").unwrap());
        let agent = Agent::new(&self.host, self.home.path().join("root"), vec![path], clock::now);
        Agent { bundles: Some(store), ..agent }
    }

    fn store(&self) -> std::path::PathBuf {
        self.home.path().join("bundle")
    }

    fn ran(&self) -> usize {
        fs::read_to_string(self.home.path().join("ran")).unwrap_or_default().lines().count()
    }
}

/// A client whose commands run in the time of the host.
fn client<'a>(service: &'a Fake, agent: &'a Agent<'a>) -> Client<'a> {
    on_clock(service, agent, &HostClock)
}

fn on_clock<'a>(service: &'a Fake, agent: &'a Agent<'a>, clock: &'a dyn Clock) -> Client<'a> {
    let journal = Box::leak(Box::new(Journal::new(&HostClock, Box::new(io::sink()))));
    let presence = Presence::new(agent.root.status_file(), String::new(), &HostClock);
    Client {
        service,
        agent,
        host: HOST,
        clock,
        shutdown: Box::leak(Box::default()),
        journal,
        presence: Box::leak(Box::new(presence)),
        last: None,
        claiming: None,
        is_reported: false,
    }
}

fn specification() -> Value {
    json!({
        "DeploymentId": "arn:aws:codedeploy:us-east-1:111122223333:deployment/d-1",
        "DeploymentGroupId": "g",
        "DeploymentGroupName": "prod",
        "ApplicationName": "shop",
        "Revision": { "RevisionType": "S3", "S3Revision": {
            "Bucket": "bundles", "Key": "shop.tar", "BundleType": "tar", "Version": null, "ETag": "0123" } },
    })
}

fn service(events: &[&'static str]) -> Fake {
    Fake {
        events: events.to_vec(),
        specification: Mutex::new(specification()),
        status: Mutex::new(CommandStatus::InProgress),
        completed: Mutex::default(),
        calls: Mutex::default(),
        updates: Mutex::default(),
        wanted: Mutex::new(CommandStatus::InProgress),
        refuses: Mutex::default(),
        lost: AtomicUsize::new(0),
        lost_claims: AtomicUsize::new(0),
    }
}

#[test]
fn one_poll_runs_a_whole_deployment_whose_completions_carry_the_next_command() {
    let (stage, service) = (Stage::new(), service(&["ApplicationStop", "DownloadBundle", "Install", "AfterInstall"]));
    let path = stage.store();
    let (store, page) = (Store(&path), stage.home.path().join("site/page"));
    let agent = stage.agent(&store);
    let mut client = client(&service, &agent);
    let round = client.round().unwrap();
    assert_eq!(round, Round { commands: 4, again_after: Some(Duration::from_secs(30)) });
    let expected = [
        "poll",
        "specification",
        "acknowledge 0 noop true",
        "complete 0 true",
        "specification",
        "acknowledge 1 noop false",
        "complete 1 true",
        "specification",
        "acknowledge 2 noop false",
        "complete 2 true",
        "specification",
        "acknowledge 3 noop false",
        "complete 3 true",
    ];
    assert_eq!(*service.calls.lock().unwrap(), expected);
    assert_eq!(fs::read_to_string(page).unwrap(), "hello");
    assert!(!stage.home.path().join("root/g/d-1/bundle.tar").exists(), "the bundle goes when it is unpacked");
    assert_eq!(client.round().unwrap().commands, 0);
    assert_eq!(agent.root.interrupted().unwrap(), []);
}

#[test]
fn what_cannot_be_run_is_failed_without_an_acknowledgement() {
    let changed = |path: &str, value: Value| {
        let mut all = specification();
        *all.pointer_mut(path).unwrap() = value;
        all
    };
    let cases = [
        ("Install", changed("/DeploymentGroupId", json!("")), "the deployment specification has no DeploymentGroupId"),
        (
            "Install",
            changed("/Revision/RevisionType", json!("Bitbucket")),
            "the deployment specification is refused: this agent fetches no revision of type Bitbucket; put the bundle into \
             S3, or name a commit in GitHub",
        ),
        (
            "Install",
            changed("/Revision/S3Revision/BundleType", json!("rar")),
            "the deployment specification is refused: a bundle of type rar is none of tar, tgz and zip",
        ),
        ("UpdateDeploymentAgent", specification(), "Unsupported command type: UpdateDeploymentAgent."),
        (
            "ApplicationStart",
            changed("/DeploymentGroupId", json!("../up")),
            "'../up' cannot be the id of a deployment or its group: letters, digits, - and _",
        ),
    ];
    for (event, specification, message) in cases {
        let (stage, service) = (Stage::new(), service(&[event]));
        *service.specification.lock().unwrap() = specification;
        let path = stage.store();
        let store = Store(&path);
        let agent = stage.agent(&store);
        client(&service, &agent).round().unwrap();
        let failed = json!({ "error_code": 5, "script_name": "", "message": message, "log": "" });
        assert_eq!(service.outcomes(), [(false, failed)]);
        assert_eq!(*service.calls.lock().unwrap(), ["poll", "specification", "complete 0 false"]);
    }
}

#[test]
fn a_bundle_with_another_etag_is_refused() {
    let (stage, service) = (Stage::new(), service(&["DownloadBundle"]));
    service.specification.lock().unwrap()["Revision"]["S3Revision"]["ETag"] = json!("\"4567\"");
    let path = stage.store();
    let store = Store(&path);
    client(&service, &stage.agent(&store)).round().unwrap();
    let message = "Expected deployment artifact bundle etag 4567 but was actually 0123";
    assert_eq!(service.outcomes()[0].1["message"], message);
}

#[test]
fn a_command_that_is_decided_already_is_dropped_or_answered_if_it_is_a_noop() {
    for (status, event, answered) in [
        (CommandStatus::Succeeded, "DownloadBundle", 0),
        (CommandStatus::Failed, "DownloadBundle", 0),
        (CommandStatus::Succeeded, "ApplicationStop", 0),
        (CommandStatus::Failed, "ApplicationStop", 1),
    ] {
        let (stage, service) = (Stage::new(), service(&[event]));
        *service.status.lock().unwrap() = status;
        let path = stage.store();
        let store = Store(&path);
        client(&service, &stage.agent(&store)).round().unwrap();
        assert_eq!(service.outcomes().len(), answered, "{status:?} {event}");
        assert!(!stage.home.path().join("root/g").exists());
    }
}

#[test]
fn a_command_whose_completion_was_lost_is_answered_again_and_not_run_again() {
    let (stage, service) = (Stage::new(), service(&["DownloadBundle", "AfterInstall"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    let mut client = client(&service, &agent);
    service.lost.store(1, Ordering::SeqCst);
    client.round().unwrap_err();
    service.lost.store(0, Ordering::SeqCst);
    client.round().unwrap();
    assert_eq!((stage.ran(), service.outcomes().len()), (1, 2));
}

#[test]
fn an_agent_that_starts_again_reports_what_ran_when_it_ended() {
    let (stage, service) = (Stage::new(), service(&["DownloadBundle", "AfterInstall"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    // The first agent could not tell that it has unpacked the bundle.
    service.lost.store(1, Ordering::SeqCst);
    client(&service, &agent).round().unwrap_err();
    let mut second = client(&service, &agent);
    assert_eq!(second.report_interrupted().unwrap(), 1);
    assert_eq!(service.outcomes()[0].1["error_code"], 0);
    // The second one was killed while a script ran.
    let spec = specification::parse(&specification().to_string()).unwrap();
    agent.root.place(&spec).unwrap().begin(&stage.host, "AfterInstall", Some("1")).unwrap();
    let mut third = client(&service, &agent);
    assert_eq!(third.report_interrupted().unwrap(), 1);
    let message = "Failed: Failing in-progress lifecycle event after an agent restart.";
    let failed = json!({ "error_code": 7, "script_name": "", "message": message, "log": "" });
    assert_eq!(service.outcomes()[1], (false, failed));
    assert_eq!((stage.ran(), third.report_interrupted().unwrap()), (0, 0));
}

#[test]
fn an_agent_that_starts_again_goes_on_with_what_it_had_claimed_and_not_begun() {
    let (stage, service) = (Stage::new(), service(&["ApplicationStop", "DownloadBundle", "AfterInstall"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    // Each agent is killed before it hears that it has the command. The second one is told by an update that it has not.
    for answered in [CommandStatus::InProgress, CommandStatus::Failed, CommandStatus::InProgress] {
        service.lost_claims.store(1, Ordering::SeqCst);
        let mut killed = client(&service, &agent);
        while killed.round().is_ok() {}
        assert_eq!(agent.root.interrupted().unwrap().len(), 1);
        *service.wanted.lock().unwrap() = answered;
        let mut next = client(&service, &agent);
        assert_eq!(next.report_interrupted().unwrap(), 0, "nothing has run");
        let claim = next.claiming.clone().unwrap();
        next.resume(claim).unwrap();
        assert_eq!(agent.root.interrupted().unwrap(), []);
    }
    assert_eq!(service.updates.lock().unwrap().len(), 3);
    assert_eq!(service.outcomes().len(), 2);
    client(&service, &agent).round().unwrap();
    assert_eq!((stage.ran(), service.outcomes().len()), (1, 3));
}

#[test]
fn a_command_for_another_host_is_not_taken() {
    let (stage, service) = (Stage::new(), service(&["DownloadBundle"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    let mut client = client(&service, &agent);
    let command = HostCommand { host: "arn:aws:iam::111122223333:user/other".to_owned(), ..service.next().unwrap() };
    let refused = client.take(&command).unwrap_err().to_string();
    assert_eq!(refused, format!("the service sent a command for arn:aws:iam::111122223333:user/other to {HOST}"));
    assert_eq!(service.calls.lock().unwrap().len(), 0);
}
