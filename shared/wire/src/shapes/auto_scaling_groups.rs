//! `AutoScalingGroup`: given by name, shown as an object.

use serde_json::{Value, json};
use spillway_domain::catalog::environment::AutoScalingGroupName;
use spillway_domain::catalog::quotas::Quotas;

use crate::Exception;
use crate::input::{count_given, plain_name};

/// What is given, checked.
pub(crate) fn parse(given: Vec<String>, quotas: &Quotas) -> Result<Vec<AutoScalingGroupName>, Exception> {
    let invalid = |words: String| Exception::new("InvalidAutoScalingGroupException", words);
    let most = quotas.auto_scaling_groups;
    if given.len() > most {
        return Err(invalid(format!("autoScalingGroups: there may be {most}; {}.", count_given(given.len()))));
    }
    let mut names: Vec<AutoScalingGroupName> = Vec::with_capacity(given.len());
    for (n, text) in given.into_iter().enumerate() {
        let name = plain_name(&text).map_err(|words| invalid(format!("autoScalingGroups[{n}]: {words}")))?;
        if names.contains(&name) {
            return Err(invalid(format!("autoScalingGroups[{n}]: '{name}' is listed twice; list it once.")));
        }
        names.push(name);
    }
    Ok(names)
}

/// As they are shown. No lifecycle hook is named, since none was put into them.
pub(crate) fn render(names: &[AutoScalingGroupName]) -> Value {
    Value::Array(names.iter().map(|name| json!({ "name": name.as_str() })).collect())
}
