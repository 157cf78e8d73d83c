//! Tells the service that a command still runs, and ends the command when the deployment no longer wants it.

use std::thread;
use std::time::Duration;

use spillway_wire::agent::CommandStatus;

use super::Service;
use crate::daemon::presence::Presence;
use crate::diagnostics::Diagnostics;
use crate::progress::Progress;
use crate::system::clock::{Bell, Clock};

/// Between two updates. A service that misses several knows that the host is gone.
const INTERVAL: Duration = Duration::from_secs(30);

/// Does the work of a command, with updates from another thread until the work ends.
pub fn accompany(
    service: &dyn Service,
    clock: &dyn Clock,
    progress: &Progress,
    presence: &Presence<'_>,
    command: &str,
    work: impl FnOnce() -> Diagnostics,
) -> Diagnostics {
    progress.begin();
    progress.cancellation.reset();
    let ended = Bell::default();
    thread::scope(|scope| {
        let updates = || {
            let mut told = String::new();
            while !clock.wait(&ended, INTERVAL) {
                // An update that is lost costs nothing: the next one says more. What the service has, it need not keep twice.
                let tail = progress.tail();
                let answered = service.update(command, if tail == told { "" } else { &tail });
                if answered.is_ok() {
                    told = tail;
                }
                presence.contact(answered.as_ref().err());
                if let Ok(CommandStatus::Failed) = answered {
                    progress.cancellation.cancel();
                    return;
                }
            }
        };
        // A host without room for a thread still runs its command; the service then hears of it at its end.
        let _thread = thread::Builder::new().name("heartbeat".to_owned()).spawn_scoped(scope, updates);
        let diagnostics = work();
        ended.ring();
        diagnostics
    })
}
