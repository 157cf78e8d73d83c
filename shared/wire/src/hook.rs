//! What a hook function receives, and what its return value means.

use serde_json::{Value, json};
use spillway_domain::{Deployment, EcsTarget, EventName, HookExecutionId, LambdaTarget, Target};

use crate::bounds;
use crate::input::cut;

/// What the hook of `event` receives: CodeDeploy's two members, and beside them what hooks otherwise have to ask for, as
/// far as it is known at that event. `None` when the deployment has no target, and so no hook.
pub fn payload(deployment: &Deployment, event: EventName) -> Option<Value> {
    let mut payload = json!({
        "DeploymentId": deployment.id.as_str(),
        "LifecycleEventHookExecutionId": HookExecutionId::of(&deployment.id, event).as_str(),
        "LifecycleEvent": event.as_str(),
        "ApplicationName": deployment.order.application.as_str(),
        "DeploymentGroupName": deployment.order.group.as_str(),
    });
    let facts = match &deployment.order.target {
        Target::Lambda(target) => of_function(target),
        Target::Ecs(target) => of_service(deployment, target),
        Target::Invalid(_) | Target::Unread => return None,
    };
    for (member, value) in facts {
        payload[member] = json!(value);
    }
    Some(payload)
}

/// A member of the payload.
type Fact = (&'static str, String);

fn of_function(target: &LambdaTarget) -> Vec<Fact> {
    vec![
        ("FunctionName", target.function.to_string()),
        ("FunctionAlias", target.alias.to_string()),
        ("CurrentVersion", target.current.to_string()),
        ("TargetVersion", target.target.to_string()),
    ]
}

fn of_service(deployment: &Deployment, target: &EcsTarget) -> Vec<Fact> {
    let mut facts = vec![("TargetTaskDefinition", target.task_definition.clone())];
    if let Some((service, pair)) = deployment.service() {
        let (cluster, service) = service.names();
        facts.push(("ClusterName", cluster.to_owned()));
        facts.push(("ServiceName", service.to_owned()));
        facts.push(("ListenerArn", pair.listener.to_string()));
        facts.extend(pair.test_listener.as_ref().map(|listener| ("TestListenerArn", listener.to_string())));
    }
    if let Some(progress) = &deployment.ecs {
        facts.push(("ServiceArn", progress.service_arn.clone()));
        facts.push(("CurrentTaskDefinition", progress.original_target.task_definition.clone()));
        facts.push(("OriginalTaskSet", progress.original.clone()));
        facts.extend(progress.replacement.clone().map(|id| ("ReplacementTaskSet", id)));
    }
    facts
}

/// The verdict in a return value: whether the hook succeeded, and its words. `{"status":"Succeeded"|"Failed"}` and, as
/// hooks of ECS have it, `{"hookStatus":"SUCCEEDED"|"FAILED"}`, with an optional `message`. `None` when there is no
/// verdict in it: then the hook calls back.
pub fn verdict(answer: &Value) -> Option<(bool, Option<String>)> {
    let said = |member| match answer.get(member)?.as_str()? {
        word if word.eq_ignore_ascii_case("Succeeded") => Some(true),
        word if word.eq_ignore_ascii_case("Failed") => Some(false),
        _ => None,
    };
    let succeeded = said("status").or_else(|| said("hookStatus"))?;
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
    fn a_hook_of_a_service_receives_what_is_known_at_its_event() {
        let mut expected = json!({
            "DeploymentId": "d-75I7MBT7C",
            "LifecycleEventHookExecutionId": "d-75I7MBT7C.BeforeInstall",
            "LifecycleEvent": "BeforeInstall",
            "ApplicationName": "shop",
            "DeploymentGroupName": "live",
            "ClusterName": "prod",
            "ServiceName": "web",
            "ListenerArn": testing::LISTENER,
            "TestListenerArn": testing::TEST_LISTENER,
            "TargetTaskDefinition": "web:8",
        });
        let before = payload(&testing::service_deployment(), EventName::BeforeInstall);
        assert_eq!(before.as_ref(), Some(&expected));
        for (member, value) in [
            ("LifecycleEventHookExecutionId", "d-75I7MBT7C.AfterInstall"),
            ("LifecycleEvent", "AfterInstall"),
            ("ServiceArn", "arn:aws:ecs:us-east-1:111122223333:service/prod/web"),
            ("CurrentTaskDefinition", "web:7"),
            ("OriginalTaskSet", "ecs-svc/1"),
            ("ReplacementTaskSet", "ecs-svc/2"),
        ] {
            expected[member] = json!(value);
        }
        let after = payload(&testing::installed_deployment(), EventName::AfterInstall);
        assert_eq!(after.as_ref(), Some(&expected));
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
            (json!({ "status": 200, "hookStatus": "FAILED" }), Some((false, None))),
            (json!({ "status": "done", "hookStatus": "SUCCEEDED" }), Some((true, None))),
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
