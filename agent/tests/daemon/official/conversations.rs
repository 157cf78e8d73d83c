//! Whole conversations, as they were recorded with each agent, and how long polls are held.

use serde_json::json;

use super::super::host::USER;
use super::client::Official;
use super::seal::open;
use super::{COMMAND, Proxy, SPECIFICATION, Spillway, operation, serve};

fn poll(agent: &mut Official) -> super::client::Answered {
    agent.call("PollHostCommand", &json!({ "HostIdentifier": USER }))
}

fn complete(agent: &mut Official, code: u8, log: &str) -> super::client::Answered {
    let payload = json!({ "error_code": code, "script_name": "a.sh", "message": "failed", "log": log }).to_string();
    let diagnostics = json!({ "Format": "JSON", "Payload": payload });
    let input = json!({ "CommandStatus": "Failed", "Diagnostics": diagnostics, "HostCommandIdentifier": COMMAND });
    agent.call("PutHostCommandComplete", &input)
}

/// It looks whether a server is there, polls, asks for the specification before it claims, and reports a failure twice.
#[test]
fn version_1_works_unchanged_and_its_first_report_is_the_first() {
    let (server, spillway) = serve(Spillway { idle: 2, ..Spillway::default() });
    let proxy = Proxy::start(&server.url());
    let mut agent = Official::version_1(proxy.address);
    let looked = agent.send("GET / HTTP/1.1", &[("host".to_owned(), proxy.address.to_string())], b"");
    assert_eq!((looked.status, server.requests().len()), (200, 0));

    let answer = poll(&mut agent).json();
    let command = &answer["HostCommand"];
    assert_eq!((&command["HostCommandIdentifier"], &command["Nonce"]), (&json!(COMMAND), &json!(1)));
    assert_eq!(answer.as_object().unwrap().len(), 1, "what is Spillway's own is not there: {answer}");
    assert_eq!(proxy.waited(), [7.5, 7.5]);

    let execution = &command["DeploymentExecutionId"];
    let input = json!({ "DeploymentExecutionId": execution, "HostIdentifier": USER });
    let specified = agent.call("GetDeploymentSpecification", &input).json();
    assert_eq!(specified["DeploymentSystem"], "CodeDeploy");
    let envelope = &specified["DeploymentSpecification"]["GenericEnvelope"];
    assert_eq!(envelope["Format"], "PKCS7/JSON");
    assert_eq!(open(envelope["Payload"].as_str().unwrap()), SPECIFICATION);

    let diagnostics = json!({ "Format": "JSON", "Payload": "{\"IsCommandNoop\":false}" });
    let claim = json!({ "Diagnostics": diagnostics, "HostCommandIdentifier": COMMAND });
    assert_eq!(agent.call("PutHostCommandAcknowledgement", &claim).json(), json!({ "CommandStatus": "InProgress" }));
    let first = complete(&mut agent, 4, "[stderr]no\n");
    assert_eq!((first.status, first.body.len()), (200, 0), "the agent expects nothing");
    assert_eq!(complete(&mut agent, 5, "").status, 200);
    let codes: Vec<_> =
        spillway.lock().unwrap().completed.iter().map(|payload| payload["error_code"].clone()).collect();
    assert_eq!(codes, [4, 5]);

    let mut sent = String::new();
    for request in server.requests() {
        assert_eq!(request.header("x-amz-codedeploy-agent-version"), Some("OFFICIAL_1.8.1.1_deb"));
        sent.push_str(&format!("{} {}\n", operation(&request), String::from_utf8(request.body).unwrap()));
    }
    insta::assert_snapshot!("version_1", sent);
}

/// Its target and its signing name are the newer ones, the hash of the body is in no header, and it polls again at once.
#[test]
fn version_2_works_unchanged_and_gets_a_command_once() {
    let (server, _) = serve(Spillway::default());
    let proxy = Proxy::start(&server.url());
    let mut agent = Official::version_2(proxy.address);
    assert_eq!(poll(&mut agent).json()["HostCommand"]["HostCommandIdentifier"], COMMAND);
    // The service sends the command until it is claimed. An agent that polls meanwhile would run it twice.
    assert_eq!(poll(&mut agent).json(), json!({}));
    // One that was ended before it claimed the command gets it again.
    *proxy.host.clock.now.lock().unwrap() = "2026-11-28T12:00:31Z".parse().unwrap();
    assert_eq!(poll(&mut agent).json()["HostCommand"]["HostCommandIdentifier"], COMMAND);

    let claim = json!({ "HostCommandIdentifier": COMMAND });
    assert_eq!(agent.call("PutHostCommandAcknowledgement", &claim).json()["CommandStatus"], "InProgress");
    assert_eq!(agent.call("PutHostCommandAcknowledgement", &claim).json()["CommandStatus"], "Failed");
}

#[test]
fn a_poll_is_held_for_55_seconds_and_asks_as_often_as_the_service_says() {
    let (server, _) = serve(Spillway { idle: usize::MAX, ..Spillway::default() });
    let proxy = Proxy::start(&server.url());
    let mut agent = Official::version_1(proxy.address);
    assert_eq!(poll(&mut agent).json(), json!({}));
    assert_eq!(proxy.waited(), [7.5, 7.5, 7.5, 7.5, 7.5, 7.5, 7.5, 2.5]);
    assert_eq!(server.requests().len(), 9);
}

/// While a command runs, the service is asked seldom: the end of the command ends the wait.
#[test]
fn a_poll_waits_longer_while_a_command_runs() {
    let (server, _) = serve(Spillway::default());
    let proxy = Proxy::start(&server.url());
    let mut agent = Official::version_1(proxy.address);
    agent.call("PutHostCommandAcknowledgement", &json!({ "HostCommandIdentifier": COMMAND }));
    assert_eq!(poll(&mut agent).json(), json!({}));
    assert_eq!(proxy.waited(), [30.0, 25.0]);
    proxy.host.clock.waits.lock().unwrap().clear();
    complete(&mut agent, 0, "");
    assert_eq!(poll(&mut agent).json(), json!({}));
    assert_eq!(proxy.waited()[..2], [7.5, 7.5]);
}
