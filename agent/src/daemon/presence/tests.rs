//! The file of a daemon, on a clock that the test turns.

use jiff::ToSpan;
use spillway_appspec::server::FileExistsBehavior;
use tempfile::TempDir;

use super::*;
use crate::spec::Revision;
use crate::system::clock::Bell;

#[derive(Default)]
struct Turned(Mutex<Timestamp>);

impl Turned {
    fn turn(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now += seconds.seconds();
    }
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn wait(&self, bell: &Bell, _: std::time::Duration) -> bool {
        bell.is_rung()
    }
}

struct Stage {
    home: TempDir,
    clock: Turned,
}

impl Stage {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), clock: Turned::default() }
    }

    fn presence(&self) -> Presence<'_> {
        Presence::new(self.path(), "https://agents.example.com".to_owned(), &self.clock)
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("daemon.json")
    }

    fn read(&self) -> Record {
        Record::read(&self.path()).unwrap()
    }
}

fn spec(id: usize) -> DeploymentSpec {
    DeploymentSpec {
        deployment_id: format!("d-{id}"),
        group_id: "g".to_owned(),
        group_name: "prod".to_owned(),
        application_name: "shop".to_owned(),
        is_blue_green_rollback: false,
        revision: Revision::Local { location: "/bundles/shop".into(), kind: None },
        archive_of: None,
        appspec_filename: None,
        file_exists_behavior: FileExistsBehavior::Disallow,
        events: None,
    }
}

#[test]
fn an_answer_like_the_one_before_is_written_at_most_each_minute_and_a_fault_at_once() {
    let stage = Stage::new();
    let presence = stage.presence();
    presence.contact(None);
    let first = stage.clock.now();
    let contact = |at| Contact { at, since: first, state: "answered".to_owned(), fault: None };
    assert_eq!(stage.read().contact, Some(contact(first)));
    stage.clock.turn(59);
    presence.contact(None);
    assert_eq!(stage.read().contact, Some(contact(first)), "less than a minute later, nothing is written");
    stage.clock.turn(1);
    presence.contact(None);
    assert_eq!(stage.read().contact, Some(contact(stage.clock.now())));
    stage.clock.turn(1);
    presence.contact(Some(&Fault::Denied("x".repeat(1_000))));
    let fault = stage.read().contact.unwrap();
    assert!(!fault.is_answered() && fault.since == stage.clock.now() && fault.state == "denied", "{fault:?}");
    assert_eq!(fault.fault.unwrap().len(), MOST_MESSAGE);
    // A clock that was set back does not keep the file from being written.
    stage.clock.turn(-3_600);
    presence.contact(Some(&Fault::Denied(String::new())));
    assert_eq!(stage.read().contact.unwrap().at, stage.clock.now());
}

#[test]
fn the_last_commands_and_what_was_installed_outlive_the_daemon() {
    let stage = Stage::new();
    let presence = stage.presence();
    let began_at = stage.clock.now();
    stage.clock.turn(2);
    for n in 0..MOST_COMMANDS + 2 {
        presence.command(&spec(n), "Install", began_at, &Diagnostics::success(String::new()));
    }
    presence.command(&spec(99), "Install", began_at, &Diagnostics::failure("no space"));
    presence.end();
    assert_eq!(stage.read().ended_at, Some(stage.clock.now()));
    let host =
        HostRecord { arn: "arn".to_owned(), region: "r".to_owned(), kind: "k".to_owned(), source: "s".to_owned() };
    let identified = Record { host: Some(host), ..stage.read() };
    fs::write(stage.path(), serde_json::to_vec(&identified).unwrap()).unwrap();
    let _next = stage.presence();
    let record = stage.read();
    assert_eq!((record.ended_at, record.commands.len()), (None, MOST_COMMANDS));
    assert_eq!(record.commands[0].deployment, "d-3");
    let last = record.commands.back().unwrap();
    assert_eq!((last.code, last.message.as_str(), last.milliseconds), (5, "no space", 2_000));
    let group = &record.groups["g"];
    assert_eq!(
        (group.deployment.as_str(), group.revision.as_str()),
        ("d-21", "/bundles/shop"),
        "a failure installs nothing"
    );
    assert_eq!(record.process, Running::current());
    assert_eq!(record.host, None, "a daemon finds out anew who the host is");
}

#[test]
fn a_file_that_cannot_be_read_is_none_and_one_that_cannot_be_written_ends_nothing() {
    let stage = Stage::new();
    fs::write(stage.path(), "{").unwrap();
    assert_eq!(Record::read(&stage.path()), None);
    let nowhere = Presence::new(stage.path().join("nowhere"), String::new(), &stage.clock);
    nowhere.end();
    assert!(!stage.path().join("nowhere").exists());
    // Records of other versions have other members.
    fs::write(stage.path(), "{\"version\":\"spillway-9\",\"more\":1}").unwrap();
    assert_eq!(stage.read().version, "spillway-9");
}
