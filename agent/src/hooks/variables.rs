//! The variables of an AppSpec: their values, which no log shows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::time::Duration;

use serde_json::{Map, Value};
use spillway_appspec::server::{ValueSource, Variable};
use zeroize::Zeroizing;

use crate::mask::Mask;
use crate::secrets::Secrets;
use crate::system::Cancellation;
use crate::system::clock::Deadline;

/// How long a script waits for all of its values.
const MOST_TIME: Duration = Duration::from_mins(2);
/// The most bytes of a value; the kernel gives a process no larger variable.
const MOST_BYTES: usize = 128 * 1024 - 1_024;

/// A value that is fetched: a parameter, or a whole secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fetched<'a> {
    Parameter(&'a str),
    Secret(&'a str),
}

/// The values of the variables of a script. Those that are fetched are in the mask from then on. Which variable has none,
/// and why.
pub(super) fn resolve(
    variables: &[Variable],
    secrets: Option<&dyn Secrets>,
    cancellation: &Cancellation,
    mask: &mut Mask,
) -> Result<Vec<(OsString, OsString)>, String> {
    let deadline = Deadline::after(MOST_TIME);
    // A secret of which a script gets several members is fetched once.
    let mut known: BTreeMap<Fetched<'_>, Zeroizing<String>> = BTreeMap::new();
    let mut all = Vec::new();
    for Variable { name, source, .. } in variables {
        let without = |words: String| format!("{name} has no value: {words}");
        let (fetched, key) = match source {
            ValueSource::Plain(value) => {
                all.push((name.into(), value.into()));
                continue;
            }
            ValueSource::Parameter(parameter) => (Fetched::Parameter(parameter), None),
            ValueSource::Secret { id, key } => (Fetched::Secret(id), key.as_deref()),
        };
        let text = match known.entry(fetched) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let secrets = secrets.ok_or_else(|| without("this agent has no access to AWS".to_owned()))?;
                if cancellation.is_cancelled() || deadline.is_over() {
                    let seconds = MOST_TIME.as_secs();
                    let words = format!("its script is no longer wanted, or has waited for {seconds} s");
                    return Err(without(words));
                }
                let text = match fetched {
                    Fetched::Parameter(parameter) => secrets.parameter(parameter),
                    Fetched::Secret(id) => secrets.secret(id),
                };
                unknown.insert(text.map_err(without)?)
            }
        };
        let value = match (fetched, key) {
            (Fetched::Secret(id), Some(key)) => member(text, id, key).map_err(without)?,
            (Fetched::Secret(_) | Fetched::Parameter(_), _) => {
                add_members(text, mask);
                text.clone()
            }
        };
        mask.add(&value);
        if value.contains('\0') || value.len() > MOST_BYTES {
            return Err(without(format!("no variable can have a zero byte, or more than {MOST_BYTES} bytes")));
        }
        all.push((name.into(), value.as_str().into()));
    }
    Ok(all)
}

/// A member of a secret that is JSON.
fn member(text: &str, id: &str, key: &str) -> Result<Zeroizing<String>, String> {
    let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(text) else {
        return Err(format!("secret {id} is no JSON object, so it has no member {key}; leave out #{key}"));
    };
    match members.remove(key) {
        Some(Value::String(text)) => Ok(Zeroizing::new(text)),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Zeroizing::new(value.to_string())),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) => {
            Err(format!("member {key} of secret {id} is no text; store it as one"))
        }
        None => Err(format!("secret {id} has no member {key}; add it to the secret, or correct the AppSpec")),
    }
}

/// What a script may take out of a secret that it gets whole.
fn add_members(text: &str, mask: &mut Mask) {
    let members = serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    for member in members.values().filter_map(Value::as_str) {
        mask.add_long(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has one value for all.
    struct One(&'static str);

    impl Secrets for One {
        fn parameter(&self, _: &str) -> Result<Zeroizing<String>, String> {
            Ok(Zeroizing::new(self.0.to_owned()))
        }

        fn secret(&self, _: &str) -> Result<Zeroizing<String>, String> {
            self.parameter("")
        }
    }

    fn refused(source: ValueSource, secrets: Option<&dyn Secrets>, cancellation: &Cancellation) -> String {
        let variables = [Variable { line: 1, name: "API".to_owned(), source }];
        resolve(&variables, secrets, cancellation, &mut Mask::default()).unwrap_err()
    }

    #[test]
    fn a_value_that_no_variable_can_have_is_refused_and_not_shown() {
        let parameter = || ValueSource::Parameter("/prod/api".to_owned());
        let going_on = Cancellation::default();
        let long: &'static str = "x".repeat(MOST_BYTES + 1).leak();
        for value in ["a\0b", long] {
            assert_eq!(
                refused(parameter(), Some(&One(value)), &going_on),
                "API has no value: no variable can have a zero byte, or more than 130048 bytes"
            );
        }
        assert_eq!(refused(parameter(), None, &going_on), "API has no value: this agent has no access to AWS");
        let member = ValueSource::Secret { id: "prod/api".to_owned(), key: Some("token".to_owned()) };
        assert_eq!(
            refused(member, Some(&One("hunter2")), &going_on),
            "API has no value: secret prod/api is no JSON object, so it has no member token; leave out #token"
        );
        let cancelled = Cancellation::default();
        cancelled.cancel();
        assert_eq!(
            refused(parameter(), Some(&One("")), &cancelled),
            "API has no value: its script is no longer wanted, or has waited for 120 s"
        );
    }
}
