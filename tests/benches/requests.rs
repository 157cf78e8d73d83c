//! How many requests the API answers in a second of one core, beside moto's server answering the same ones. Ours is the
//! function with its store in memory, from the event of a function URL to the answer; moto's is its process.

use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest as Request;
use reqwest::Client;
use serde_json::{Value, json};
use spillway::proxy::plain_client;
use spillway_lab::local::PythonEnvironment;
use spillway_testkit::World;
use spillway_tests::door::{Door, request};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::cloud::block_on;
use crate::cloud::programs::scrubbed;
use crate::simulations::processor_time;
use crate::{Effort, Row};

const REQUIREMENTS: &str = include_str!("moto-requirements.txt");
const FEWEST_TIMES: f64 = 50.0;
const LASTS: Duration = Duration::from_secs(2);
/// How many are asked between two looks at the clock.
const BATCH: usize = 50;
/// How many deployments there are, each in a group of its own.
const DEPLOYMENTS: usize = 20;
/// The clock ticks of Linux in a second, whatever the machine.
const TICKS: f64 = 100.0;

/// The commonest calls. moto does not have the last.
const CALLS: [&str; 5] =
    ["GetDeployment", "GetDeploymentGroup", "ListDeployments", "CreateDeployment", "GetDeploymentTarget"];
const NOT_OF_MOTO: &str = "GetDeploymentTarget";

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let own: Vec<f64> = CALLS.iter().map(|call| own_per_second(call, effort)).collect();
    let theirs = block_on(async {
        let moto = Moto::start().await;
        let id = moto.furnish().await;
        let mut measured = Vec::new();
        for call in CALLS.iter().filter(|call| **call != NOT_OF_MOTO) {
            measured.push(moto.per_second(call, &id, effort).await);
        }
        measured
    });
    let row = |(index, own): (usize, f64)| {
        let what = format!("requests per second of a core: {}", CALLS[index]);
        let Some(theirs) = theirs.get(index) else {
            return Row {
                what,
                measured: format!("{own:.0} (moto has no such call)"),
                bar: "none".to_owned(),
                holds: true,
            };
        };
        let times = own / theirs;
        Row {
            what,
            measured: format!("{times:.0} × ({own:.0}, moto {theirs:.0})"),
            bar: format!("≥ {FEWEST_TIMES} × moto"),
            holds: times >= FEWEST_TIMES,
        }
    };
    own.into_iter().enumerate().map(row).collect()
}

fn group(name: &str) -> Value {
    json!({
        "applicationName": "shop", "deploymentGroupName": name, "serviceRoleArn": "arn:aws:iam::111122223333:role/r",
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
    })
}

/// A deployment to an alias of the group's own, since an alias takes one deployment at a time.
fn deployment(group: &str) -> Value {
    let properties = json!({ "Name": "orders", "Alias": group, "CurrentVersion": "1", "TargetVersion": "2" });
    let resource = json!({ "it": { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let content = json!({ "version": 0.0, "Resources": [resource] }).to_string();
    json!({
        "applicationName": "shop", "deploymentGroupName": group,
        "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": content } },
    })
}

fn group_name(number: usize) -> String {
    format!("group-{number}")
}

/// The body of a call that reads; `id` is the last deployment's.
fn body(call: &str, id: &str) -> Value {
    match call {
        "GetDeployment" => json!({ "deploymentId": id }),
        "GetDeploymentGroup" => json!({ "applicationName": "shop", "deploymentGroupName": "group-0" }),
        "ListDeployments" => json!({}),
        "GetDeploymentTarget" => {
            json!({ "deploymentId": id, "targetId": format!("orders:{}", group_name(DEPLOYMENTS - 1)) })
        }
        _ => deployment("group-0"),
    }
}

/// What is there before anything is measured, in any CodeDeploy.
fn furnishing() -> Vec<(&'static str, Value)> {
    let application = json!({ "applicationName": "shop", "computePlatform": "Lambda" });
    let names = || (0..DEPLOYMENTS).map(group_name);
    let groups = names().map(|name| ("CreateDeploymentGroup", group(&name)));
    let deployments = names().map(|name| ("CreateDeployment", deployment(&name)));
    std::iter::once(("CreateApplication", application)).chain(groups).chain(deployments).collect()
}

fn own_per_second(call: &str, effort: Effort) -> f64 {
    let (began, mut answered, mut busy) = (Instant::now(), 0, Duration::ZERO);
    while answered == 0 || crate::goes_on(effort, began, LASTS) {
        // A group takes one deployment at a time, so that each needs a group; and a world that does not grow.
        let world = World::new();
        let door = Door::new(&world);
        let mut id = String::new();
        for (operation, body) in furnishing() {
            let answer = door.call(operation, &body);
            assert!(answer["__type"].is_null(), "{operation}: {answer}");
            id = answer["deploymentId"].as_str().unwrap_or_default().to_owned();
        }
        let requests: Vec<Request> = if call == "CreateDeployment" {
            let names: Vec<String> = (0..BATCH).map(|n| format!("next-{n}")).collect();
            names.iter().for_each(|name| drop(door.call("CreateDeploymentGroup", &group(name))));
            names.iter().map(|name| request(call, &deployment(name))).collect()
        } else {
            vec![request(call, &body(call, &id)); BATCH]
        };
        let before = processor_time().expect("Linux tells how long a thread has had a core");
        let answers: Vec<Value> = requests.iter().map(|request| door.answer(request)).collect();
        busy += processor_time().expect("it told before") - before;
        assert!(answers.iter().all(|answer| answer["statusCode"] == 200), "{}", answers[0]);
        answered += answers.len();
    }
    answered as f64 / busy.as_secs_f64()
}

/// A running moto.
struct Moto {
    process: Child,
    client: Client,
    url: String,
}

impl Moto {
    async fn start() -> Self {
        let python = PythonEnvironment::ensure("moto", REQUIREMENTS).await.unwrap();
        let mut command: Command = scrubbed(python.python());
        command.arg(python.program("moto_server")).args(["-H", "127.0.0.1", "-p", "0"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let (mut url, mut before) = (None, String::new());
        while url.is_none() {
            let line = said.next_line().await.unwrap().unwrap_or_else(|| panic!("moto ended:\n{before}"));
            url = line.split_once("Running on ").map(|(_, url)| format!("{}/", url.trim()));
            before += &format!("{line}\n");
        }
        // It writes a line for each request, and would wait for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Self { process, client: plain_client().unwrap(), url: url.expect("the loop ends with one") }
    }

    /// Makes what is asked for; the id of a deployment.
    async fn furnish(&self) -> String {
        let mut id = String::new();
        for (operation, body) in furnishing() {
            let answer: Value = serde_json::from_slice(&self.ask(operation, body.to_string()).await).unwrap();
            id = answer["deploymentId"].as_str().unwrap_or_default().to_owned();
        }
        id
    }

    async fn per_second(&self, call: &str, id: &str, effort: Effort) -> f64 {
        let body = body(call, id).to_string();
        let (began, before, mut answered) = (Instant::now(), self.processor_seconds(), 0);
        // What it creates makes its later lists longer, so that it creates last.
        while answered == 0 || crate::goes_on(effort, began, LASTS) {
            for _ in 0..BATCH {
                self.ask(call, body.clone()).await;
            }
            answered += BATCH;
        }
        answered as f64 / (self.processor_seconds() - before)
    }

    async fn ask(&self, operation: &str, body: String) -> Vec<u8> {
        let scope = "Credential=test/20260101/us-east-1/codedeploy/aws4_request";
        let request = self.client.post(&self.url).body(body);
        let request = request
            .header("x-amz-target", format!("CodeDeploy_20141006.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none"));
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "moto: {operation}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    /// How long its threads have had a core.
    fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id().unwrap())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        ticks / TICKS
    }
}
