//! `AlarmConfiguration`.

use serde::Deserialize;
use serde_json::{Value, json};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::names::AlarmName;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::input::{Object, count_given, plain_name};

/// As it is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    enabled: Option<bool>,
    ignore_poll_alarm_failure: Option<bool>,
    alarms: Option<Vec<Object<AlarmInput>>>,
}

#[derive(Deserialize)]
struct AlarmInput {
    name: Option<String>,
}

/// What is given, checked.
pub(crate) fn parse(input: Input, quotas: &Quotas) -> Result<AlarmConfiguration, Exception> {
    let invalid = |words: String| Exception::new("InvalidAlarmConfigException", words);
    let enabled = input.enabled.unwrap_or(false);
    let given = input.alarms.unwrap_or_default();
    if given.len() > quotas.alarms {
        return Err(Exception::new(
            "AlarmsLimitExceededException",
            format!(
                "Deployment Groups cannot contain more than {} alarms; {}.",
                quotas.alarms,
                count_given(given.len())
            ),
        ));
    }
    let mut alarms: Vec<AlarmName> = Vec::with_capacity(given.len());
    for (n, Object(alarm)) in given.into_iter().enumerate() {
        let Some(name) = alarm.name else {
            return Err(invalid(format!("alarms[{n}].name is required and was not given.")));
        };
        let name: AlarmName = plain_name(&name).map_err(|words| invalid(format!("alarms[{n}].name: {words}")))?;
        if alarms.contains(&name) {
            return Err(invalid(format!("alarms[{n}].name: the alarm '{name}' is listed twice; list it once.")));
        }
        alarms.push(name);
    }
    if enabled && alarms.is_empty() {
        return Err(invalid(
            "Deployment Groups need to have at least one alarms attached if they are monitored.".to_owned(),
        ));
    }
    Ok(AlarmConfiguration {
        enabled,
        ignore_poll_alarm_failure: input.ignore_poll_alarm_failure.unwrap_or(false),
        alarms,
    })
}

/// What is given in place of a group's, checked. A block without members says nothing. One that leaves out `enabled`
/// would switch off every alarm, those that it lists, too, so that it has to say whether it means that.
pub(crate) fn parse_override(input: Input, quotas: &Quotas) -> Result<Option<AlarmConfiguration>, Exception> {
    let says_nothing = input.ignore_poll_alarm_failure.is_none() && input.alarms.is_none();
    let is_said = input.enabled.is_some();
    let alarms = parse(input, quotas)?;
    match (is_said, says_nothing) {
        (true, _) => Ok(Some(alarms)),
        (false, true) => Ok(None),
        (false, false) => Err(Exception::new(
            "InvalidAlarmConfigException",
            "overrideAlarmConfiguration.enabled is required and was not given: true watches these alarms in place of the \
             deployment group's, and false watches none.",
        )),
    }
}

/// As it is shown.
pub(crate) fn render(alarms: &AlarmConfiguration) -> Value {
    let names: Vec<Value> = alarms.alarms.iter().map(|name| json!({ "name": name.as_str() })).collect();
    json!({
        "enabled": alarms.enabled,
        "ignorePollAlarmFailure": alarms.ignore_poll_alarm_failure,
        "alarms": names,
    })
}
