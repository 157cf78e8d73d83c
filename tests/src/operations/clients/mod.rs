//! boto3, unmodified, as the client of a Spillway in memory: what would take the local cloud minutes takes seconds.

use std::process::Output;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use serde_json::{Map, Value, json};
use spillway_domain::{AliasRouting, Quotas, Version};
use spillway_testkit::{HookPlan, Runner, Story, World};
use spillway_tests::door::Door;
use spillway_tests::template::{machine, root};
use tokio::sync::oneshot;

use crate::cloud::block_on;
use crate::cloud::programs::{clients, scrubbed, written};

/// The scripts ask for this path when all that was begun is to come to its end.
const RUN: &str = "/run";

/// The place of the story whose hook, `pre-9`, the scripts use.
const HOOK: usize = 9;

#[test]
fn boto3_provokes_every_exception_of_the_model_that_there_can_be() {
    let quotas = Quotas { applications: 12, groups: 20, configs: 8, ..Quotas::default() };
    let world = World::new();
    // A hook that succeeds; the application and the group of its story are not used.
    Story::new("Steps.50@1s").in_place(HOOK).before(HookPlan::Succeeds).set(&world);
    let said = play("refusals.py", &world, quotas);
    assert_eq!(said.trim(), "well", "{said}");
}

#[test]
fn boto3_turns_every_page() {
    let said = play("pages.py", &World::new(), Quotas { configs: 1000, ..Quotas::default() });
    assert_eq!(said.trim(), "well", "{said}");
}

/// Runs a script in front of a world; what it said.
fn play(script: &str, world: &World, quotas: Quotas) -> String {
    let version = |number: u64| -> Version { number.to_string().parse().unwrap() };
    for function in ["orders", "others"] {
        world.put_alias(function, "live", AliasRouting::only(version(1)), &[version(1), version(2)]);
    }
    let (door, mut runner) = (Door::with_quotas(world, quotas), Runner::new(world, machine()));
    let (to_us, questions) = channel();
    let url = block_on(listen(to_us));
    let ended = start(script, &url);
    let output = loop {
        match questions.recv_timeout(Duration::from_millis(20)) {
            Ok(Question { event, answer }) if event["rawPath"] == RUN => {
                runner.run();
                answer.send(json!({ "statusCode": 200 })).ok();
            }
            Ok(Question { event, answer }) => {
                answer.send(door.answer(&serde_json::from_value(event).unwrap())).ok();
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Ok(output) = ended.try_recv() {
                    break output;
                }
            }
            Err(RecvTimeoutError::Disconnected) => panic!("nobody listens any more"),
        }
    };
    written(script, &output)
}

/// A request as the event of a function URL, and where its answer goes.
struct Question {
    event: Value,
    answer: oneshot::Sender<Value>,
}

/// Answers on a port of loopback for as long as somebody answers for it.
async fn listen(to: Sender<Question>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move |request: Request| {
        let (head, body) = request.into_parts();
        let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
        let event = json!({
            "version": "2.0", "rawPath": head.uri.path(), "rawQueryString": "",
            "headers": headers.collect::<Map<_, _>>(),
            "requestContext": { "timeEpoch": 0, "http": { "method": head.method.as_str() } },
            "body": String::from_utf8(body.to_vec()).unwrap(), "isBase64Encoded": false,
        });
        let (answer, answered) = oneshot::channel();
        to.send(Question { event, answer }).unwrap();
        let answer = answered.await.unwrap();
        let mut response = Response::builder().status(answer["statusCode"].as_u64().unwrap() as u16);
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            response = response.header(name, value.as_str().unwrap());
        }
        response.body(Body::from(answer["body"].as_str().unwrap_or_default().to_owned())).unwrap()
    });
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    url
}

/// Starts a script of this folder; what became of it comes later.
fn start(script: &str, url: &str) -> Receiver<Output> {
    let (to_us, ended) = channel();
    let path = root().join("tests/src/operations/clients").join(script);
    let url = url.to_owned();
    std::thread::spawn(move || {
        let output = block_on(async {
            let mut command = scrubbed(clients().await.python());
            command.arg(path).env("AWS_ENDPOINT_URL_CODEDEPLOY", url).env("AWS_DEFAULT_REGION", "us-east-1");
            command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
            command.env("AWS_EC2_METADATA_DISABLED", "true").output().await.unwrap()
        });
        to_us.send(output).ok();
    });
    ended
}
