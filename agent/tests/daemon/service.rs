//! The protocol over HTTP.

use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use spillway_agent::client::{HostCommand, Next, Service};
use spillway_agent::daemon::pulse::Pulse;
use spillway_agent::http::Http;
use spillway_agent::http::endpoint::Endpoint;
use spillway_agent::identity::Identity;
use spillway_agent::service::HostService;
use spillway_agent::state::Outcome;
use spillway_wire::agent::CommandStatus;

use super::host::{Host, KEY, NO_SERVER, SECRET, USER};
use super::server::{Request, Response, Server};
use super::signature::{Signed, verify};

fn service<'a>(url: &str, host: &'a Host, identity: &'a Identity) -> HostService<'a> {
    let http = Http::new(Duration::from_secs(20), None);
    HostService { http, endpoint: Endpoint::parse(url).unwrap(), identity, clock: &host.clock, pulse: Pulse::default() }
}

fn operation(request: &Request) -> &str {
    request.header("x-amz-target").unwrap().strip_prefix("CodeDeployCommandService_v20141006.").unwrap()
}

#[test]
fn each_call_has_the_protocols_form_and_a_signature_of_the_host() {
    let server = Server::start(|request| {
        let command = json!({ "HostCommandIdentifier": "c-2", "HostIdentifier": USER, "DeploymentExecutionId": "a/b/c/d",
            "CommandName": "Install", "Nonce": 7 });
        let answer = match operation(request) {
            "PollHostCommand" => json!({ "HostCommand": null, "PollAgainAfterSeconds": 45 }),
            "GetDeploymentSpecification" => json!({ "DeploymentSystem": "CodeDeploy", "DeploymentSpecification": {
                "GenericEnvelope": { "Format": "TEXT/JSON", "Payload": "{}" } } }),
            "PutHostCommandAcknowledgement" => json!({}),
            "PostHostCommandUpdate" => json!({ "CommandStatus": "Failed" }),
            "PutHostCommandComplete" => json!({ "HostCommand": command, "PollAgainAfterSeconds": 0.5 }),
            other => panic!("{other} is called"),
        };
        Response::new(200, answer.to_string())
    });
    let host = Host::new();
    let identity = host.user();
    let service = service(&server.url(), &host, &identity);
    let after = |seconds| Some(Duration::from_secs_f64(seconds));
    assert_eq!(service.poll(USER).unwrap(), Next { command: None, again_after: after(45.0) });
    assert_eq!(service.specification("a/b/c/d", USER).unwrap(), "{}");
    assert_eq!(service.acknowledge("c-1", true).unwrap(), CommandStatus::InProgress);
    assert_eq!(service.update("c-1", "a line\n").unwrap(), CommandStatus::Failed);
    let outcome = Outcome { succeeded: false, payload: "{\"error_code\":4}".to_owned() };
    let command = HostCommand {
        id: "c-2".to_owned(),
        host: USER.to_owned(),
        execution: "a/b/c/d".to_owned(),
        event: "Install".to_owned(),
    };
    assert_eq!(service.complete("c-1", &outcome).unwrap(), Next { command: Some(command), again_after: after(0.5) });

    let mut sent = String::new();
    for request in server.requests() {
        let signed = verify(&request, SECRET);
        let headers = "content-type;host;x-amz-codedeploy-agent-version;x-amz-content-sha256;x-amz-date;x-amz-target";
        let expected =
            Signed { access_key: KEY.to_owned(), scope: "eu-west-1/lambda".to_owned(), headers: headers.to_owned() };
        assert_eq!(signed, expected);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/"));
        assert_eq!(request.header("content-type"), Some("application/x-amz-json-1.1"));
        assert_eq!(request.header("x-amz-codedeploy-agent-version"), Some("spillway-0.1.0"));
        sent.push_str(&format!("{} {}\n", operation(&request), String::from_utf8(request.body.clone()).unwrap()));
    }
    insta::assert_snapshot!("calls", sent);
}

#[test]
fn an_empty_answer_to_a_completion_is_one_without_a_next_command() {
    let server = Server::start(|_| Response::new(200, ""));
    let host = Host::new();
    let identity = host.user();
    let outcome = Outcome { succeeded: true, payload: "{}".to_owned() };
    assert_eq!(service(&server.url(), &host, &identity).complete("c-1", &outcome).unwrap(), Next::default());
}

#[test]
fn each_fault_says_what_to_do() {
    let exception = |kind: &str, words: &str| json!({ "__type": kind, "message": words }).to_string();
    let command = |name: &str| {
        let mut command = json!({ "HostCommandIdentifier": "c", "HostIdentifier": USER, "DeploymentExecutionId": "a",
            "CommandName": "Install" });
        command[name] = Value::Null;
        json!({ "HostCommand": command }).to_string()
    };
    let answers = [
        (400, exception("ClientException", "The host is not registered.")),
        (400, exception("com.amazon#ThrottlingException", "Rate exceeded")),
        (429, "{\"Reason\":\"ConcurrentInvocationLimitExceeded\"}".to_owned()),
        (403, "{\"Message\":\"Forbidden\"}".to_owned()),
        (403, exception("AccessDeniedException", "Signature expired: 20261128T120000Z is now earlier")),
        (404, "<html>not here</html>".to_owned()),
        (302, String::new()),
        (502, "{\"message\":\"Internal Server Error\"}".to_owned()),
        (200, "<html>hello</html>".to_owned()),
        (200, command("CommandName")),
        (200, command("HostCommandIdentifier")),
        (200, format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20))),
    ];
    let host = Host::new();
    let identity = host.user();
    let mut told = String::new();
    for (status, body) in answers {
        let server = Server::start(move |_| Response::new(status, body.clone()));
        let fault = service(&server.url(), &host, &identity).poll(USER).unwrap_err();
        told.push_str(&format!("{}: {fault}\n", fault.state()).replace(&server.url(), "SERVICE"));
    }
    let fault = service(NO_SERVER, &host, &identity).poll(USER).unwrap_err();
    told.push_str(&format!("{}: {fault}\n", fault.state()));
    insta::assert_snapshot!("faults", told);
}

#[test]
fn a_redirect_is_not_followed() {
    let server = Server::start(|_| Response::new(307, "").with("location", "/elsewhere"));
    let host = Host::new();
    let identity = host.user();
    service(&server.url(), &host, &identity).poll(USER).unwrap_err();
    let paths: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/"]);
}

#[test]
fn a_proxy_is_used_and_no_message_has_its_password() {
    let proxy = Server::start(|_| Response::new(407, ""));
    let host = Host::new();
    let identity = host.user();
    let url = proxy.url().replace("http://", "http://user:hidden@");
    let http = Http::new(Duration::from_secs(20), Some(ureq::Proxy::new(&url).unwrap()));
    let endpoint = Endpoint::parse("https://agents.example.com").unwrap();
    let service = HostService { http, endpoint, identity: &identity, clock: &host.clock, pulse: Pulse::default() };
    let words = service.poll(USER).unwrap_err().to_string();
    assert!(words.starts_with("https://agents.example.com does not answer PollHostCommand: "), "{words}");
    assert!(!words.contains("hidden"), "{words}");
    let asked: Vec<_> = proxy.requests().into_iter().map(|request| (request.method, request.path)).collect();
    assert_eq!(asked, [("CONNECT".to_owned(), "agents.example.com:443".to_owned())]);
}

#[test]
fn a_specification_that_is_none_is_refused() {
    let envelope = |format: Value, payload: Value| {
        json!({ "DeploymentSystem": "CodeDeploy",
            "DeploymentSpecification": { "GenericEnvelope": { "Format": format, "Payload": payload } } })
    };
    let answers = [
        json!({}),
        json!({ "DeploymentSystem": "Other" }),
        json!({ "DeploymentSystem": "CodeDeploy" }),
        envelope(json!("PKCS7/JSON"), json!("-----BEGIN PKCS7-----")),
        envelope(json!("TEXT/JSON"), Value::Null),
    ];
    let host = Host::new();
    let identity = host.user();
    let mut told = String::new();
    for answer in answers {
        let server = Server::start(move |_| Response::new(200, answer.to_string()));
        let fault = service(&server.url(), &host, &identity).specification("a", USER).unwrap_err();
        told.push_str(&format!("{}: {fault}\n", fault.state()).replace(&server.url(), "SERVICE"));
    }
    insta::assert_snapshot!("specifications", told);
}

#[test]
fn rotated_keys_are_used_when_the_file_changes_and_when_the_service_refuses_the_old_ones() {
    let host = Host::new();
    host.write_keys("ASIAONE");
    let identity = host.session();
    static GOOD: Mutex<&str> = Mutex::new("ASIAONE");
    let server = Server::start(|request| {
        let signed = verify(request, SECRET);
        assert_eq!(request.header("x-amz-security-token"), Some(format!("token-{}", signed.access_key).as_str()));
        assert!(signed.headers.contains(";x-amz-security-token;"), "{}", signed.headers);
        match signed.access_key == *GOOD.lock().unwrap() {
            true => Response::new(200, "{}"),
            false => Response::new(403, "{\"Message\":\"The security token included in the request is invalid.\"}"),
        }
    });
    let service = service(&server.url(), &host, &identity);
    let calls = || server.requests().len();
    service.poll(USER).unwrap();
    // Another length is seen at once.
    *GOOD.lock().unwrap() = "ASIATHREE";
    host.write_keys("ASIATHREE");
    service.poll(USER).unwrap();
    assert_eq!(calls(), 2);
    // A file that is being written has no keys for a moment.
    let modified = fs::metadata(host.path("keys")).unwrap().modified().unwrap();
    host.write("keys", "[default]\n");
    service.poll(USER).unwrap();
    // What cannot be seen of the file is seen by the refusal.
    *GOOD.lock().unwrap() = "ASIAEIGHT";
    host.write_keys("ASIAEIGHT");
    fs::File::open(host.path("keys")).unwrap().set_modified(modified).unwrap();
    service.poll(USER).unwrap();
    assert_eq!(calls(), 5);
    // What has no newer keys is refused.
    *GOOD.lock().unwrap() = "";
    service.poll(USER).unwrap_err();
    fs::remove_file(host.path("keys")).unwrap();
    let words = service.poll(USER).unwrap_err().to_string();
    assert_eq!(host.neutral(&words), "the file ~/keys cannot be read: No such file or directory (os error 2)");
}
