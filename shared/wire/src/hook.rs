//! What a hook function receives, and what its return value means.

use serde_json::{Value, json};
use spillway_domain::{Deployment, EventName, HookExecutionId};

use crate::bounds;
use crate::input::cut;

/// What the hook of `event` receives: CodeDeploy's two members, and beside them what hooks otherwise have to ask for.
/// `None` when the deployment has no target, and so no hook.
pub fn payload(deployment: &Deployment, event: EventName) -> Option<Value> {
    let target = deployment.lambda()?;
    Some(json!({
        "DeploymentId": deployment.id.as_str(),
        "LifecycleEventHookExecutionId": HookExecutionId::of(&deployment.id, event).as_str(),
        "LifecycleEvent": event.as_str(),
        "ApplicationName": deployment.order.application.as_str(),
        "DeploymentGroupName": deployment.order.group.as_str(),
        "FunctionName": target.function.as_str(),
        "FunctionAlias": target.alias.as_str(),
        "CurrentVersion": target.current.to_string(),
        "TargetVersion": target.target.to_string(),
    }))
}

/// The verdict in a return value: whether the hook succeeded, and its words. `{"status":"Succeeded"|"Failed"}` and, as
/// hooks of ECS have it, `{"hookStatus":"SUCCEEDED"|"FAILED"}`, with an optional `message`. `None` when there is no
/// verdict in it: then the hook calls back.
pub fn verdict(answer: &Value) -> Option<(bool, Option<String>)> {
    let status = answer.get("status").or_else(|| answer.get("hookStatus"))?.as_str()?;
    let succeeded = match status {
        _ if status.eq_ignore_ascii_case("Succeeded") => true,
        _ if status.eq_ignore_ascii_case("Failed") => false,
        _ => return None,
    };
    let message = answer.get("message").and_then(Value::as_str).filter(|words| !words.is_empty());
    Some((succeeded, message.map(|words| cut(words, bounds::HOOK_MESSAGE))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_hook_receives_what_codedeploy_gives_and_what_is_missed_there() {
        let deployment = testing::deployment();
        assert_eq!(
            payload(&deployment, EventName::AfterAllowTraffic),
            Some(json!({
                "DeploymentId": "d-75I7MBT7C",
                "LifecycleEventHookExecutionId": "d-75I7MBT7C.AfterAllowTraffic",
                "LifecycleEvent": "AfterAllowTraffic",
                "ApplicationName": "shop",
                "DeploymentGroupName": "live",
                "FunctionName": "orders",
                "FunctionAlias": "live",
                "CurrentVersion": "1",
                "TargetVersion": "2",
            }))
        );
        assert_eq!(payload(&testing::invalid_deployment(), EventName::AfterAllowTraffic), None);
    }

    #[test]
    fn a_return_value_is_a_verdict_or_nothing() {
        let said = |words: &str| Some(words.to_owned());
        let cases = [
            (json!({ "status": "Succeeded" }), Some((true, None))),
            (json!({ "status": "Failed", "message": "no" }), Some((false, said("no")))),
            (json!({ "status": "FAILED", "message": "" }), Some((false, None))),
            (json!({ "status": "Failed", "message": 5 }), Some((false, None))),
            (json!({ "hookStatus": "SUCCEEDED" }), Some((true, None))),
            (json!({ "hookStatus": "FAILED", "message": "no" }), Some((false, said("no")))),
            (json!({ "hookStatus": "IN_PROGRESS" }), None),
            (json!({ "status": "Failed", "hookStatus": "SUCCEEDED" }), Some((false, None))),
            (json!({ "status": "Skipped" }), None),
            (json!({ "status": 200 }), None),
            (json!({ "status": null }), None),
            (json!({ "statusCode": 200 }), None),
            (json!({}), None),
            (json!([]), None),
            (json!([{ "status": "Failed" }]), None),
            (json!("Succeeded"), None),
            (json!(true), None),
            (json!(1.5), None),
            (Value::Null, None),
        ];
        for (answer, expected) in cases {
            assert_eq!(verdict(&answer), expected, "{answer}");
        }
        let long = verdict(&json!({ "status": "Failed", "message": "é".repeat(100_000) }));
        assert_eq!(long.and_then(|(_, words)| words).map(|words| words.chars().count()), Some(2051));
    }
}
