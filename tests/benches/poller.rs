//! What Spillway is measured against: a loop that looks at the alarm every ten seconds, as CodeDeploy does, and puts
//! the traffic back with its own hands. It runs next to the emulated AWS and never starts cold.

use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_lambda::types::AliasRoutingConfiguration;

use crate::cloud::Cloud;

pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// Watches an alarm until it goes off and the alias is back on version 1, and answers when that was.
pub(crate) async fn poll(cloud: &Cloud, alarm: &str, function: &str, alias: &str) -> Instant {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let request = cloud.cloudwatch.describe_alarms().alarm_names(alarm).state_value(StateValue::Alarm);
        if !request.send().await.unwrap().metric_alarms().is_empty() {
            restore(cloud, function, alias).await;
            return Instant::now();
        }
    }
}

async fn restore(cloud: &Cloud, function: &str, alias: &str) {
    let read = cloud.lambda.get_alias().function_name(function).name(alias).send().await.unwrap();
    let request = cloud.lambda.update_alias().function_name(function).name(alias);
    let request = request.function_version("1").routing_config(AliasRoutingConfiguration::builder().build());
    request.set_revision_id(read.revision_id).send().await.unwrap();
}
