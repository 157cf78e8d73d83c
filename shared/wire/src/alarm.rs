//! What CloudWatch says of an alarm.

use jiff::Timestamp;
use serde::Deserialize;
use spillway_domain::names::AlarmName;

/// EventBridge's `CloudWatch Alarm State Change`, as far as it is read.
#[derive(Debug, Deserialize)]
pub struct StateChange {
    account: String,
    region: String,
    /// The ARN of the alarm, alone.
    resources: Vec<String>,
    detail: Detail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    alarm_name: AlarmName,
    state: State,
}

#[derive(Debug, Deserialize)]
struct State {
    value: String,
    timestamp: Timestamp,
}

/// What it means for the deployments of an account and Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmChange {
    /// An alarm went off.
    WentOff {
        /// Which.
        alarm: AlarmName,
        /// Since when it is in this state.
        at: Timestamp,
    },
    /// An alarm went into another state.
    CalmedDown,
    /// The alarm is of another account or Region, whose events are forwarded to this bus. It may have the name of one
    /// that is watched here.
    Foreign {
        /// What the event is about.
        resources: Vec<String>,
    },
}

impl StateChange {
    /// What it means in this partition, Region and account.
    pub fn read(self, [partition, own_region, own_account]: [&str; 3]) -> AlarmChange {
        let Self { account, region, resources, detail: Detail { alarm_name, state } } = self;
        let own = format!("arn:{partition}:cloudwatch:{own_region}:{own_account}:alarm:{alarm_name}");
        if (account.as_str(), region.as_str()) != (own_account, own_region) || resources != [own] {
            return AlarmChange::Foreign { resources };
        }
        match state.value.as_str() {
            "ALARM" => AlarmChange::WentOff { alarm: alarm_name, at: state.timestamp },
            _ => AlarmChange::CalmedDown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../events/watch-alarms.json");

    fn read(sample: &str) -> AlarmChange {
        serde_json::from_str::<StateChange>(sample).unwrap().read(["aws", "us-east-1", "123456789012"])
    }

    #[test]
    fn the_sample_is_an_alarm_that_went_off() {
        let at = "2026-11-21T01:02:03.456Z".parse().unwrap();
        let AlarmChange::WentOff { alarm, at: since } = read(SAMPLE) else { panic!("{:?}", read(SAMPLE)) };
        assert_eq!((alarm.as_str(), since), ("orders-errors", at));
    }

    #[test]
    fn an_alarm_that_calms_down_is_nothing() {
        assert_eq!(read(include_str!("../../../events/watch-alarms.ok.json")), AlarmChange::CalmedDown);
    }

    #[test]
    fn an_alarm_of_another_account_or_region_is_foreign() {
        let is_foreign = |sample: &str| matches!(read(sample), AlarmChange::Foreign { .. });
        assert!(is_foreign(include_str!("../../../events/watch-alarms.foreign.json")));
        for (ours, theirs) in [
            (r#""account": "123456789012""#, r#""account": "999999999999""#),
            (r#""region": "us-east-1""#, r#""region": "eu-west-1""#),
            ("us-east-1:123456789012:alarm", "us-east-1:999999999999:alarm"),
            ("us-east-1:123456789012:alarm", "eu-west-1:123456789012:alarm"),
            ("alarm:orders-errors", "alarm:another"),
        ] {
            assert!(is_foreign(&SAMPLE.replace(ours, theirs)), "{theirs}");
        }
    }
}
