//! The daemon's loop, on a clock that the test turns.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use spillway_agent::client::Client;
use spillway_agent::command::Agent;
use spillway_agent::daemon::journal::Journal;
use spillway_agent::daemon::pacing::Pacing;
use spillway_agent::daemon::presence::{Presence, Record};
use spillway_agent::daemon::pulse::Pulse;
use spillway_agent::daemon::shutdown::Shutdown;
use spillway_agent::daemon::take_commands;
use spillway_agent::http::Http;
use spillway_agent::http::endpoint::Endpoint;
use spillway_agent::service::HostService;
use spillway_agent::system::clock::{self, Bell, Clock};
use spillway_agent::system::unix::Unix;

use super::host::{Host, USER};
use super::server::{Response, Server};

/// A clock whose waits are over at once, and on which the agent is asked to end after so many.
struct Ending<'a> {
    shutdown: &'a Shutdown,
    left: AtomicUsize,
    waits: Mutex<Vec<Duration>>,
}

impl Clock for Ending<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn wait(&self, bell: &Bell, at_most: Duration) -> bool {
        self.waits.lock().unwrap().push(at_most);
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            assert!(self.shutdown.stop(Duration::ZERO));
        }
        bell.is_rung()
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_change_of_state_is_logged_once_and_failures_are_waited_out_longer_and_longer() {
    let answers = Mutex::new(0);
    let server = Server::start(move |_| {
        let mut count = answers.lock().unwrap();
        *count += 1;
        match *count {
            1..=3 => Response::new(502, ""),
            4 | 5 => Response::new(200, "{\"PollAgainAfterSeconds\":60}"),
            // A call that is not let in is made a second time, with keys that are read anew.
            6..=9 => Response::new(403, "{\"Message\":\"Forbidden\"}"),
            10 => Response::new(429, ""),
            _ => Response::new(200, "{}"),
        }
    });
    let (host, shutdown, lines) = (Host::new(), Shutdown::default(), Lines::default());
    let identity = host.user();
    let clock = Ending { shutdown: &shutdown, left: AtomicUsize::new(9), waits: Mutex::default() };
    let journal = Journal::new(&clock, Box::new(lines.clone()));
    let http = Http::new(Duration::from_secs(20), None);
    let endpoint = Endpoint::parse(&server.url()).unwrap();
    let service = HostService { http, endpoint, identity: &identity, clock: &clock, pulse: Pulse::default() };
    let unix = Unix::new("aside".to_owned(), "/nowhere".into());
    let agent = Agent::new(&unix, host.path("root"), Vec::new(), clock::now);
    let presence = Presence::new(host.path("status.json"), server.url(), &clock);
    let client = Client {
        service: &service,
        agent: &agent,
        host: USER,
        clock: &clock,
        shutdown: &shutdown,
        journal: &journal,
        presence: &presence,
        last: None,
        claiming: None,
        is_reported: false,
    };
    take_commands(client, Pulse::default(), &mut Pacing::new(Duration::from_secs(30), fastrand::Rng::with_seed(1)));
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    insta::assert_snapshot!("states", log.replace(&server.url(), "SERVICE"));
    let record = Record::read(&host.path("status.json")).unwrap();
    assert!(record.contact.unwrap().is_answered() && record.ended_at.is_some(), "status tells of another end");
    let waits: Vec<u64> = clock.waits.lock().unwrap().iter().map(Duration::as_secs).collect();
    let bounds = [1..=1, 2..=2, 4..=5, 60..=60, 60..=60, 1..=1, 2..=2, 4..=5, 30..=30];
    assert!(
        waits.len() == bounds.len() && waits.iter().zip(&bounds).all(|(wait, within)| within.contains(wait)),
        "{waits:?}"
    );
}
