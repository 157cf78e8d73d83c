//! What a hook function receives, and what its return value means.

mod execution_id;

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use spillway_domain::deployment::lifecycle::EventName;
use spillway_domain::deployment::record::Deployment;
use spillway_domain::deployment::spec::Target;
use spillway_domain::ecs::target::EcsTarget;
use spillway_domain::lambda::target::LambdaTarget;
use spillway_domain::words::{cut, excerpt};

use crate::codedeploy::exception::Exception;
use crate::codedeploy::operation::Operation;
use crate::codedeploy::token::Seal;

/// What the hook of `event` receives: CodeDeploy's two members, and beside them what hooks otherwise have to ask for, as
/// far as it is known at that event. `None` when the deployment has no target, and so no hook.
pub fn payload(deployment: &Deployment, event: EventName, seal: &Seal) -> Option<Value> {
    let mut payload = json!({
        "DeploymentId": deployment.id.as_str(),
        "LifecycleEventHookExecutionId": seal.execution_id(&deployment.id, event),
        "LifecycleEvent": event.as_str(),
        "ApplicationName": deployment.spec.application.as_str(),
        "DeploymentGroupName": deployment.spec.group.as_str(),
    });
    let facts = match &deployment.spec.target {
        Target::Lambda(target) => of_function(target),
        Target::Ecs(target) => of_service(deployment, target),
        Target::Server(_) | Target::Invalid(_) | Target::Unread => return None,
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

/// Refuses what a hook asks of its own URL beside giving its verdict, with what its payload has already; and, where it
/// could be allowed, by what.
pub fn refuse(operation: Operation, could_be_allowed: bool) -> Exception {
    let allowed = if could_be_allowed {
        format!(" Parameter HooksMayRead of Spillway's stack has {operation} answered here while the hook is asked.")
    } else {
        String::new()
    };
    let [all, lambda, ecs] = [&OF_ALL[..], &OF_LAMBDA, &OF_ECS].map(|members| members.join(", "));
    let words = format!(
        "{operation} is not answered at this URL, which takes PutLifecycleEventHookExecutionStatus from hooks. A hook's \
         event tells what it is asked about: {all}; for Lambda {lambda}; for ECS {ecs}.{allowed} The whole API is \
         answered at output ApiUrl of Spillway's stack."
    );
    Exception::new("AccessDeniedException", words)
}

/// The members of every payload but the execution id.
const OF_ALL: [&str; 4] = ["DeploymentId", "LifecycleEvent", "ApplicationName", "DeploymentGroupName"];
/// Those of deployments to Lambda.
const OF_LAMBDA: [&str; 4] = ["FunctionName", "FunctionAlias", "CurrentVersion", "TargetVersion"];
/// Those of deployments to ECS, as far as they are known at the event.
const OF_ECS: [&str; 9] = [
    "ClusterName",
    "ServiceName",
    "ServiceArn",
    "ListenerArn",
    "TestListenerArn",
    "CurrentTaskDefinition",
    "TargetTaskDefinition",
    "OriginalTaskSet",
    "ReplacementTaskSet",
];

/// The verdict in a return value: whether the hook succeeded, and its words. `{"status":"Succeeded"|"Failed"}` and, as
/// hooks of ECS have it, `{"hookStatus":"SUCCEEDED"|"FAILED"}`, with an optional `message`. What stands beside them
/// does not matter, however deep it is. Without a verdict the hook calls back; then the error tells what it returned.
///
/// That text is shown to all who may read the deployment, so that the execution id, by which the hook is known, is left
/// out of it.
pub fn verdict(payload: &[u8], execution_id: &str) -> Result<(bool, Option<String>), String> {
    read_verdict(payload).map_err(|said| said.replace(execution_id, "..."))
}

fn read_verdict(payload: &[u8]) -> Result<(bool, Option<String>), String> {
    let said = |word: Option<String>| match word? {
        word if word.eq_ignore_ascii_case("Succeeded") => Some(true),
        word if word.eq_ignore_ascii_case("Failed") => Some(false),
        _ => None,
    };
    let returned = serde_json::from_slice(payload).unwrap_or_else(|_| Returned::default());
    match said(returned.status).or_else(|| said(returned.hook_status)) {
        Some(succeeded) => Ok((succeeded, returned.message.filter(|words| !words.is_empty()).map(excerpt))),
        None => {
            let text = String::from_utf8_lossy(payload);
            let what = if text.trim().is_empty() { "nothing".to_owned() } else { cut(text.trim(), SHOWN_RETURN) };
            Err(format!("returned {what}, which is no verdict"))
        }
    }
}

/// How many characters are shown of what a hook returned in place of a verdict.
const SHOWN_RETURN: usize = 120;

/// What matters in a return value: texts under these names.
#[derive(Default)]
struct Returned {
    status: Option<String>,
    hook_status: Option<String>,
    message: Option<String>,
}

/// By hand, because nothing that a hook returns is an error, and what does not matter is skipped at any depth.
impl<'de> Deserialize<'de> for Returned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Returned;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Returned, A::Error> {
                let mut returned = Returned::default();
                while let Some(name) = members.next_key::<String>()? {
                    let Text(text) = members.next_value()?;
                    match name.as_str() {
                        "status" => returned.status = text,
                        "hookStatus" => returned.hook_status = text,
                        "message" => returned.message = text,
                        _ => {}
                    }
                }
                Ok(returned)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A value, if it is a text.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Text, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Text, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing;

    fn seal() -> Seal {
        testing::context().seal
    }

    fn id(event: EventName) -> String {
        seal().execution_id(&testing::deployment().id, event)
    }

    #[test]
    fn a_refusal_names_the_members_that_there_are_and_no_others() {
        let members = |payload: Option<Value>| -> BTreeSet<String> {
            payload
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
                .filter(|name| !name.ends_with("ExecutionId"))
                .cloned()
                .collect()
        };
        let named = |of: &[&str]| OF_ALL.iter().chain(of).map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let event = EventName::AfterAllowTraffic;
        assert_eq!(members(payload(&testing::deployment(), event, &seal())), named(&OF_LAMBDA));
        assert_eq!(members(payload(&testing::installed_deployment(), event, &seal())), named(&OF_ECS));
        assert_eq!(
            refuse(Operation::GetDeployment, true).to_string(),
            "AccessDeniedException: GetDeployment is not answered at this URL, which takes \
             PutLifecycleEventHookExecutionStatus from hooks. A hook's event tells what it is asked about: DeploymentId, \
             LifecycleEvent, ApplicationName, DeploymentGroupName; for Lambda FunctionName, FunctionAlias, CurrentVersion, \
             TargetVersion; for ECS ClusterName, ServiceName, ServiceArn, ListenerArn, TestListenerArn, \
             CurrentTaskDefinition, TargetTaskDefinition, OriginalTaskSet, ReplacementTaskSet. Parameter HooksMayRead of \
             Spillway's stack has GetDeployment answered here while the hook is asked. The whole API is answered at output \
             ApiUrl of Spillway's stack."
        );
        assert!(!refuse(Operation::StopDeployment, false).to_string().contains("HooksMayRead"));
    }

    #[test]
    fn a_hook_receives_what_codedeploy_gives_and_what_is_missed_there() {
        let deployment = testing::deployment();
        assert_eq!(
            payload(&deployment, EventName::AfterAllowTraffic, &seal()),
            Some(json!({
                "DeploymentId": "d-75I7MBT7C",
                "LifecycleEventHookExecutionId": id(EventName::AfterAllowTraffic),
                "LifecycleEvent": "AfterAllowTraffic",
                "ApplicationName": "shop",
                "DeploymentGroupName": "live",
                "FunctionName": "orders",
                "FunctionAlias": "live",
                "CurrentVersion": "1",
                "TargetVersion": "2",
            }))
        );
        assert_eq!(payload(&testing::invalid_deployment(), EventName::AfterAllowTraffic, &seal()), None);
    }

    #[test]
    fn a_hook_of_a_service_receives_what_is_known_at_its_event() {
        let mut expected = json!({
            "DeploymentId": "d-75I7MBT7C",
            "LifecycleEventHookExecutionId": id(EventName::BeforeInstall),
            "LifecycleEvent": "BeforeInstall",
            "ApplicationName": "shop",
            "DeploymentGroupName": "live",
            "ClusterName": "prod",
            "ServiceName": "web",
            "ListenerArn": testing::LISTENER,
            "TestListenerArn": testing::TEST_LISTENER,
            "TargetTaskDefinition": "web:8",
        });
        let before = payload(&testing::service_deployment(), EventName::BeforeInstall, &seal());
        assert_eq!(before.as_ref(), Some(&expected));
        for (member, value) in [
            ("LifecycleEventHookExecutionId", id(EventName::AfterInstall).as_str()),
            ("LifecycleEvent", "AfterInstall"),
            ("ServiceArn", "arn:aws:ecs:us-east-1:111122223333:service/prod/web"),
            ("CurrentTaskDefinition", "web:7"),
            ("OriginalTaskSet", "ecs-svc/1"),
            ("ReplacementTaskSet", "ecs-svc/2"),
        ] {
            expected[member] = json!(value);
        }
        let after = payload(&testing::installed_deployment(), EventName::AfterInstall, &seal());
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
            assert_eq!(read_verdict(answer.to_string().as_bytes()).ok(), expected, "{answer}");
        }
        let long = json!({ "status": "Failed", "message": "é".repeat(3_000_000) }).to_string();
        let (_, words) = read_verdict(long.as_bytes()).unwrap();
        assert_eq!(words.map(|words| words.chars().count()), Some(2051));
    }

    #[test]
    fn depth_hides_no_verdict_and_is_none() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for beside in ["details", "message"] {
            let answer = format!(r#"{{"{beside}":{deep},"status":"Failed"}}"#);
            assert_eq!(read_verdict(answer.as_bytes()), Ok((false, None)));
        }
        let expected = format!("returned {}..., which is no verdict", "[".repeat(120));
        assert_eq!(read_verdict(deep.as_bytes()), Err(expected));
    }

    #[test]
    fn what_was_returned_in_place_of_a_verdict_is_shown() {
        for (payload, said) in [
            ("null", "returned null, which is no verdict"),
            ("  ", "returned nothing, which is no verdict"),
            (r#""Succeeded""#, r#"returned "Succeeded", which is no verdict"#),
            (r#"{"statusCode": 200}"#, r#"returned {"statusCode": 200}, which is no verdict"#),
            ("<no JSON>", "returned <no JSON>, which is no verdict"),
        ] {
            assert_eq!(read_verdict(payload.as_bytes()), Err(said.to_owned()));
        }
    }

    #[test]
    fn the_execution_id_is_left_out_of_what_is_said_of_a_return() {
        let said = |payload: &str| verdict(payload.as_bytes(), "d-1.X.seal").unwrap_err();
        assert_eq!(said("null"), "returned null, which is no verdict");
        assert_eq!(said(r#"{"Id":"d-1.X.seal"}"#), r#"returned {"Id":"..."}, which is no verdict"#);
    }
}
