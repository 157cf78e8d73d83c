//! CodeDeploy's agents, through the proxy: clients of ours that behave as each of them was seen to.

mod client;
mod conversations;
mod refusals;
mod seal;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use spillway_agent::daemon::journal::Journal;
use spillway_agent::proxy::exchange::{Commands, Exchange};
use spillway_agent::proxy::seal::Seal;
use spillway_agent::proxy::signature::Verifier;
use spillway_agent::proxy::{Service, http};
use spillway_agent::settings::Settings;
use spillway_agent::system::clock::Clock;

use super::host::{Host, SECRET, USER};
use super::server::{Request, Response, Server};
use super::signature::verify;

const COMMAND: &str = "[\"deploycontrol\",{\"deploymentId\":\"d-1\",\"commandName\":\"BeforeInstall\"}]";
const SPECIFICATION: &str = "{\"DeploymentId\":\"d-1\",\"note\":\"\u{e9}, as it was sent\"}";

/// Spillway's service: one command, sent until it is claimed.
#[derive(Default)]
struct Spillway {
    /// How many polls are answered without a command first.
    idle: usize,
    is_claimed: bool,
    completed: Vec<Value>,
}

impl Spillway {
    fn answer(&mut self, operation: &str, input: &Value) -> Value {
        let next = json!({ "HostCommandIdentifier": COMMAND, "HostIdentifier": USER,
            "DeploymentExecutionId": "Spillway/d-1/host-1/0", "CommandName": "BeforeInstall", "Nonce": 1 });
        match operation {
            "PollHostCommand" if self.idle > 0 || self.is_claimed => {
                self.idle = self.idle.saturating_sub(1);
                json!({ "PollAgainAfterSeconds": 7.5 })
            }
            "PollHostCommand" => json!({ "HostCommand": next, "PollAgainAfterSeconds": 1.0 }),
            "GetDeploymentSpecification" => json!({ "DeploymentSystem": "CodeDeploy", "DeploymentSpecification": {
                "GenericEnvelope": { "Format": "TEXT/JSON", "Payload": SPECIFICATION } } }),
            "PutHostCommandAcknowledgement" => {
                let status = if self.is_claimed { "Failed" } else { "InProgress" };
                self.is_claimed = true;
                json!({ "CommandStatus": status })
            }
            "PutHostCommandComplete" => {
                self.completed.push(serde_json::from_str(input["Diagnostics"]["Payload"].as_str().unwrap()).unwrap());
                json!({ "HostCommand": next, "PollAgainAfterSeconds": 1.0 })
            }
            other => panic!("{other} is called"),
        }
    }
}

fn operation(request: &Request) -> String {
    request.header("x-amz-target").unwrap().strip_prefix("CodeDeployCommandService_v20141006.").unwrap().to_owned()
}

/// A service that is asked as Spillway's agent would ask it.
fn serve(spillway: Spillway) -> (Server, Arc<Mutex<Spillway>>) {
    let spillway = Arc::new(Mutex::new(spillway));
    let shared = Arc::clone(&spillway);
    let server = Server::start(move |request| {
        assert_eq!(verify(request, SECRET).scope, "eu-west-1/lambda");
        let input = serde_json::from_slice(&request.body).unwrap();
        Response::new(200, shared.lock().unwrap().answer(&operation(request), &input).to_string())
    });
    (server, spillway)
}

/// A proxy before a service, on a port of its own. The host and what it logs stay until the process ends.
struct Proxy {
    address: SocketAddr,
    host: &'static Host,
    log: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    fn start(service: &str) -> Self {
        let host: &'static Host = Box::leak(Box::new(Host::new()));
        host.write_user();
        Self::of(host, service)
    }

    fn of(host: &'static Host, service: &str) -> Self {
        let clock: &'static dyn Clock = &host.clock;
        let configuration = host.configuration(service, super::host::NO_SERVER);
        let settings = Settings::parse(&configuration, "proxy.yml".as_ref()).unwrap();
        let service: &'static Service<'static> = Box::leak(Box::new(Service::new(settings, clock)));
        let log = Arc::new(Mutex::new(Vec::new()));
        let journal = Journal::new(clock, Box::new(Log(Arc::clone(&log))));
        let exchange: &'static Exchange<'static> = Box::leak(Box::new(Exchange {
            upstream: service,
            keys: service,
            verifier: Verifier::default(),
            seal: Seal::new().unwrap(),
            clock,
            journal: Box::leak(Box::new(journal)),
            commands: Mutex::new(Commands::default()),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            http::serve(&listener, Box::leak(Box::new(|request: &http::Request| exchange.answer(request))));
        });
        Self { address, host, log }
    }

    fn logged(&self) -> String {
        String::from_utf8(self.log.lock().unwrap().clone()).unwrap()
    }

    /// The seconds that polls have waited.
    fn waited(&self) -> Vec<f64> {
        self.host.clock.waits.lock().unwrap().iter().map(std::time::Duration::as_secs_f64).collect()
    }
}

struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
