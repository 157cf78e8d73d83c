//! What no client would send, through the real door: each is refused clearly and quickly, and nothing is written.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Cloud, block_on};

const JSON: &str = "application/x-amz-json-1.1";
/// In how much time each must be refused. No measure, but a hang is found.
const PATIENCE: Duration = Duration::from_secs(30);

/// Each operation with a member that it cannot do without, if it has one.
const OPERATIONS: [(&str, Option<&str>); 20] = [
    ("CreateApplication", Some("applicationName")),
    ("GetApplication", Some("applicationName")),
    ("ListApplications", None),
    ("DeleteApplication", Some("applicationName")),
    ("CreateDeploymentConfig", Some("deploymentConfigName")),
    ("GetDeploymentConfig", Some("deploymentConfigName")),
    ("ListDeploymentConfigs", None),
    ("CreateDeploymentGroup", Some("applicationName")),
    ("GetDeploymentGroup", Some("applicationName")),
    ("ListDeploymentGroups", Some("applicationName")),
    ("UpdateDeploymentGroup", Some("applicationName")),
    ("DeleteDeploymentGroup", Some("applicationName")),
    ("CreateDeployment", Some("applicationName")),
    ("GetDeployment", Some("deploymentId")),
    ("ListDeployments", None),
    ("GetDeploymentTarget", Some("deploymentId")),
    ("BatchGetDeploymentTargets", Some("deploymentId")),
    ("ListDeploymentTargets", Some("deploymentId")),
    ("StopDeployment", Some("deploymentId")),
    ("PutLifecycleEventHookExecutionStatus", Some("deploymentId")),
];

struct Case {
    what: String,
    method: Method,
    path: &'static str,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Case {
    /// A request for an operation with any body.
    fn new(operation: &str, what: &str, body: impl Into<Vec<u8>>) -> Self {
        let target = format!("CodeDeploy_20141006.{operation}");
        let case = Self {
            what: format!("{operation}: {what}"),
            method: Method::POST,
            path: "/",
            headers: HeaderMap::new(),
            body: body.into(),
        };
        case.with("x-amz-target", target.as_bytes()).with(CONTENT_TYPE.as_str(), JSON.as_bytes())
    }

    fn with(mut self, name: &'static str, value: &[u8]) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }
}

#[test]
fn hundreds_of_bad_requests_are_refused_clearly_and_write_nothing() {
    block_on(async {
        // A cloud of its own, where nobody else writes.
        let cloud = Cloud::start().await.unwrap();
        // What page tokens are sealed with is written by the first request that there is.
        cloud.codedeploy.list_applications().send().await.unwrap();
        let before = items(&cloud).await;
        // Not over connections that were closed in mid-request, because it was too large.
        let client = reqwest::Client::builder().timeout(PATIENCE).pool_max_idle_per_host(0).build().unwrap();
        let cases: Vec<Case> =
            bodies().into_iter().chain(names()).chain(protocol()).chain(large()).chain(appspecs()).collect();
        assert!(cases.len() >= 400, "{} cases", cases.len());
        let door = &cloud.endpoints().codedeploy;
        let judged = stream::iter(cases).map(|case| judge(&client, door, case)).buffer_unordered(6);
        let judged: Vec<Result<(), String>> = judged.collect().await;
        let faults: Vec<String> = judged.into_iter().filter_map(Result::err).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert_eq!(items(&cloud).await, before);
    });
}

/// Whether a case is refused as CodeDeploy refuses.
async fn judge(client: &reqwest::Client, door: &str, case: Case) -> Result<(), String> {
    let Case { what, method, path, headers, body } = case;
    let silent = method == Method::HEAD;
    let sent = client.request(method, format!("{door}{path}")).headers(headers).body(body).send().await;
    let answer = sent.map_err(|error| format!("{what}: {error:?}"))?;
    let (status, kind) = (answer.status(), answer.headers().get(CONTENT_TYPE).cloned());
    let body = answer.bytes().await.map_err(|error| format!("{what}: {error:?}"))?;
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let told = said["__type"].as_str().is_some_and(|name| name.chars().all(char::is_alphanumeric))
        && said["message"].as_str().is_some_and(|words| (10..2000).contains(&words.len()))
        && kind.is_some_and(|kind| kind == JSON);
    let refused = matches!(status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE);
    if refused && (told || silent) {
        Ok(())
    } else {
        Err(format!("{what}: {status} {}", String::from_utf8_lossy(&body)))
    }
}

/// How many items the table has.
async fn items(cloud: &Cloud) -> usize {
    let scan = cloud.dynamodb.scan().table_name(&cloud.endpoints().table).consistent_read(true);
    scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap().len()
}

/// Bodies that are no JSON object, for every operation.
fn bodies() -> Vec<Case> {
    let broken: [(&str, Vec<u8>); 12] = [
        ("half an object", b"{".to_vec()),
        ("half a list", b"[".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("a number", b"1".to_vec()),
        ("nothing", b"null".to_vec()),
        ("a member without a value", b"{\"a\":}".to_vec()),
        ("no JSON", b"applicationName=x".to_vec()),
        ("two objects", b"{}{}".to_vec()),
        ("no UTF-8", b"{\"applicationName\":\"\xff\xfe\"}".to_vec()),
        ("deep lists", [b"{\"a\":".as_slice(), &b"[".repeat(50_000)].concat()),
        ("deep objects", b"{\"a\":".repeat(20_000)),
    ];
    let operations = OPERATIONS.iter().map(|(operation, _)| operation);
    operations
        .flat_map(|operation| broken.iter().map(|(what, body)| Case::new(operation, what, body.clone())))
        .collect()
}

/// A name that is none, for every operation that wants one.
fn names() -> Vec<Case> {
    let wrong = [
        json!(null),
        json!(7),
        json!(true),
        json!([]),
        json!({}),
        json!(["x"]),
        json!(""),
        json!(" "),
        json!("a b"),
        json!("x".repeat(101)),
        json!("ä"),
        json!("\u{0}"),
    ];
    let named = OPERATIONS.iter().filter_map(|(operation, member)| Some((operation, (*member)?)));
    named
        .flat_map(|(operation, member)| {
            wrong.iter().map(move |value| {
                let body = json!({ member: value }).to_string();
                Case::new(operation, &body.chars().take(60).collect::<String>(), body.clone())
            })
        })
        .collect()
}

/// HTTP that is not the protocol.
fn protocol() -> Vec<Case> {
    let list = |what: &str| Case::new("ListApplications", what, "{}");
    let mut cases = vec![
        list("no target").without("x-amz-target"),
        list("a target that is no UTF-8").with("x-amz-target", b"CodeDeploy_20141006.\xff"),
        list("a huge target").with("x-amz-target", &b"x".repeat(30_000)),
        Case::new("GetApplication", "binary in gzip's name", b"\x1f\x8b\x08\xff\x00garbage".to_vec())
            .with(CONTENT_ENCODING.as_str(), b"gzip"),
        Case { path: "/ping", ..list("another path") },
        Case { path: "/?Action=ListApplications", ..list("a query, without a target") }.without("x-amz-target"),
    ];
    for target in
        ["", "ListApplications", "DynamoDB_20120810.ListTables", "CodeDeploy_20141006.", "CodeDeploy_20141006.Nonsense"]
    {
        cases.push(list(&format!("target {target:?}")).with("x-amz-target", target.as_bytes()));
    }
    for operation in ["BatchGetApplications", "TagResource", "RegisterOnPremisesInstance"] {
        cases.push(Case::new(operation, "is not there yet", "{}"));
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD] {
        cases.push(Case { what: format!("{method}"), method, ..list("") });
    }
    for kind in
        ["application/cbor", "application/x-amz-cbor-1.1", "text/plain", "application/x-www-form-urlencoded", "%"]
    {
        cases.push(list(kind).with(CONTENT_TYPE.as_str(), kind.as_bytes()));
    }
    cases
}

/// Megabytes.
fn large() -> Vec<Case> {
    let text = |megabytes: usize| "x".repeat(megabytes * 1024 * 1024);
    let object = |megabytes| format!("{{\"applicationName\":\"{}\"}}", text(megabytes));
    let many = format!("{{{}\"a\":1}}", (0..300_000).map(|n| format!("\"{n}\":{n},")).collect::<String>());
    vec![
        Case::new("GetApplication", "5 MB of a name", object(5)),
        Case::new("CreateApplication", "5 MB of spaces", " ".repeat(5 * 1024 * 1024) + "x"),
        Case::new("CreateApplication", "5 MB of members", many),
        Case::new("CreateDeployment", "5 MB of JSON", text(5)),
        Case::new("CreateDeployment", "more than a function URL takes", object(7)),
    ]
}

/// AppSpecs that are bombs, for an application that is not there either.
fn appspecs() -> Vec<Case> {
    let bomb = {
        let line = |n: u8| {
            let (own, below) = (char::from(b'a' + n), char::from(b'a' + n - 1));
            format!("{own}: &{own} [{}]\n", vec![format!("*{below}"); 9].join(", "))
        };
        "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned() + &(1..9).map(line).collect::<String>()
    };
    let contents = [
        ("aliases of aliases", bomb),
        ("deep YAML", "[".repeat(50_000)),
        ("deep YAML by lines", (0..2_000).map(|n| " ".repeat(n) + "a:\n").collect()),
        ("5 MB of YAML", "- aaaaaaaaaaaaaaaaaaaaaa\n".repeat(200_000)),
        ("5 MB of JSON", format!("[{}1]", "1,".repeat(2_500_000))),
        ("nothing", String::new()),
    ];
    contents
        .into_iter()
        .map(|(what, content)| {
            let revision = json!({"revisionType": "AppSpecContent", "appSpecContent": {"content": content}});
            let body = json!({"applicationName": "nobody", "deploymentGroupName": "nobody", "revision": revision});
            Case::new("CreateDeployment", what, body.to_string())
        })
        .collect()
}
