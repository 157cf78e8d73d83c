//! Properties of a template: texts, lists and objects. CloudFormation makes texts of numbers and booleans.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

/// The properties of a resource, or of a part of it.
pub(super) struct Properties<'a> {
    of: String,
    given: &'a Map<String, Value>,
}

impl<'a> Properties<'a> {
    pub(super) fn new(of: &str, given: &'a Map<String, Value>) -> Self {
        Self { of: of.to_owned(), given }
    }

    /// A property that must be there.
    pub(super) fn required<T: FromStr<Err: Display>>(&self, key: &str) -> Result<T, String> {
        self.optional(key)?.ok_or_else(|| format!("{}: {key} is required and was not given.", self.of))
    }

    /// A property that may be there.
    pub(super) fn optional<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Option<T>, String> {
        match self.given.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                text.parse().map(Some).map_err(|bad: T::Err| format!("{}: {key}: {bad}", self.of))
            }
            Some(Value::Number(number)) => {
                number.to_string().parse().map(Some).map_err(|bad: T::Err| format!("{}: {key}: {bad}", self.of))
            }
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(self.not(key, "a text")),
        }
    }

    /// A number, or the text of one.
    pub(super) fn number(&self, key: &str) -> Result<Option<u32>, String> {
        match self.given.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(given) => match as_number(given).and_then(|number| u32::try_from(number).ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(self.not(key, "a number from 0")),
            },
        }
    }

    /// A boolean, or the text of one.
    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, String> {
        match self.given.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(given) => as_boolean(given).map(Some).ok_or_else(|| self.not(key, "true or false")),
        }
    }

    /// A list of texts that must be there.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'a str>, String> {
        let Some(given) = self.given.get(key) else {
            return Err(format!("{}: {key} is required and was not given.", self.of));
        };
        let texts = given.as_array().and_then(|given| given.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        texts.ok_or_else(|| self.not(key, "a list of texts"))
    }

    /// An object.
    pub(super) fn part(&self, key: &str) -> Result<Option<Properties<'a>>, String> {
        match self.given.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(given)) => Ok(Some(Self { of: format!("{}: {key}", self.of), given })),
            Some(_) => Err(self.not(key, "an object")),
        }
    }

    fn not(&self, key: &str, what: &str) -> String {
        format!("{}: {key} is not {what}.", self.of)
    }
}

/// Properties as CodeDeploy's API has them: its members begin with small letters, it nests tag sets less deep, and it
/// has numbers and booleans.
pub(super) fn api_form(given: &Value) -> Value {
    match given {
        Value::Object(members) => Value::Object(members.iter().map(|(key, value)| member(key, value)).collect()),
        Value::Array(items) => Value::Array(items.iter().map(api_form).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => given.clone(),
    }
}

fn member(key: &str, value: &Value) -> (String, Value) {
    let name = api_name(key);
    let value = match key {
        // Tags and their filters are spelled alike.
        "Tags" | "Ec2TagFilters" | "OnPremisesInstanceTagFilters" => value.clone(),
        "Ec2TagSetList" => groups(value, "Ec2TagGroup"),
        "OnPremisesTagSetList" => groups(value, "OnPremisesTagGroup"),
        _ if NUMBERS.contains(&key) => as_number(value).map_or_else(|| value.clone(), Value::from),
        _ if BOOLEANS.contains(&key) => as_boolean(value).map_or_else(|| value.clone(), Value::from),
        _ => api_form(value),
    };
    (name, value)
}

/// The lists of filters of a tag set, each of which a template has in an object of its own.
fn groups(list: &Value, member: &str) -> Value {
    let own = |group: &Value| group.get(member).unwrap_or(group).clone();
    list.as_array().map_or_else(|| list.clone(), |list| list.iter().map(own).collect())
}

fn api_name(key: &str) -> String {
    if key == "ECSServices" {
        return "ecsServices".to_owned();
    }
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// `Value` is the number of hosts; the values of tags are not looked at here.
const NUMBERS: [&str; 9] = [
    "CanaryInterval",
    "CanaryPercentage",
    "FirstZoneMonitorDurationInSeconds",
    "LinearInterval",
    "LinearPercentage",
    "MonitorDurationInSeconds",
    "TerminationWaitTimeInMinutes",
    "Value",
    "WaitTimeInMinutes",
];

const BOOLEANS: [&str; 4] =
    ["Enabled", "IgnoreApplicationStopFailures", "IgnorePollAlarmFailure", "TerminationHookEnabled"];

fn as_number(given: &Value) -> Option<i64> {
    match given {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn as_boolean(given: &Value) -> Option<bool> {
    match given {
        Value::Bool(given) => Some(*given),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
