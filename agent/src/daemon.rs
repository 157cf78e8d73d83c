//! `run`: the agent as a daemon. It ends when it is asked to, and for nothing else.

pub mod journal;
pub mod pacing;
pub mod presence;
pub mod pulse;
pub mod shutdown;

use std::path::PathBuf;
use std::process;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::client::Client;
use crate::client::fault::Fault;
use crate::command::{Agent, Keep};
use crate::github::GitHub;
use crate::http::endpoint::Endpoint;
use crate::http::{AGENT_VERSION, Http};
use crate::identity::Identity;
use crate::secrets::AwsSecrets;
use crate::service::HostService;
use crate::settings::{FILE, Settings};
use crate::state::Root;
use crate::store::S3;
use crate::system::clock::{self, Clock, HostClock};
use crate::system::unix::{OWN_PROGRAM, Unix};
use journal::Journal;
use pacing::Pacing;
use presence::Presence;
use pulse::Pulse;
use shutdown::Shutdown;

/// The name under which this process writes files aside. Those of a process that runs `deploy-local` have another one.
const ASIDE: &str = ".spillway-agent";

/// How long the end of the agent waits until the service has heard of it.
const FAREWELL: Duration = Duration::from_secs(3);

static CLOCK: HostClock = HostClock;

/// The options of `run`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The configuration, in the form of CodeDeploy's agent
    #[arg(long, default_value = FILE)]
    pub config: PathBuf,
}

/// Runs the agent until a signal ends it.
pub fn run(options: &Options) -> Result<bool> {
    let settings = Settings::read(&options.config)?;
    let folder = || format!("the folder {} cannot be used", settings.root.display());
    let _lock = Root(settings.root.clone()).lock().with_context(folder)?;
    let journal: &'static Journal<'static> = Box::leak(Box::new(Journal::on_standard_error(&CLOCK)));
    let shutdown: &'static Shutdown = Box::leak(Box::default());
    journal.line(&format!("{AGENT_VERSION} starts with {}", options.config.display()));
    for warning in &settings.warnings {
        journal.line(&format!("warning: {warning}"));
    }
    let pulse = Pulse::begin(settings.read_timeout);
    let wait = settings.kill_wait;
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("signals cannot be received")?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if signals.forever().next().is_none() {
            return;
        }
        let when = if shutdown.is_busy() { "after the command that runs" } else { "now, since no command runs" };
        journal.line(&format!("asked to end; the agent ends {when}"));
        pulse.end();
        let is_idle = shutdown.stop(wait);
        if !is_idle {
            journal.line(&format!("the command still runs after {} s; its script is left alone", wait.as_secs()));
        }
        // The conversation may wait for an answer for as long as the service likes.
        if is_idle {
            CLOCK.wait(&shutdown.left, FAREWELL);
        }
        process::exit(if is_idle { 0 } else { 1 });
    })?;
    converse(&settings, journal, shutdown, pulse)?;
    Ok(true)
}

/// Takes commands until the agent is about to end.
fn converse(settings: &Settings, journal: &Journal<'_>, shutdown: &Shutdown, pulse: Pulse) -> Result<()> {
    let mut pacing = Pacing::new(settings.wait_between_runs, fastrand::Rng::new());
    let status_file = Root(settings.root.clone()).status_file();
    let presence = Presence::new(status_file, settings.service.to_string(), &CLOCK);
    let found = find_identity(settings, journal, &presence, (shutdown, pulse), &mut pacing);
    let Some(identity) = found else {
        presence.end();
        return Ok(());
    };
    presence.identify(&identity);
    let (host, region, source) = (&identity.host, &identity.region, identity.source());
    journal.line(&format!("host {host} in {region}, by {source}; service {}", settings.service));
    pulse.say(&format!("host {host}; service {}", settings.service));
    let http = |server: Option<&Endpoint>| Http::new(settings.read_timeout, settings.proxy_to(server));
    let service = HostService {
        http: http(Some(&settings.service)),
        endpoint: settings.service.clone(),
        identity: &identity,
        clock: &CLOCK,
        pulse,
    };
    let store = S3 {
        http: http(settings.s3.as_ref()),
        endpoint: settings.s3.clone(),
        identity: &identity,
        clock: &CLOCK,
        stopping: &shutdown.bell,
    };
    let github = GitHub::new(Some(settings), &CLOCK, &shutdown.bell).map_err(anyhow::Error::msg)?;
    let secrets = AwsSecrets::new(settings, &identity, &CLOCK, &shutdown.bell);
    let host = Unix::new(ASIDE.to_owned(), OWN_PROGRAM.into());
    let agent = Agent {
        bundles: Some(&store),
        commits: Some(&github),
        secrets: Some(&secrets),
        files_root: settings.files_root.clone(),
        keep: Keep { revisions: settings.max_revisions, ..Keep::default() },
        ..Agent::new(&host, settings.root.clone(), std::env::vars_os().collect(), clock::now)
    };
    let client = Client {
        service: &service,
        agent: &agent,
        host: &identity.host,
        clock: &CLOCK,
        shutdown,
        journal,
        presence: &presence,
        last: None,
        claiming: None,
        is_reported: false,
    };
    take_commands(client, pulse, &mut pacing);
    Ok(())
}

/// Finds out who this host is, however long it takes: at boot, the network may come later than the agent.
fn find_identity(
    settings: &Settings,
    journal: &Journal<'_>,
    presence: &Presence<'_>,
    (shutdown, pulse): (&Shutdown, Pulse),
    pacing: &mut Pacing,
) -> Option<Identity> {
    loop {
        let words = match Identity::find(settings) {
            Ok(identity) => return Some(identity),
            Err(words) => words,
        };
        let fault = Fault::NoIdentity(words);
        journal.enter(&fault.to_string(), &format!("{fault}; the agent tries again"));
        presence.contact(Some(&fault));
        pulse.say(&fault.to_string());
        if pulse.wait(&CLOCK, &shutdown.bell, pacing.after_failure(&fault)) {
            return None;
        }
    }
}

/// Takes commands until the agent is about to end. No fault of the network or the service ends it.
pub fn take_commands(mut client: Client<'_>, pulse: Pulse, pacing: &mut Pacing) {
    while !client.shutdown.is_stopping() {
        let round = client.round();
        client.presence.contact(round.as_ref().err());
        let wait = match round {
            Ok(round) => pacing.after_success(round.again_after),
            Err(fault) => {
                client.journal.enter(fault.state(), &format!("{fault}; the agent tries again"));
                pacing.after_failure(&fault)
            }
        };
        pulse.wait(client.clock, &client.shutdown.bell, wait);
    }
    // A service that does not hear of it waits for this host, and that is all.
    if let Err(fault) = client.service.leave(client.host) {
        client.journal.line(&format!("the service has not heard that the agent ends: {fault}"));
    }
    client.presence.end();
    client.shutdown.left.ring();
}
