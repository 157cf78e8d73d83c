//! Watch alarms: an alarm went off, and the traffic goes back at once.

use jiff::Timestamp;
use serde::Deserialize;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Aliases, ShiftListener};
use spillway_aws_stepfunctions::Tasks;
use spillway_aws_sts::Roles;
use spillway_domain::names::AlarmName;
use spillway_engine::{AlarmEvent, Watched, WaysBack, watch_alarms};
use spillway_kit::{Failure, Invocation, SystemClock, aws, random_number, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let aliases = Aliases::new(&Roles::new(&config));
    let listeners = ShiftListener::new(&config, setting::<String>("SHIFT_LISTENER_FUNCTION")?);
    let tasks = Tasks::new(&config);
    let ways =
        WaysBack { deployments: &table, aliases: &aliases, listeners: &listeners, wakes: &tasks, clock: &SystemClock };
    run(async |change: StateChange, invocation: Invocation| {
        let Some(alarm) = change.into_alarm(invocation.home()) else {
            return Ok(None);
        };
        let watched = watch_alarms(&ways, &alarm, random_number(), invocation.deadline).await?;
        let Watched { watching, restored } = watched;
        tracing::info!(target: "spillway", alarm = %alarm.alarm, watching, restored, "it went off");
        Ok(Some(watched))
    })
    .await
}

/// EventBridge's `CloudWatch Alarm State Change`, as far as it is read.
#[derive(Deserialize)]
struct StateChange {
    account: String,
    region: String,
    /// The ARN of the alarm, alone.
    resources: Vec<String>,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    alarm_name: AlarmName,
    state: State,
}

#[derive(Deserialize)]
struct State {
    value: String,
    timestamp: Timestamp,
}

impl StateChange {
    /// The alarm that went off, if one did, and is one of this account and Region: where events are forwarded to this bus,
    /// an alarm of another account or Region may have the name of one that is watched here.
    fn into_alarm(self, home: [&str; 3]) -> Option<AlarmEvent> {
        let Self { account, region, resources, detail: Detail { alarm_name, state } } = self;
        let [partition, own_region, own_account] = home;
        let own = format!("arn:{partition}:cloudwatch:{own_region}:{own_account}:alarm:{alarm_name}");
        if (account.as_str(), region.as_str()) != (own_account, own_region) || resources != [own] {
            tracing::warn!(
                target: "spillway", alarm = %alarm_name, account, region, ?resources,
                "ignored: it is an alarm of another account or Region"
            );
            return None;
        }
        (state.value == "ALARM").then_some(AlarmEvent { alarm: alarm_name, at: state.timestamp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../events/watch-alarms.json");

    fn alarm(sample: &str) -> Option<AlarmEvent> {
        serde_json::from_str::<StateChange>(sample).unwrap().into_alarm(["aws", "us-east-1", "123456789012"])
    }

    #[test]
    fn the_sample_is_an_alarm_that_went_off() {
        let went_off = alarm(SAMPLE).unwrap();
        assert_eq!(went_off.alarm.as_str(), "orders-errors");
        assert_eq!(went_off.at.to_string(), "2026-11-21T01:02:03.456Z");
    }

    #[test]
    fn an_alarm_that_calms_down_is_nothing() {
        assert_eq!(alarm(include_str!("../../../events/watch-alarms.ok.json")), None);
    }

    #[test]
    fn an_alarm_of_another_account_or_region_is_nothing() {
        assert_eq!(alarm(include_str!("../../../events/watch-alarms.foreign.json")), None);
        for (ours, theirs) in [
            (r#""account": "123456789012""#, r#""account": "999999999999""#),
            (r#""region": "us-east-1""#, r#""region": "eu-west-1""#),
            ("us-east-1:123456789012:alarm", "us-east-1:999999999999:alarm"),
            ("us-east-1:123456789012:alarm", "eu-west-1:123456789012:alarm"),
            ("alarm:orders-errors", "alarm:another"),
        ] {
            assert_eq!(alarm(&SAMPLE.replace(ours, theirs)), None, "{theirs}");
        }
    }
}
