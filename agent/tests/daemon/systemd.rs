//! The daemon under a service manager that wants signs of life.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::host::{Host, USER};
use super::run::Daemon;
use super::server::{Response, Server};

#[test]
fn a_daemon_says_that_it_is_ready_that_it_goes_on_and_that_it_ends() {
    let host = Host::new();
    host.write_user();
    let server = Server::start(|_| Response::new(200, "{\"PollAgainAfterSeconds\":0.1}"));
    let path = host.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let receive = || {
        let mut bytes = [0; 4_096];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let manager = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "60000000")];
    let agent = Daemon::start_in(&host, &server.url(), "", &manager);
    // Two calls of at most 80 s for the answer and 30 s for the rest.
    assert_eq!(receive(), "READY=1\nWATCHDOG_USEC=220000000\n");
    assert_eq!(receive(), format!("STATUS=host {USER}; service {}\n", server.url()));
    // A call, and the wait after it.
    let beats = [receive(), receive(), receive()];
    assert_eq!(beats, ["WATCHDOG=1\n"; 3]);
    agent.signal(Signal::SIGTERM);
    while receive() != "STOPPING=1\n" {}
    let (code, _, log) = agent.end(&host, &server.url());
    assert_eq!(code, Some(0), "{log}");
}
