//! `spillway-agent run`, as a service manager runs it, with a service and S3 in one server.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::host::{Host, NO_SERVER, SECRET, USER};
use super::server::{Request, Response, Server};
use super::signature::verify;

/// The service: a list of commands, of which one is sent until it is claimed, and what became of them.
#[derive(Default)]
struct Service {
    commands: Vec<&'static str>,
    claimed: Vec<String>,
    completed: Vec<(String, Value)>,
    /// How many calls fail first.
    failing: usize,
}

impl Service {
    /// The next command: none while one runs.
    fn next(&self) -> Value {
        let n = self.completed.len();
        match self.commands.get(n) {
            Some(event) if self.claimed.len() == n => json!({ "HostCommandIdentifier": n.to_string(),
                "HostIdentifier": USER, "DeploymentExecutionId": "a/b/c/d", "CommandName": event }),
            Some(_) | None => Value::Null,
        }
    }

    fn answer(&mut self, request: &Request) -> Value {
        let input: Value = serde_json::from_slice(&request.body).unwrap();
        let command = input["HostCommandIdentifier"].as_str().unwrap_or_default().to_owned();
        match request.header("x-amz-target").unwrap().rsplit('.').next().unwrap() {
            "PollHostCommand" => json!({ "HostCommand": self.next(), "PollAgainAfterSeconds": 0.01 }),
            "GetDeploymentSpecification" => {
                let specification = json!({ "DeploymentId": "d-1", "DeploymentGroupId": "g", "DeploymentGroupName": "prod",
                    "ApplicationName": "shop", "Revision": { "RevisionType": "S3", "S3Revision": {
                        "Bucket": "bundles", "Key": "shop.tar", "BundleType": "tar", "ETag": "\"0123\"" } } });
                json!({ "DeploymentSystem": "CodeDeploy", "DeploymentSpecification": { "GenericEnvelope": {
                    "Format": "TEXT/JSON", "Payload": specification.to_string() } } })
            }
            "PutHostCommandAcknowledgement" => {
                let is_first = !self.claimed.contains(&command);
                self.claimed.extend(is_first.then_some(command));
                json!({ "CommandStatus": if is_first { "InProgress" } else { "Failed" } })
            }
            "PostHostCommandUpdate" => json!({ "CommandStatus": "InProgress" }),
            "PutHostCommandComplete" => {
                let payload = input["Diagnostics"]["Payload"].as_str().unwrap();
                if !self.completed.iter().any(|(known, _)| *known == command) {
                    self.completed.push((command, serde_json::from_str(payload).unwrap()));
                }
                json!({ "HostCommand": self.next(), "PollAgainAfterSeconds": 0.01 })
            }
            other => panic!("{other} is called"),
        }
    }
}

fn start(service: Service, bundle: Vec<u8>) -> (Server, Arc<Mutex<Service>>) {
    let service = Arc::new(Mutex::new(service));
    let shared = Arc::clone(&service);
    let server = Server::start(move |request| {
        let signed = verify(request, SECRET);
        if request.method == "GET" {
            assert_eq!((request.path.as_str(), signed.scope.as_str()), ("/bundles/shop.tar", "eu-west-1/s3"));
            return Response::new(200, bundle.clone()).with("etag", "\"0123\"");
        }
        assert_eq!(signed.scope, "eu-west-1/lambda");
        let mut service = shared.lock().unwrap();
        if service.failing > 0 {
            service.failing -= 1;
            return Response::new(429, "{\"Reason\":\"ConcurrentInvocationLimitExceeded\"}");
        }
        Response::new(200, service.answer(request).to_string())
    });
    (server, service)
}

/// A bundle with a page and a script for each hook. The one of ApplicationStart waits at a pipe.
fn bundle(host: &Host) -> Vec<u8> {
    let hook = |event: &str, script: &str| format!("  {event}:\n    - location: {script}\n");
    let appspec = format!(
        "version: 0.0\nos: linux\nfiles:\n  - source: page\n    destination: {}\nhooks:\n{}{}{}",
        host.path("site").display(),
        hook("AfterInstall", "after"),
        hook("ApplicationStart", "start"),
        hook("ValidateService", "after")
    );
    let start =
        format!("echo $$ >{0}.new\nmv {0}.new {0}\nread word <{1}\n", path(host, "started"), path(host, "pipe"));
    let after = "echo $LIFECYCLE_EVENT of $DEPLOYMENT_ID\nenv | grep -c secret-of-a\nexit 0\n";
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in [("appspec.yml", appspec.as_str()), ("page", "hello"), ("after", after), ("start", &start)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn path(host: &Host, name: &str) -> String {
    host.path(name).display().to_string()
}

/// A daemon, ended with the test.
pub struct Daemon {
    child: Child,
    log: BufReader<ChildStderr>,
    read: String,
}

impl Daemon {
    fn start(host: &Host, server: &str, more: &str) -> Self {
        Self::start_in(host, server, more, &[])
    }

    /// One that has some variables in its environment.
    pub fn start_in(host: &Host, server: &str, more: &str, environment: &[(&str, &str)]) -> Self {
        let configuration = host.configuration(server, NO_SERVER);
        host.write(
            "agent.yml",
            &format!("{configuration}:s3_endpoint_override: {server}\n:log_dir: /var/log/aws\n{more}"),
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_spillway-agent"));
        command.arg("run").arg("--config").arg(host.path("agent.yml"));
        // Keys of the environment are those of a person.
        command.env("AWS_ACCESS_KEY_ID", "AKIAPERSON").env("AWS_SECRET_ACCESS_KEY", "secret-of-a-person");
        command.envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log, read: String::new() }
    }

    /// Reads the log until a line has these words.
    fn await_line(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let count = self.log.read_line(&mut line).unwrap();
            self.read.push_str(&line);
            assert!(count > 0, "the agent has ended without '{words}':\n{}", self.read);
        }
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the end. The code, and the log without times.
    pub fn end(mut self, host: &Host, server: &str) -> (Option<i32>, Option<i32>, String) {
        let status = self.child.wait().unwrap();
        self.log.read_to_string(&mut self.read).unwrap();
        let lines = self.read.lines().map(|line| match line.strip_prefix("    ") {
            Some(_) => format!("{line}\n"),
            None => format!("TIME {}\n", line.split_once(' ').unwrap().1),
        });
        let log = host.neutral(&lines.collect::<String>()).replace(server, "SERVICE");
        (status.code(), status.signal(), log)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn await_script(host: &Host) -> Pid {
    loop {
        match fs::read_to_string(host.path("started")) {
            Ok(text) => return Pid::from_raw(text.trim().parse().unwrap()),
            Err(_) => std::thread::yield_now(),
        }
    }
}

/// A host on premises with a service that has commands for it.
fn stage(commands: &[&'static str], failing: usize) -> (Host, Server, Arc<Mutex<Service>>) {
    let host = Host::new();
    host.write_user();
    nix::unistd::mkfifo(&host.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let service = Service { commands: commands.to_vec(), failing, ..Service::default() };
    let (server, service) = start(service, bundle(&host));
    (host, server, service)
}

const EVENTS: [&str; 6] =
    ["ApplicationStop", "DownloadBundle", "Install", "AfterInstall", "ApplicationStart", "ValidateService"];

#[test]
fn a_deployment_goes_on_after_the_agent_was_killed_and_the_service_hears_what_was_interrupted() {
    let (host, server, service) = stage(&EVENTS, 1);
    let mut first = Daemon::start(&host, &server.url(), "");
    first.await_line("ApplicationStart of deployment d-1 begins");
    let script = await_script(&host);
    first.signal(Signal::SIGKILL);
    let (code, signal, log) = first.end(&host, &server.url());
    assert_eq!((code, signal), (None, Some(9)));
    insta::assert_snapshot!("first_run", log);
    kill(script, Signal::SIGKILL).expect("what a script starts outlives the agent");

    let mut second = Daemon::start(&host, &server.url(), "");
    second.await_line("ValidateService of deployment d-1 succeeded");
    // With a poll behind its last command, the agent is idle.
    let is_poll =
        |request: &Request| request.header("x-amz-target").is_some_and(|target| target.ends_with("PollHostCommand"));
    while service.lock().unwrap().completed.len() < EVENTS.len() || !server.requests().last().is_some_and(is_poll) {
        std::thread::yield_now();
    }
    second.signal(Signal::SIGTERM);
    let (code, _, log) = second.end(&host, &server.url());
    assert_eq!(code, Some(0), "{log}");
    insta::assert_snapshot!("second_run", log);
    assert_eq!(fs::read_to_string(host.path("site/page")).unwrap(), "hello");
    let service = service.lock().unwrap();
    let outcomes =
        service.completed.iter().map(|(id, outcome)| format!("{} {outcome}\n", EVENTS[id.parse::<usize>().unwrap()]));
    insta::assert_snapshot!("outcomes", outcomes.collect::<String>());
}

#[test]
fn an_agent_that_is_asked_to_end_ends_after_the_command_that_runs() {
    let (host, server, service) = stage(&["DownloadBundle", "ApplicationStart", "ValidateService"], 0);
    let mut agent = Daemon::start(&host, &server.url(), "");
    agent.await_line("ApplicationStart of deployment d-1 begins");
    await_script(&host);
    agent.signal(Signal::SIGTERM);
    agent.await_line("the agent ends after the command that runs");
    // Open for reading as well, the pipe takes the word also if the script has ended.
    let mut pipe = fs::OpenOptions::new().read(true).write(true).open(host.path("pipe")).unwrap();
    pipe.write_all(b"go\n").unwrap();
    let (code, _, log) = agent.end(&host, &server.url());
    assert_eq!(code, Some(0), "{log}");
    let service = service.lock().unwrap();
    let outcomes: Vec<_> = service.completed.iter().map(|(_, outcome)| outcome["error_code"].clone()).collect();
    assert_eq!(outcomes, [json!(0), json!(0)], "{log}");
    assert!(fs::read_dir(host.path("root/ongoing-deployment")).unwrap().next().is_none());
}

#[test]
fn an_agent_does_not_wait_longer_for_a_command_than_its_configuration_says() {
    let (host, server, _service) = stage(&["DownloadBundle", "ApplicationStart"], 0);
    let mut agent = Daemon::start(&host, &server.url(), ":kill_agent_max_wait_time_seconds: 0\n");
    agent.await_line("ApplicationStart of deployment d-1 begins");
    let script = await_script(&host);
    agent.signal(Signal::SIGTERM);
    let (code, _, log) = agent.end(&host, &server.url());
    kill(script, Signal::SIGKILL).unwrap();
    assert_eq!(code, Some(1));
    assert!(log.ends_with("TIME the command still runs after 0 s; its script is left alone\n"), "{log}");
}

#[test]
fn a_second_agent_ends_before_it_reports_the_commands_of_the_first_one() {
    let (host, server, service) = stage(&["DownloadBundle", "ApplicationStart"], 0);
    let mut first = Daemon::start(&host, &server.url(), "");
    first.await_line("ApplicationStart of deployment d-1 begins");
    let script = await_script(&host);
    let mut second = Daemon::start(&host, &server.url(), "");
    second.log.read_to_string(&mut second.read).unwrap();
    assert_eq!(second.child.wait().unwrap().code(), Some(1));
    let expected = "spillway-agent: the folder ~/root cannot be used: another spillway-agent runs with the folder ~/root; \
                    end it, or use another folder\n";
    assert_eq!(host.neutral(&second.read), expected);
    assert_eq!(service.lock().unwrap().completed.len(), 1);
    kill(script, Signal::SIGKILL).unwrap();
}

#[test]
fn without_an_identity_the_agent_says_so_once_and_stays() {
    let host = Host::new();
    let mut agent = Daemon::start(&host, NO_SERVER, "");
    agent.await_line("; the agent tries again");
    agent.signal(Signal::SIGTERM);
    let (code, _, log) = agent.end(&host, NO_SERVER);
    assert_eq!((code, log.matches("this host has no identity").count()), (Some(0), 1), "{log}");
}

#[test]
fn a_configuration_with_bad_values_ends_the_agent_before_it_begins() {
    let host = Host::new();
    let mut agent = Daemon::start(&host, "http://agents.example.com", ":max_revisions: many\n");
    agent.log.read_to_string(&mut agent.read).unwrap();
    assert_eq!(agent.child.wait().unwrap().code(), Some(78));
    insta::assert_snapshot!("bad_configuration", host.neutral(&agent.read));
}

/// What `status` says, without what differs from run to run, and its exit code.
fn status(host: &Host, agent: &Daemon, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spillway-agent"));
    let output = command.arg("status").arg("--config").arg(host.path("agent.yml")).args(more).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + str::from_utf8(&output.stderr).unwrap();
    (output.status.code(), host.neutral(&text).replace(&format!("process {}", agent.child.id()), "process PID"))
}

#[test]
fn status_tells_of_a_daemon_that_works_and_of_one_that_has_ended() {
    let (host, server, _service) = stage(&["DownloadBundle", "Install", "ApplicationStart"], 0);
    let mut agent = Daemon::start(&host, &server.url(), "");
    agent.await_line("ApplicationStart of deployment d-1 begins");
    await_script(&host);
    let (code, told) = status(&host, &agent, &[]);
    assert_eq!(code, Some(0), "{told}");
    let said = [
        "daemon   spillway-0.1.0 runs as process PID since ",
        &format!("host     {USER} in eu-west-1, an on-premises host by the file ~/host.yml\n"),
        "now      ApplicationStart of deployment d-1 runs, since ",
        " Install of deployment d-1, ",
        "groups   prod of application shop (g): deployment d-1, installed at ",
        " from s3://bundles/shop.tar; 1 revision kept, ",
    ];
    assert!(said.iter().all(|words| told.contains(words)), "{told}");
    let (_, json) = status(&host, &agent, &["--output", "json", "--commands", "1"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["daemon"]["isRunning"], &json["commands"][0]["event"]), (&json!(true), &json!("Install")));
    assert_eq!(json["commands"].as_array().unwrap().len(), 1);
    agent.signal(Signal::SIGTERM);
    agent.await_line("the agent ends after the command that runs");
    let mut pipe = fs::OpenOptions::new().read(true).write(true).open(host.path("pipe")).unwrap();
    pipe.write_all(b"go\n").unwrap();
    agent.child.wait().unwrap();
    let (code, told) = status(&host, &agent, &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("daemon   spillway-0.1.0 does not run: it was asked to end at "), "{told}");
    assert!(told.contains("now      no command\n"), "{told}");
}
