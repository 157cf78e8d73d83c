//! Watch alarms: an alarm went off, and the traffic goes back at once.

use jiff::Timestamp;
use serde::Deserialize;
use spillway_aws_dynamodb::Table;
use spillway_aws_lambda::{Aliases, ShiftListener};
use spillway_aws_stepfunctions::Tasks;
use spillway_aws_sts::Roles;
use spillway_domain::AlarmName;
use spillway_engine::{AlarmEvent, watch_alarms};
use spillway_kit::{Failure, Invocation, aws, now, run, setting};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let config = aws()?;
    let table = Table::new(&config, setting::<String>("TABLE_NAME")?, setting("RETENTION_DAYS")?);
    let aliases = Aliases::new(&Roles::new(&config));
    let listeners = ShiftListener::new(&config, setting::<String>("SHIFT_LISTENER_FUNCTION")?);
    let tasks = Tasks::new(&config);
    run(async |change: StateChange, _: Invocation| match change.into_alarm() {
        None => Ok(Vec::new()),
        Some(alarm) => watch_alarms(&table, (&aliases, &listeners), &tasks, &alarm, now).await,
    })
    .await
}

/// EventBridge's `CloudWatch Alarm State Change`, as far as it is read.
#[derive(Deserialize)]
struct StateChange {
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
    /// The alarm that went off, if one did.
    fn into_alarm(self) -> Option<AlarmEvent> {
        let Detail { alarm_name, state } = self.detail;
        (state.value == "ALARM").then_some(AlarmEvent { alarm: alarm_name, at: state.timestamp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(sample: &str) -> Option<AlarmEvent> {
        serde_json::from_str::<StateChange>(sample).unwrap().into_alarm()
    }

    #[test]
    fn the_sample_is_an_alarm_that_went_off() {
        let went_off = alarm(include_str!("../../../events/watch-alarms.json")).unwrap();
        assert_eq!(went_off.alarm.as_str(), "orders-errors");
        assert_eq!(went_off.at.to_string(), "2026-11-21T01:02:03.456Z");
    }

    #[test]
    fn an_alarm_that_calms_down_is_nothing() {
        assert_eq!(alarm(include_str!("../../../events/watch-alarms.ok.json")), None);
    }
}
