//! From an alarm's change of state to the restored alias, on the local cloud, with `watch-alarms` starting cold each
//! time; beside a poller that watches the same alarm for an alias of its own.

use std::collections::HashMap;
use std::time::Instant;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_codedeploy::types::{Alarm, AlarmConfiguration};
use aws_sdk_lambda::types::{AliasRoutingConfiguration, Environment};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cloud::{Cloud, Order, Shop, in_cloud, until};
use crate::poller::{EVERY, poll};
use crate::tap::{Call, Tap};
use crate::{Effort, Row, median};

const ROUNDS: usize = 9;
const MOST_CALLS: usize = 2;
const ALARM: &str = "bench-alarm";

/// What one alarm led to.
struct Round {
    /// How long it took Spillway.
    seconds: f64,
    /// How long it took the poller.
    polled_seconds: f64,
    /// Spillway's calls besides those to its own table, until the traffic was back.
    calls: Vec<Call>,
}

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    in_cloud(async |cloud| {
        let watch_alarms = cloud.function("watch-alarms").await;
        let tap = Tap::open(&cloud.endpoints().aws).await;
        cloud.put_alarm(ALARM).await;
        let alarm = Alarm::builder().name(ALARM).build();
        let watching = AlarmConfiguration::builder().enabled(true).alarms(alarm).build();
        let shop = Shop::open_with(cloud, "bench-alarms", |group| group.alarm_configuration(watching)).await;
        let (mut rounds, begun) = (Vec::new(), cloud.invocations(&watch_alarms).await);
        for number in 0..effort.take(ROUNDS, 1) {
            cloud.restart_behind(&watch_alarms, &tap.url).await;
            rounds.push(play(cloud, &shop, &tap, number).await);
        }
        let invocations = cloud.invocations(&watch_alarms).await - begun;
        rows(&rounds, invocations)
    })
}

fn rows(rounds: &[Round], invocations: usize) -> Vec<Row> {
    let row = |what: &str, measured: String, bar: &str, holds: bool| Row {
        what: format!("alarm event → alias restored: {what}"),
        measured,
        bar: bar.to_owned(),
        holds,
    };
    let is_of_role = |call: &&Call| call.what.contains("AssumeRole");
    let most = |count: &dyn Fn(&Round) -> usize| rounds.iter().map(count).max().unwrap_or_default();
    let roles = most(&|round| round.calls.iter().filter(is_of_role).count());
    let calls = most(&|round| round.calls.iter().filter(|call| !is_of_role(call)).count());
    let polls = most(&polls);
    let seconds = median(rounds.iter().map(|round| round.seconds).collect());
    let polled_seconds = median(rounds.iter().map(|round| round.polled_seconds).collect());
    let times = polled_seconds / seconds;
    vec![
        row("invocations", format!("{invocations} for {} alarms", rounds.len()), "1 each", invocations == rounds.len()),
        row(
            "serial AWS calls besides our table's",
            format!("{calls} (and {roles} AssumeRole, because cold)"),
            &format!("≤ {MOST_CALLS}"),
            calls <= MOST_CALLS,
        ),
        row("polls", polls.to_string(), "0", polls == 0),
        row(
            "cold, against a poller at 10 s",
            format!(
                "{seconds:.2} s against {polled_seconds:.2} s, {times:.0} times as fast (medians of {})",
                rounds.len()
            ),
            "faster",
            times > 1.0,
        ),
    ]
}

/// Looks at alarms, and looks at the alias after the first.
fn polls(round: &Round) -> usize {
    let alarms = round.calls.iter().filter(|call| call.what.contains("DescribeAlarms")).count();
    let aliases = round.calls.iter().filter(|call| call.what.starts_with("GET ")).count();
    alarms + aliases.saturating_sub(1)
}

/// Has the alarm go off in the middle of a deployment, at any moment between two looks of the poller, and waits until
/// both have put their traffic back.
async fn play(cloud: &'static Cloud, shop: &Shop, tap: &Tap, number: usize) -> Round {
    let id = shop.deploy(&Order::new("Steps.10@1h")).await;
    shop.until_info(&id, "the bake", |info| format!("{info:?}").contains("10 % to bake")).await;
    let (function, polled) = (shop.name.clone(), format!("polled-{number}"));
    put_canary(cloud, &function, &polled).await;
    let polling = tokio::spawn(async move { poll(cloud, ALARM, &function, &polled).await });
    tokio::time::sleep(EVERY.mul_f64(random())).await;
    tap.drain();
    let set_at = Instant::now();
    cloud.set_alarm(ALARM, StateValue::Alarm).await;
    let is_write = |call: &Call| call.what.starts_with("PUT ") && call.what.contains("/aliases/");
    let (written, calls) = until("the write of the alias", async || {
        let calls = tap.calls();
        Some((calls.iter().position(is_write)?, calls))
    })
    .await;
    assert_eq!(shop.routing().await, "1", "the alias was written, and is not as before: {calls:#?}");
    let since = |at: Instant| at.duration_since(set_at).as_secs_f64();
    let (seconds, polled_seconds) = (since(calls[written].answered_at), since(polling.await.unwrap()));
    assert_eq!(shop.end(&id).await.status(), "Stopped");
    cloud.set_alarm(ALARM, StateValue::Ok).await;
    let calls = calls.into_iter().take(written + 1).filter(|call| !call.is_of_table()).collect();
    Round { seconds, polled_seconds, calls }
}

/// A number from 0 to 1.
fn random() -> f64 {
    Uuid::new_v4().as_u128() as f64 / u128::MAX as f64
}

/// An alias of a function, with a tenth of its traffic on version 2.
async fn put_canary(cloud: &Cloud, function: &str, alias: &str) {
    let routing = AliasRoutingConfiguration::builder().additional_version_weights("2", 0.1).build();
    let request = cloud.lambda.create_alias().function_name(function).name(alias).function_version("1");
    request.routing_config(routing).send().await.unwrap();
}

impl Cloud {
    /// Gives a function another environment, so that it starts cold, and reaches AWS through the tap.
    async fn restart_behind(&self, function: &str, tap: &str) {
        let found = self.lambda.get_function_configuration().function_name(function).send().await.unwrap();
        let mut variables: HashMap<_, _> = found.environment.unwrap().variables.unwrap();
        for service in ["DYNAMODB", "LAMBDA", "SFN", "STS"] {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), tap.to_owned());
        }
        variables.insert("RESTARTED".to_owned(), Uuid::new_v4().to_string());
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let request = self.lambda.update_function_configuration().function_name(function);
        request.environment(environment).send().await.unwrap();
    }

    /// How often a function was invoked, as its log tells.
    async fn invocations(&self, function: &str) -> usize {
        let found = self.lambda.get_function_configuration().function_name(function).send().await.unwrap();
        let group = found.logging_config.unwrap().log_group.unwrap();
        let request = reqwest::Client::new().post(&self.endpoints().aws);
        let request = request.header("content-type", "application/x-amz-json-1.1");
        let request = request.header("x-amz-target", "Logs_20140328.FilterLogEvents");
        let body = json!({"logGroupName": group, "filterPattern": "START"}).to_string();
        let answer = request.body(body).send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let events = answer["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        events.iter().filter(|event| event["message"].as_str().unwrap().starts_with("START RequestId")).count()
    }
}
