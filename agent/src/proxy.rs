//! `proxy`: lets CodeDeploy's own agent, of version 1 or 2 and unchanged, work for Spillway.
//!
//! It answers on loopback as CodeDeploy does, and calls the service in the name of the host, as Spillway's agent would.

pub mod exchange;
pub mod http;
pub mod seal;
pub mod signature;

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use anyhow::{Context, Result, anyhow};
use aws_credential_types::Credentials;
use jiff::Timestamp;
use spillway_wire::agent::AgentOperation;

use crate::client::fault::Fault;
use crate::daemon::journal::Journal;
use crate::daemon::pulse::Pulse;
use crate::http::{AGENT_VERSION, Answer, Http};
use crate::identity::Identity;
use crate::service::HostService;
use crate::settings::Settings;
use crate::system::clock::{Clock, HostClock};
use exchange::{Commands, Exchange, Upstream};
use seal::Seal;
use signature::{Keys, Verifier};

static CLOCK: HostClock = HostClock;

/// The options of `proxy`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The proxy's configuration, in the form of the agent's; :deploy_control_endpoint: is Spillway's address for agents
    #[arg(long, default_value = "/etc/codedeploy-agent/conf/spillway-proxy.yml")]
    pub config: PathBuf,
    /// The port on 127.0.0.1, for :deploy_control_endpoint: of CodeDeploy's agent; 0 takes any free one
    #[arg(long, default_value_t = 4782)]
    pub port: u16,
}

/// Answers CodeDeploy's agent until a signal ends the process.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<bool> {
    let settings = Settings::read(&options.config)?;
    let seal = Seal::new().map_err(|words| anyhow!(words))?;
    let taken = || format!("port {} of 127.0.0.1 cannot be had; choose another one by --port", options.port);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).with_context(taken)?;
    let journal: &'static Journal<'static> = Box::leak(Box::new(Journal::on_standard_error(&CLOCK)));
    journal.line(&format!("{AGENT_VERSION} is a proxy with {}", options.config.display()));
    for warning in &settings.warnings {
        journal.line(&format!("warning: {warning}"));
    }
    let pulse = Pulse::begin(settings.read_timeout);
    let service: &'static Service<'static> = Box::leak(Box::new(Service::new(settings, &CLOCK)));
    let (keys, upstream) = (service, service);
    let (verifier, commands) = (Verifier::default(), Mutex::new(Commands::default()));
    let exchange: &'static Exchange<'static> =
        Box::leak(Box::new(Exchange { upstream, keys, verifier, seal, clock: &CLOCK, journal, commands }));
    let url = format!("http://{}", listener.local_addr()?);
    pulse.say(&format!("answers CodeDeploy's agent at {url}"));
    writeln!(out, "{url}")?;
    out.flush()?;
    http::serve(&listener, Box::leak(Box::new(|request: &http::Request| exchange.answer(request))));
    Ok(true)
}

/// Spillway's service and this host, which may have its identity later than the proxy starts.
pub struct Service<'a> {
    settings: Settings,
    http: Http,
    clock: &'a dyn Clock,
    identity: OnceLock<Identity>,
}

impl<'a> Service<'a> {
    /// The service of a configuration.
    pub fn new(settings: Settings, clock: &'a dyn Clock) -> Self {
        let http = Http::new(settings.read_timeout, settings.proxy_to(Some(&settings.service)));
        Self { settings, http, clock, identity: OnceLock::new() }
    }

    fn identity(&self) -> Result<&Identity, String> {
        match self.identity.get() {
            Some(identity) => Ok(identity),
            None => Identity::find(&self.settings).map(|found| self.identity.get_or_init(|| found)),
        }
    }
}

impl Keys for Service<'_> {
    fn current(&self, now: Timestamp) -> Result<Credentials, String> {
        self.identity()?.credentials(now)
    }

    fn forget(&self) {
        if let Some(identity) = self.identity.get() {
            identity.forget_credentials();
        }
    }
}

impl Upstream for Service<'_> {
    fn forward(&self, operation: AgentOperation, body: &[u8], version: &str) -> Result<Answer, Fault> {
        let service = HostService {
            http: self.http.clone(),
            endpoint: self.settings.service.clone(),
            identity: self.identity().map_err(Fault::NoIdentity)?,
            clock: self.clock,
            pulse: Pulse::default(),
        };
        service.forward(operation, body, version)
    }
}
