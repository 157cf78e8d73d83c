//! The service and S3 in one server. It has deployments when the bench asks for them.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Stopwatch;
use crate::host::USER;
use crate::server::{Request, Response, Server};

const COMMANDS: [&str; 4] = ["ApplicationStop", "DownloadBundle", "Install", "ValidateService"];
/// Between polls that find nothing.
const IDLE_SECONDS: f64 = 1.0;
/// Between the end of a deployment and the next one.
const BUSY_SECONDS: f64 = 0.1;

#[derive(Default)]
struct State {
    polls: usize,
    /// The deployments that are still to come, the one that runs included.
    waiting: usize,
    /// How many commands of all deployments are answered.
    answered: usize,
    /// Since the poll that a deployment has begun with.
    since: Option<Stopwatch>,
    took: Vec<Duration>,
}

impl State {
    /// The next command: the number of its deployment, and its own.
    fn next(&self) -> Value {
        if self.waiting == 0 {
            return Value::Null;
        }
        let (deployment, command) = (self.answered / COMMANDS.len(), self.answered % COMMANDS.len());
        json!({ "HostCommandIdentifier": self.answered.to_string(), "HostIdentifier": USER,
            "DeploymentExecutionId": format!("a/b/c/d-{deployment}"), "CommandName": COMMANDS[command] })
    }

    fn answer(&mut self, request: &Request) -> Value {
        let input: Value = serde_json::from_slice(&request.body).unwrap();
        match request.header("x-amz-target").unwrap().rsplit('.').next().unwrap() {
            "PollHostCommand" => {
                self.polls += 1;
                let command = self.next();
                if !command.is_null() {
                    self.since = Some(Stopwatch::start());
                }
                json!({ "HostCommand": command, "PollAgainAfterSeconds": IDLE_SECONDS })
            }
            "GetDeploymentSpecification" => {
                let id = input["DeploymentExecutionId"].as_str().unwrap().rsplit('/').next().unwrap();
                let specification = json!({ "DeploymentId": id, "DeploymentGroupId": "g", "DeploymentGroupName": "prod",
                    "ApplicationName": "shop", "Revision": { "RevisionType": "S3", "S3Revision": {
                        "Bucket": "bundles", "Key": "shop.tgz", "BundleType": "tgz", "ETag": "\"0123\"" } } });
                json!({ "DeploymentSystem": "CodeDeploy", "DeploymentSpecification": { "GenericEnvelope": {
                    "Format": "TEXT/JSON", "Payload": specification.to_string() } } })
            }
            "PutHostCommandAcknowledgement" | "PostHostCommandUpdate" => json!({ "CommandStatus": "InProgress" }),
            "PutHostCommandComplete" => {
                assert_eq!(input["CommandStatus"], "Succeeded", "{input}");
                self.answered += 1;
                if self.answered.is_multiple_of(COMMANDS.len()) {
                    self.took.push(self.since.take().unwrap().passed());
                    self.waiting -= 1;
                    return json!({ "HostCommand": null, "PollAgainAfterSeconds": BUSY_SECONDS });
                }
                json!({ "HostCommand": self.next() })
            }
            other => panic!("{other} is called"),
        }
    }
}

pub(crate) struct Service {
    server: Server,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Service {
    pub(crate) fn start(bundle: Vec<u8>) -> Self {
        let state = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| {
            if request.method == "GET" {
                return Response::new(200, bundle.clone()).with("etag", "\"0123\"");
            }
            let (state, changed) = &*shared;
            let answer = state.lock().unwrap().answer(request);
            changed.notify_all();
            Response::new(200, answer.to_string())
        });
        Self { server, state }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// How often the agent has polled.
    pub(crate) fn polls(&self) -> usize {
        self.state.0.lock().unwrap().polls
    }

    /// Waits until the agent has polled so many times more.
    pub(crate) fn await_polls(&self, count: usize) {
        let target = self.polls() + count;
        self.await_until(|state| state.polls >= target);
    }

    /// Deploys so many times, one after another; how long each took.
    pub(crate) fn deploy(&self, count: usize) -> Vec<Duration> {
        self.state.0.lock().unwrap().waiting = count;
        self.await_until(|state| state.waiting == 0);
        std::mem::take(&mut self.state.0.lock().unwrap().took)
    }

    fn await_until(&self, holds: impl Fn(&State) -> bool) {
        /// An agent that has not come by then does not come.
        const PATIENCE: Duration = Duration::from_secs(300);
        let (state, changed) = &*self.state;
        let outcome = changed.wait_timeout_while(state.lock().unwrap(), PATIENCE, |state| !holds(state)).unwrap();
        assert!(!outcome.1.timed_out(), "the agent has stopped calling its service");
    }
}
