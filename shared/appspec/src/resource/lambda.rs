//! The rules of the AppSpec for Lambda.

#[cfg(test)]
mod tests;

use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::names::{AliasName, FunctionName, Version};

use super::document::Node;
use super::grammar::{Check, Dialect, check};

const DIALECT: Dialect = Dialect {
    platform: "a Lambda",
    thing: "function",
    kind: "AWS::Lambda::Function",
    events: &[EventName::BeforeAllowTraffic, EventName::AfterAllowTraffic],
};

/// The target that the document describes, or every rule that it breaks.
pub(super) fn read(document: &Node) -> Result<LambdaTarget, Vec<String>> {
    let (target, mut hooks) = check(document, &DIALECT, properties)?;
    let (before, after) = (EventName::BeforeAllowTraffic, EventName::AfterAllowTraffic);
    Ok(LambdaTarget { before: hooks.remove(&before), after: hooks.remove(&after), ..target })
}

fn properties(check: &mut Check, place: &str, node: Option<&Node>) -> Option<LambdaTarget> {
    const KNOWN: [&str; 4] = ["Name", "Alias", "CurrentVersion", "TargetVersion"];
    let Some(node) = node else {
        check.violation(place, "missing; it has Name, Alias, CurrentVersion and TargetVersion");
        return None;
    };
    let [name, alias, current, target] = check.fields(place, node, KNOWN)?;
    let function: Option<FunctionName> = check.value(&format!("{place}.Name"), name);
    if let Some(function) = &function
        && is_qualified(function)
    {
        let words = format!("'{function}' names a version or an alias; name the function alone");
        check.violation(&format!("{place}.Name"), &words);
    }
    let alias: Option<AliasName> = check.value(&format!("{place}.Alias"), alias);
    let current: Option<Version> = check.value(&format!("{place}.CurrentVersion"), current);
    let target: Option<Version> = check.value(&format!("{place}.TargetVersion"), target);
    if let (Some(current), Some(target)) = (current, target)
        && current == target
    {
        let words = format!("'{target}' is CurrentVersion, too; a deployment moves traffic to another version");
        check.violation(&format!("{place}.TargetVersion"), &words);
    }
    Some(LambdaTarget {
        function: function?,
        alias: alias?,
        current: current?,
        target: target?,
        before: None,
        after: None,
    })
}

/// Whether a function is named with a version or an alias behind it.
fn is_qualified(function: &FunctionName) -> bool {
    !function.as_str().ends_with(function.bare())
}
