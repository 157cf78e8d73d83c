//! What the service hears while a script runs, and what it says.

use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;

use super::*;
use crate::daemon::presence::Record;
use crate::system::clock::Bell;

/// A clock on which so many waits are over at once; the next one lasts until the bell rings.
struct Turned(AtomicUsize);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn wait(&self, bell: &Bell, at_most: Duration) -> bool {
        assert_eq!(at_most, Duration::from_secs(30));
        match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => bell.is_rung(),
            Err(_) => bell.wait(Duration::from_secs(600)),
        }
    }
}

/// A deployment of two scripts, of which the second one ends when something is written into the pipe, or by TERM.
fn stage() -> Stage {
    let stage = Stage::new();
    let appspec = "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: first\n    - location: second\n";
    let mut archive = tar::Builder::new(fs::File::create(stage.store()).unwrap());
    let files = [
        ("appspec.yml", appspec),
        ("first", "#!/bin/sh\necho one\n"),
        ("second", "#!/bin/sh\necho waiting\nread word <../../../../pipe\n"),
    ];
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        archive.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    nix::unistd::mkfifo(&stage.home.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    stage
}

/// Writes into the pipe. It is open for reading as well, so that the test does not wait for a script that never comes.
fn say_go(home: &Path) -> fs::File {
    let mut pipe = fs::OpenOptions::new().read(true).write(true).open(home.join("pipe")).unwrap();
    io::Write::write_all(&mut pipe, b"go\n").unwrap();
    pipe
}

#[test]
fn a_script_whose_deployment_no_longer_wants_it_is_ended() {
    let (stage, service) = (stage(), service(&["DownloadBundle", "AfterInstall"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = Agent { grace: Duration::from_millis(200), ..stage.agent(&store) };
    *service.wanted.lock().unwrap() = CommandStatus::Failed;
    // The bundle is unpacked without an update; the scripts are not: the first update ends them, wherever they are.
    let clock = Turned(AtomicUsize::new(0));
    let mut client = on_clock(&service, &agent, &clock);
    let download = client.service.poll(HOST).unwrap().command.unwrap();
    client.take(&download).unwrap();
    clock.0.store(1, Ordering::SeqCst);
    client.round().unwrap();
    let outcomes = service.outcomes();
    let (succeeded, diagnostics) = &outcomes[1];
    assert!(!succeeded && diagnostics["error_code"] == 4, "{diagnostics}");
    let message = diagnostics["message"].as_str().unwrap();
    assert!(message.ends_with(", since the deployment no longer waits for AfterInstall"), "{message}");
    assert_eq!(service.updates.lock().unwrap().len(), 1);
    // The next command is one that is wanted.
    assert!(agent.progress.cancellation.is_cancelled());
    *service.wanted.lock().unwrap() = CommandStatus::InProgress;
    let again = HostCommand { id: "again".to_owned(), event: "AfterInstall".to_owned(), ..download };
    let _pipe = say_go(stage.home.path());
    client.take(&again).unwrap();
    assert!(service.outcomes()[2].0, "{:?}", service.outcomes());
}

#[test]
fn updates_have_the_log_so_far_and_end_with_the_script() {
    let (stage, service) = (stage(), service(&["DownloadBundle", "AfterInstall"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    let clock = Turned(AtomicUsize::new(0));
    let mut client = on_clock(&service, &agent, &clock);
    let download = client.service.poll(HOST).unwrap().command.unwrap();
    client.take(&download).unwrap();
    clock.0.store(usize::MAX, Ordering::SeqCst);
    let home = stage.home.path();
    std::thread::scope(|scope| {
        let go = scope.spawn(|| {
            let has_both = |log: &String| log.contains("[stdout]one\n") && log.contains("[stdout]waiting\n");
            while !service.updates.lock().unwrap().iter().any(has_both) {
                std::thread::yield_now();
            }
            say_go(home)
        });
        client.round().unwrap();
        go.join().unwrap();
    });
    let updates = service.updates.lock().unwrap();
    let news: Vec<&String> = updates.iter().filter(|log| !log.is_empty()).collect();
    let last = news.last().copied();
    assert_eq!(news.iter().filter(|log| Some(**log) == last).count(), 1, "what the service has it does not get again");
    let record = Record::read(&agent.root.status_file()).unwrap();
    assert!(record.contact.unwrap().is_answered(), "status tells of an update");
    assert!(service.outcomes().iter().all(|(succeeded, _)| *succeeded), "{:?}", service.outcomes());
}

#[test]
fn an_agent_that_is_about_to_end_begins_no_command() {
    let (stage, service) = (Stage::new(), service(&["DownloadBundle"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    let mut client = client(&service, &agent);
    let busy = client.shutdown.begin().unwrap();
    assert!(client.shutdown.is_busy() && !client.shutdown.stop(Duration::ZERO));
    drop(busy);
    assert!(client.shutdown.stop(Duration::from_secs(600)));
    assert_eq!(client.round().unwrap().commands, 0);
    assert_eq!(*service.calls.lock().unwrap(), ["poll"]);
}

#[test]
fn an_outcome_that_the_service_does_not_want_is_dropped() {
    let (stage, service) = (Stage::new(), service(&["DownloadBundle"]));
    let path = stage.store();
    let store = Store(&path);
    let agent = stage.agent(&store);
    *service.refuses.lock().unwrap() = true;
    let mut client = client(&service, &agent);
    assert_eq!(client.round().unwrap(), Round { commands: 1, again_after: Some(Duration::from_secs(30)) });
    assert_eq!(agent.root.interrupted().unwrap(), []);
}

#[test]
fn a_command_whose_claim_was_not_answered_runs_if_the_service_counts_it_as_claimed() {
    for (status, ran) in [
        (CommandStatus::InProgress, 1),
        (CommandStatus::Pending, 0),
        (CommandStatus::Succeeded, 0),
        (CommandStatus::Failed, 0),
    ] {
        let (stage, service) = (Stage::new(), service(&["DownloadBundle", "AfterInstall"]));
        let path = stage.store();
        let store = Store(&path);
        let agent = stage.agent(&store);
        let mut client = client(&service, &agent);
        let download = client.service.poll(HOST).unwrap().command.unwrap();
        client.take(&download).unwrap();
        service.lost_claims.store(1, Ordering::SeqCst);
        client.round().unwrap_err();
        assert_eq!((stage.ran(), service.outcomes().len()), (0, 1));
        *service.wanted.lock().unwrap() = status;
        // What is not claimed is sent again by polls, and claimed then by a second call.
        *service.status.lock().unwrap() = CommandStatus::Failed;
        client.round().unwrap();
        assert_eq!((stage.ran(), service.outcomes().len()), (ran, 1 + ran), "{status:?}");
        assert!(client.claiming.is_none());
    }
}
