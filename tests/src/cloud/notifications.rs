//! What subscribers are told, by SNS and by EventBridge.

use aws_sdk_codedeploy::types::{DeploymentInfo, TriggerConfig, TriggerEventType};
use serde_json::{Value, json};

use super::{Order, Shop, in_cloud};

const ALL_AT_ONCE: &str = "CodeDeployDefault.LambdaAllAtOnce";

fn trigger(topic: &str) -> TriggerConfig {
    use TriggerEventType::{DeploymentFailure, DeploymentRollback, DeploymentStart, DeploymentStop, DeploymentSuccess};
    let events = vec![DeploymentStart, DeploymentSuccess, DeploymentFailure, DeploymentStop, DeploymentRollback];
    let trigger = TriggerConfig::builder().trigger_name("everything").trigger_target_arn(topic);
    trigger.set_trigger_events(Some(events)).build()
}

#[test]
fn start_and_success_are_told_by_sns_as_existing_subscribers_parse_it_and_by_eventbridge() {
    in_cloud(async |cloud| {
        let topic = cloud.run_script("news.py", &["make", "news"]).await;
        let shop = Shop::open_with(cloud, "news", |group| group.trigger_configurations(trigger(topic.trim()))).await;
        let ended = shop.deploy_to_the_end(&Order::new(ALL_AT_ONCE)).await;
        assert_eq!(ended.status(), "Succeeded");
        let told: Value = serde_json::from_str(&cloud.run_script("news.py", &["read", "news", "2"]).await).unwrap();

        let by_sns = told["sns"].as_array().unwrap();
        assert_eq!(by_sns.len(), 2, "{told:#}");
        for status in ["CREATED", "SUCCEEDED"] {
            let subject = format!("{status}: AWS CodeDeploy {} in us-east-1 to news", ended.id());
            let envelope = by_sns.iter().find(|told| told["Subject"] == json!(subject));
            let envelope = envelope.unwrap_or_else(|| panic!("{subject} in {told:#}"));
            let message: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
            for (member, value) in [
                ("region", "us-east-1"),
                ("accountId", &cloud.endpoints().account_id),
                ("eventTriggerName", "everything"),
                ("applicationName", "news"),
                ("deploymentGroupName", "news"),
                ("deploymentId", ended.id()),
                ("status", status),
            ] {
                assert_eq!(message[member], value, "{message:#}");
            }
            let time = message["createTime"].as_str().unwrap();
            assert!(jiff::fmt::strtime::parse("%a %b %d %H:%M:%S UTC %Y", time).is_ok(), "{message:#}");
            let overview: Value = serde_json::from_str(message["deploymentOverview"].as_str().unwrap()).unwrap();
            assert_eq!(overview["Succeeded"], u8::from(status == "SUCCEEDED"), "{message:#}");
        }

        let mut states: Vec<_> =
            told["events"].as_array().unwrap().iter().map(|event| &event["detail"]["state"]).collect();
        states.sort_by_key(ToString::to_string);
        assert_eq!(states, ["START", "SUCCESS"], "{told:#}");
        for event in told["events"].as_array().unwrap() {
            assert_eq!(event["detail-type"], "CodeDeploy Deployment State-change Notification");
            assert_eq!(event["detail"]["deploymentId"], ended.id());
        }
    });
}

#[test]
fn a_failure_and_a_stop_with_its_rollback_are_told_too() {
    in_cloud(async |cloud| {
        let topic = cloud.run_script("news.py", &["make", "bad-news"]).await;
        let shop =
            Shop::open_with(cloud, "bad-news", |group| group.trigger_configurations(trigger(topic.trim()))).await;
        let failed = shop.deploy_to_the_end(&Order::new(ALL_AT_ONCE).before("hook-fails")).await;
        let id = shop.deploy(&Order::new("Steps.10@1h")).await;
        shop.until_routing("1, 2 at 0.1").await;
        cloud.codedeploy.stop_deployment().deployment_id(&id).send().await.unwrap();
        let stopped = shop.end(&id).await;

        let mut expected = Vec::new();
        for (ended, state) in [(&failed, "FAILURE"), (&stopped, "STOP")] {
            expected.extend([(ended.id(), "START"), (ended.id(), state)]);
            let rollback = ended.rollback.iter().filter_map(|rollback| rollback.deployment_id());
            expected.extend(rollback.flat_map(|id| [(id, "START"), (id, "SUCCESS")]));
        }
        assert!(stopped.rollback.is_some());
        expected.sort_unstable();

        let count = expected.len().to_string();
        let told = cloud.run_script("news.py", &["read", "bad-news", &count]).await;
        let told: Value = serde_json::from_str(&told).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let by_bus = told["events"].as_array().unwrap().iter().map(|event| &event["detail"]);
        let by_bus = sorted(by_bus.map(|detail| (text(&detail["deploymentId"]), text(&detail["state"]))));
        let by_sns = told["sns"].as_array().unwrap().iter().map(|told| serde_json::from_str(&text(&told["Message"])));
        let by_sns = by_sns.map(|message: Result<Value, _>| message.unwrap());
        let by_sns = sorted(by_sns.map(|told| (text(&told["deploymentId"]), state(&text(&told["status"])).to_owned())));
        for told in [by_bus, by_sns] {
            let told: Vec<_> = told.iter().map(|(id, state)| (id.as_str(), state.as_str())).collect();
            assert_eq!(told, expected);
        }
    });
}

fn sorted(told: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

/// The state of an event that goes with a status.
fn state(status: &str) -> &str {
    match status {
        "CREATED" => "START",
        "SUCCEEDED" => "SUCCESS",
        "FAILED" => "FAILURE",
        "STOPPED" => "STOP",
        other => panic!("{other} is no status"),
    }
}

#[test]
fn a_broken_topic_harms_nothing_and_is_named() {
    in_cloud(async |cloud| {
        let topic = format!("arn:aws:sns:us-east-1:{}:topic-of-nobody", cloud.endpoints().account_id);
        let shop = Shop::open_with(cloud, "broken-news", |group| group.trigger_configurations(trigger(&topic))).await;
        let ended = shop.deploy_to_the_end(&Order::new(ALL_AT_ONCE)).await;
        assert_eq!(ended.status(), "Succeeded", "{:#?}", ended.info);
        assert_eq!(shop.routing().await, "2");
        let names = |words: &&String| words.contains(&format!("Check that topic {topic} exists"));
        let both = |info: &DeploymentInfo| info.deployment_status_messages().iter().filter(names).count() == 2;
        shop.until_info(ended.id(), "start and end that nobody was told of", both).await;
    });
}
