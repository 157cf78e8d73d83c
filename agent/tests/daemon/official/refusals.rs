//! Who may call the proxy, and what its callers are told.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::json;

use super::super::host::{Host, SECRET, USER};
use super::super::server::{Response, Server};
use super::super::signature::verify;
use super::client::Official;
use super::{Proxy, Spillway, serve};

type Headers = Vec<(String, String)>;

#[test]
fn a_call_that_the_hosts_keys_have_not_signed_goes_nowhere_and_says_why() {
    let (server, _) = serve(Spillway::default());
    let proxy = Proxy::start(&server.url());
    let body = json!({ "HostIdentifier": USER }).to_string().into_bytes();
    let good = || Official::version_1(proxy.address);
    let mut told = String::new();
    let mut try_one = |what: &str, change: &dyn Fn(&mut Official, &mut Headers)| {
        let mut agent = good();
        let mut headers = agent.signed("PollHostCommand", &body);
        change(&mut agent, &mut headers);
        let refusal = agent.send("POST / HTTP/1.1", &headers, &body).refusal();
        told.push_str(&format!("{what}: {refusal}\n"));
    };
    let replace = |headers: &mut Headers, name: &str, change: &dyn Fn(&str) -> String| {
        headers.iter_mut().filter(|(known, _)| known == name).for_each(|(_, value)| *value = change(value));
    };
    try_one("no signature", &|_, headers| headers.retain(|(name, _)| name != "authorization"));
    try_one("no scheme", &|_, headers| replace(headers, "authorization", &|_| "Basic aG9zdA==".to_owned()));
    try_one("another service", &|agent, headers| {
        agent.signs_for = "codedeploy";
        *headers = agent.signed("PollHostCommand", &body);
    });
    try_one("another secret", &|agent, headers| {
        agent.secret = "guessed".to_owned();
        *headers = agent.signed("PollHostCommand", &body);
    });
    try_one("another key", &|agent, headers| {
        agent.key = "AKIAOTHER".to_owned();
        *headers = agent.signed("PollHostCommand", &body);
    });
    try_one("an old signature", &|agent, headers| {
        agent.time = "20261128T115459Z";
        *headers = agent.signed("PollHostCommand", &body);
    });
    try_one("another operation", &|_, headers| {
        replace(headers, "x-amz-target", &|target| target.replace("PollHostCommand", "PutHostCommandComplete"));
    });
    try_one("another body", &|agent, headers| *headers = agent.signed("PollHostCommand", b"{}"));
    try_one("a target that is not signed", &|_, headers| {
        replace(headers, "authorization", &|value| value.replace(";x-amz-target", ""));
    });
    try_one("a header that is not there", &|_, headers| {
        headers.retain(|(name, _)| name != "x-amz-codedeploy-agent-version");
    });
    try_one("an unknown operation", &|agent, headers| *headers = agent.signed("UpdateDeploymentAgent", &body));
    let mut agent = good();
    let elsewhere = agent.signed("PollHostCommand", &body);
    told.push_str(&format!("elsewhere: {}\n", agent.send("POST /x HTTP/1.1", &elsewhere, &body).refusal()));
    insta::assert_snapshot!("unsigned", told);
    assert!(server.requests().is_empty(), "nothing of that is passed on");
    assert_eq!(proxy.logged().lines().count(), 1, "a caller cannot fill the log: {}", proxy.logged());
    assert_eq!(good().call("PollHostCommand", &json!({ "HostIdentifier": USER })).status, 200);
}

#[test]
fn an_agent_may_sign_with_the_keys_that_its_host_had_a_moment_ago_and_with_new_ones_at_once() {
    let server = Server::start(|request| {
        verify(request, SECRET);
        Response::new(200, "{\"CommandStatus\":\"InProgress\"}")
    });
    let host: &'static Host = Box::leak(Box::new(Host::new()));
    host.write_keys("ASIAONE");
    drop(host.session());
    let proxy = Proxy::of(host, &server.url());
    let call = |id: &str| {
        let mut agent = Official::version_1(proxy.address);
        (agent.key, agent.token) = (id.to_owned(), Some(format!("token-{id}")));
        agent.call("PutHostCommandAcknowledgement", &json!({ "HostCommandIdentifier": "c" })).status
    };
    assert_eq!(call("ASIAONE"), 200);
    host.write_keys("ASIATHREE");
    assert_eq!((call("ASIATHREE"), call("ASIAONE"), call("ASIANONE")), (200, 200, 400));
    let mut agent = Official::version_1(proxy.address);
    (agent.key, agent.token) = ("ASIATHREE".to_owned(), Some("token-of-another".to_owned()));
    let refusal = agent.call("PutHostCommandAcknowledgement", &json!({ "HostCommandIdentifier": "c" })).refusal();
    assert!(refusal.contains("not one of this host's keys"), "{refusal}");
}

/// Each form is one by which the agents know whether to try again.
#[test]
fn what_the_service_refuses_and_that_it_is_gone_reaches_the_agent_in_words() {
    static ANSWER: Mutex<(u16, &str)> = Mutex::new((0, ""));
    let server = Server::start(|_| {
        let (status, body) = *ANSWER.lock().unwrap();
        Response::new(status, body)
    });
    let proxy = Proxy::start(&server.url());
    let mut told = String::new();
    for answer in [
        (400, "{\"__type\":\"ClientException\",\"message\":\"There is no command d-1 for this host.\"}"),
        (403, "{\"Message\":\"Forbidden\"}"),
        (429, "{\"Reason\":\"ConcurrentInvocationLimitExceeded\"}"),
        (502, "Internal Server Error"),
        (200, "<html>"),
    ] {
        *ANSWER.lock().unwrap() = answer;
        for operation in ["PollHostCommand", "GetDeploymentSpecification"] {
            let mut agent = Official::version_1(proxy.address);
            let input = json!({ "HostIdentifier": USER, "DeploymentExecutionId": "a/b/c/d" });
            told.push_str(&format!("{}\n", agent.call(operation, &input).refusal()));
        }
    }
    insta::assert_snapshot!("faults_of_the_service", told.replace(&server.url(), "SERVICE"));
    insta::assert_snapshot!("proxy_log", proxy.logged().replace(&server.url(), "SERVICE"));

    let gone = Proxy::start(super::super::host::NO_SERVER);
    let mut agent = Official::version_2(gone.address);
    let refusal = agent.call("PollHostCommand", &json!({ "HostIdentifier": USER })).refusal();
    assert!(
        refusal.starts_with("503 ServerException: http://127.0.0.1:1 does not answer PollHostCommand: "),
        "{refusal}"
    );
}

#[test]
fn what_is_not_http_or_too_much_of_it_is_refused_and_the_connection_closed() {
    let (server, _) = serve(Spillway::default());
    let proxy = Proxy::start(&server.url());
    let long = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(70));
    let mut told = String::new();
    for (what, request) in [
        ("no http", &b"hello\r\n\r\n"[..]),
        ("a cut head", b"POST / HTTP/1.1\r\nhost: a\r\n"),
        ("a long head", long.as_bytes()),
        ("many headers", many.as_bytes()),
        ("chunks", b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("no length", b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n"),
        ("two lengths", b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
        ("a large body", b"POST / HTTP/1.1\r\ncontent-length: 999999\r\n\r\n"),
        ("bytes in a header", b"GET / HTTP/1.1\r\na: \xff\r\n\r\n"),
        ("an old version", b"GET / HTTP/1.0\r\n\r\n"),
        ("a last request", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
    ] {
        let mut stream = TcpStream::connect(proxy.address).unwrap();
        stream.write_all(request).unwrap();
        if what == "a cut head" {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
        let mut answer = Vec::new();
        // What the proxy has not read resets the connection, after its answer.
        stream.read_to_end(&mut answer).ok();
        let answer = String::from_utf8_lossy(&answer).replace("\r\n", " | ");
        told.push_str(&format!("{what}: {answer}\n"));
    }
    insta::assert_snapshot!("not_http", told);
}
