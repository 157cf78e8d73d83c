//! Alarms: before the start, in mid-shift, and such as nobody can read.

use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codedeploy::types::AlarmConfiguration;

use super::stage::watching;
use super::{Cloud, Counter, Ended, Order, Shop, in_cloud};

impl Cloud {
    /// Makes an alarm that is quiet.
    pub async fn put_alarm(&self, name: &str) {
        let request = self.cloudwatch.put_metric_alarm().alarm_name(name).namespace("AWS/Lambda");
        let request = request.metric_name("Errors").statistic(Statistic::Sum).period(60).evaluation_periods(1);
        let request = request.threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        request.send().await.unwrap();
        self.set_alarm(name, StateValue::Ok).await;
    }

    pub async fn set_alarm(&self, name: &str, state: StateValue) {
        let request = self.cloudwatch.set_alarm_state().alarm_name(name).state_value(state);
        request.state_reason("set by a test").send().await.unwrap();
    }
}

/// A shop whose group watches an alarm of the same name, which is there, and quiet.
async fn watchful(cloud: &'static Cloud, name: &str) -> Shop {
    cloud.put_alarm(name).await;
    Shop::open_with(cloud, name, |group| group.alarm_configuration(watching(name))).await
}

fn is_stopped_by_alarm(ended: &Ended, alarm: &str) {
    let (code, words) = ended.error();
    assert_eq!((ended.status(), code), ("Stopped", "ALARM_ACTIVE"), "{words}");
    assert!(words.contains(alarm), "{words}");
}

#[test]
fn an_alarm_that_is_red_before_the_start_moves_no_traffic() {
    in_cloud(async |cloud| {
        let shop = watchful(cloud, "red-before").await;
        let before = shop.alias().await;
        cloud.set_alarm("red-before", StateValue::Alarm).await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
        is_stopped_by_alarm(&ended, "Activated alarms: red-before");
        assert_eq!(shop.alias().await.0, before.0);
    });
}

#[test]
fn an_alarm_in_mid_shift_takes_the_traffic_back_and_a_rollback_says_why() {
    in_cloud(async |cloud| {
        let shop = watchful(cloud, "red-meanwhile").await;
        let id = shop.deploy(&Order::new("Steps.10@1h")).await;
        shop.until_routing("1, 2 at 0.1").await;
        shop.until_info(&id, "the bake", |info| format!("{info:?}").contains("10 % to bake")).await;
        cloud.set_alarm("red-meanwhile", StateValue::Alarm).await;
        shop.until_routing("1").await;
        let ended = shop.end(&id).await;
        is_stopped_by_alarm(&ended, "Activated alarms: red-meanwhile");
        let (rollback, words) = ended.rolled_back_by();
        assert_eq!(words, format!("Deployment {rollback} is triggered to roll back deployment {id}."));
        assert_eq!(ended.rollback.as_ref().unwrap().status().unwrap().as_str(), "Succeeded");
        assert_eq!(shop.routing().await, "1");
    });
}

#[test]
fn an_alarm_that_does_not_exist_stops_it() {
    in_cloud(async |cloud| {
        let shop = Shop::open_with(cloud, "unread", |group| group.alarm_configuration(watching("of-nobody"))).await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
        is_stopped_by_alarm(&ended, "Alarm of-nobody does not exist");
        assert_eq!(shop.routing().await, "1");
    });
}

#[test]
fn an_alarm_that_does_not_exist_can_be_ignored() {
    in_cloud(async |cloud| {
        let mut ignored = watching("of-nobody");
        ignored.ignore_poll_alarm_failure = true;
        let shop = Shop::open_with(cloud, "ignored", |group| group.alarm_configuration(ignored)).await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
    });
}

#[test]
fn a_red_alarm_does_not_stop_the_cure_that_overrides_it() {
    in_cloud(async |cloud| {
        let shop = watchful(cloud, "overridden").await;
        cloud.set_alarm("overridden", StateValue::Alarm).await;
        let none = AlarmConfiguration::builder().enabled(false).build();
        let request = shop.request(&Order::new("Steps.10@1s")).override_alarm_configuration(none.clone());
        let id = request.send().await.unwrap().deployment_id.unwrap();
        let ended = shop.end(&id).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        assert_eq!(ended.info.override_alarm_configuration().map(|given| given.enabled), Some(none.enabled));
        assert_eq!(shop.routing().await, "2");
    });
}

#[test]
fn alarms_that_are_switched_off_count_for_nothing() {
    in_cloud(async |cloud| {
        cloud.put_alarm("switched-off").await;
        cloud.set_alarm("switched-off", StateValue::Alarm).await;
        let mut off = watching("switched-off");
        off.enabled = false;
        let shop = Shop::open_with(cloud, "switched-off", |group| group.alarm_configuration(off)).await;
        let ended = shop.deploy_to_the_end(&Order::new("Steps.10@1s")).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
    });
}

#[test]
fn one_invocation_with_two_calls_of_lambda_restores_the_traffic() {
    in_cloud(async |cloud| {
        let shop = watchful(cloud, "counted").await;
        let counter = Counter::start(&cloud.endpoints().aws).await;
        let copy = cloud.copy_watch_alarms("counted-watch-alarms", &counter.url).await;
        let id = shop.deploy(&Order::new("Steps.10@1h")).await;
        shop.until_info(&id, "the bake", |info| format!("{info:?}").contains("10 % to bake")).await;
        // The alarm itself stays quiet, so that only the copy hears of it.
        let event = include_str!("../../../events/watch-alarms.json").replace("orders-errors", "counted");
        let event = event.replace("123456789012", "000000000000");
        let event = event.replace("2026-11-21T01:02:03.456+0000", "2099-01-01T00:00:00.000+0000");
        let answer: serde_json::Value = serde_json::from_str(&cloud.invoke(&copy, &event).await.unwrap()).unwrap();
        assert_eq!(answer, serde_json::json!({ "watching": 1, "restored": 1 }));
        assert_eq!(shop.routing().await, "1");
        let calls = counter.calls();
        let of_lambda: Vec<_> = calls.iter().filter(|call| call.contains("/functions/")).collect();
        assert_eq!(of_lambda.len(), 2, "{calls:#?}");
        assert!(of_lambda[0].starts_with("GET ") && of_lambda[1].starts_with("PUT "), "{calls:#?}");
        let others: Vec<_> = calls.iter().filter(|call| !call.contains("/functions/")).collect();
        let known = |call: &&String| call.contains("AssumeRole") || call.contains("SendTaskSuccess");
        assert!(others.iter().all(known) && others.len() <= 2, "{calls:#?}");
        assert_eq!(shop.end(&id).await.status(), "Stopped");
    });
}
