//! `TriggerConfig`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::group::{Trigger, TriggerEvent};
use spillway_domain::names::{TopicArn, TriggerName};
use spillway_domain::words::cut;

use crate::codedeploy::context::Context;
use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::Object;
use crate::place::Place;

const EVENTS: [TriggerEvent; 10] = [
    TriggerEvent::DeploymentStart,
    TriggerEvent::DeploymentSuccess,
    TriggerEvent::DeploymentFailure,
    TriggerEvent::DeploymentStop,
    TriggerEvent::DeploymentRollback,
    TriggerEvent::DeploymentReady,
    TriggerEvent::InstanceStart,
    TriggerEvent::InstanceSuccess,
    TriggerEvent::InstanceFailure,
    TriggerEvent::InstanceReady,
];

/// One as it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    trigger_name: Option<String>,
    trigger_target_arn: Option<String>,
    trigger_events: Option<Vec<String>>,
}

/// What is given, checked.
pub(crate) fn parse(given: Vec<Object<Input>>, cx: &Context) -> Result<Vec<Trigger>, Exception> {
    if given.len() > cx.quotas.triggers {
        return Err(Exception::new(
            "TriggerTargetsLimitExceededException",
            format!("Deployment Groups cannot contain more than {} TriggerTargets.", cx.quotas.triggers),
        ));
    }
    let mut triggers: Vec<Trigger> = Vec::with_capacity(given.len());
    for (n, Object(input)) in given.into_iter().enumerate() {
        let trigger = parse_one(n, input, &cx.place)?;
        for other in &triggers {
            if other.name == trigger.name {
                return Err(invalid("Duplicate Trigger target name detected".to_owned()));
            }
            if other.topic == trigger.topic {
                return Err(invalid("Duplicate Trigger target arn detected".to_owned()));
            }
        }
        triggers.push(trigger);
    }
    Ok(triggers)
}

fn parse_one(n: usize, input: Input, place: &Place) -> Result<Trigger, Exception> {
    let missing = |member: &str| invalid(format!("triggerConfigurations[{n}].{member} is required and was not given."));
    let name = input.trigger_name.ok_or_else(|| missing("triggerName"))?;
    let name: TriggerName =
        name.parse().map_err(|bad| invalid(format!("triggerConfigurations[{n}].triggerName: {bad}")))?;
    let topic = input.trigger_target_arn.ok_or_else(|| missing("triggerTargetArn"))?;
    let topic: TopicArn =
        topic.parse().map_err(|bad| invalid(format!("triggerConfigurations[{n}].triggerTargetArn: {bad}")))?;
    if topic.region() != place.region || topic.partition() != place.partition {
        return Err(invalid(format!(
            "Topic ARN {topic} is not valid: it is in Region {} of partition {}, and the deployment group is in {} of {}. \
             Name a topic in the deployment group's Region.",
            topic.region(),
            topic.partition(),
            place.region,
            place.partition
        )));
    }
    let mut events = Vec::new();
    for given in input.trigger_events.unwrap_or_default() {
        let Some(event) = EVENTS.into_iter().find(|event| text(*event) == given) else {
            return Err(invalid(format!(
                "triggerConfigurations[{n}].triggerEvents: '{}' is not an event. Valid values are [{}]",
                cut(&given, 120),
                EVENTS.map(text).join(", ")
            )));
        };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    if events.is_empty() {
        return Err(missing("triggerEvents"));
    }
    Ok(Trigger { name, topic, events })
}

/// As they are shown.
pub(crate) fn render(triggers: &[Trigger]) -> Value {
    let shown = triggers.iter().map(|trigger| {
        let events: Vec<&str> = trigger.events.iter().copied().map(text).collect();
        json!({
            "triggerName": trigger.name.as_str(),
            "triggerTargetArn": trigger.topic.as_str(),
            "triggerEvents": events,
        })
    });
    Value::Array(shown.collect())
}

fn text(event: TriggerEvent) -> &'static str {
    match event {
        TriggerEvent::DeploymentStart => "DeploymentStart",
        TriggerEvent::DeploymentSuccess => "DeploymentSuccess",
        TriggerEvent::DeploymentFailure => "DeploymentFailure",
        TriggerEvent::DeploymentStop => "DeploymentStop",
        TriggerEvent::DeploymentRollback => "DeploymentRollback",
        TriggerEvent::DeploymentReady => "DeploymentReady",
        TriggerEvent::InstanceStart => "InstanceStart",
        TriggerEvent::InstanceSuccess => "InstanceSuccess",
        TriggerEvent::InstanceFailure => "InstanceFailure",
        TriggerEvent::InstanceReady => "InstanceReady",
    }
}

fn invalid(words: String) -> Exception {
    Exception::new("InvalidTriggerConfigException", words)
}
