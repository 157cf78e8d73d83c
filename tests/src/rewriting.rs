//! What the macro makes of templates as SAM, CDK and the Serverless Framework write them, and of any other.

mod random;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spillway_domain::catalog::quotas::Quotas;
use spillway_tests::rewritten::{CDK, SAM, SERVERLESS, read, rewritten};
use spillway_wire::stack;

/// What is new, what is gone, what has changed; nothing of what is as it was.
fn difference(before: &Value, after: &Value) -> String {
    let mut lines = String::new();
    for section in before.as_object().unwrap().keys() {
        let members = |template: &Value| -> BTreeMap<String, Value> {
            serde_json::from_value(template[section].clone()).unwrap_or_default()
        };
        let (old, new) = (members(before), members(after));
        let gone = old.keys().filter(|id| !new.contains_key(*id)).map(|id| format!("- {section}.{id}\n"));
        let other = new.iter().filter(|(id, value)| old.get(*id) != Some(value));
        let other = other.map(|(id, value)| {
            let mark = if old.contains_key(id) { '~' } else { '+' };
            format!("{mark} {section}.{id} {}\n", shown(value, 1))
        });
        lines.extend(gone.chain(other));
    }
    lines
}

/// A value on one line if it fits, and otherwise each member on its own.
fn shown(value: &Value, depth: usize) -> String {
    let (line, indent) = (value.to_string(), "  ".repeat(depth));
    let lines = |items: Vec<String>, open, close| {
        format!("{open}\n{indent}{}\n{}{close}", items.join(&format!(",\n{indent}")), &indent[2..])
    };
    match value {
        _ if line.len() < 90 => line,
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("\"{name}\": {}", shown(value, depth + 1));
            lines(members.iter().map(member).collect(), '{', '}')
        }
        Value::Array(items) => lines(items.iter().map(|item| shown(item, depth + 1)).collect(), '[', ']'),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => line,
    }
}

#[test]
fn every_form_of_sam_is_rewritten() {
    insta::assert_snapshot!(difference(&read(SAM), &rewritten(&read(SAM))));
}

#[test]
fn a_template_of_cdk_is_rewritten() {
    insta::assert_snapshot!(difference(&read(CDK), &rewritten(&read(CDK))));
}

#[test]
fn a_template_of_the_serverless_framework_is_rewritten() {
    insta::assert_snapshot!(difference(&read(SERVERLESS), &rewritten(&read(SERVERLESS))));
}

/// What the macro writes is sent to the custom resources by CloudFormation, with everything resolved.
#[test]
fn the_custom_resources_take_what_the_macro_writes() {
    for text in [SAM, CDK, SERVERLESS] {
        let after = rewritten(&read(text));
        let resources = after["Resources"].as_object().unwrap();
        let kind = |resource: &Value| resource["Type"].as_str().unwrap().to_owned();
        let custom = resources.iter().filter(|(_, resource)| kind(resource).starts_with("Custom::"));
        let custom: Vec<_> = custom.collect();
        assert!(custom.len() >= 4);
        for (id, resource) in custom {
            let event = json!({
                "RequestType": "Create", "RequestId": "r-1", "ResponseURL": "https://s3.us-east-1.amazonaws.com/x",
                "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/shop/1", "LogicalResourceId": id,
                "ResourceType": kind(resource), "ResourceProperties": resolved(&resource["Properties"]),
            });
            let taken = stack::parse(&event, Timestamp::UNIX_EPOCH, &Quotas::default());
            assert!(taken.is_ok(), "{id}: {taken:?}");
        }
    }
}

/// A value as CloudFormation sends it: intrinsic functions made texts that fit, and so are numbers and booleans.
fn resolved(value: &Value) -> Value {
    let intrinsic = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    match (intrinsic.map(|(name, argument)| (name.as_str(), argument)), value) {
        (Some(("Fn::GetAtt", parts)), _) => match parts[1].as_str().unwrap() {
            "Version" => json!("7"),
            "DeploymentId" => json!("none"),
            name => json!(format!("arn:aws:iam::111122223333:role/{}{name}", parts[0].as_str().unwrap())),
        },
        (Some(("Ref", id)), _) if id == "News" => json!("arn:aws:sns:us-east-1:111122223333:news"),
        (Some(("Ref" | "Fn::ImportValue", name)), _) => name.clone(),
        (Some(("Fn::If", parts)), _) => resolved(&parts[1]),
        (Some(("Fn::Sub", Value::Array(parts))), _) => {
            let own = parts[1].as_object().unwrap().iter();
            own.fold(parts[0].as_str().unwrap().to_owned(), |text, (name, value)| {
                text.replace(&format!("${{{name}}}"), value.as_str().unwrap())
            })
            .into()
        }
        (Some(("Fn::Join", parts)), _) => {
            let words = parts[1].as_array().unwrap().iter().map(resolved);
            let words: Vec<String> = words.map(|word| word.as_str().unwrap().to_owned()).collect();
            json!(words.join(parts[0].as_str().unwrap()))
        }
        (Some(("Fn::Sub", text)), _) => json!(text.as_str().unwrap().replace("${", "").replace('}', "")),
        (_, Value::Object(members)) => {
            members.iter().map(|(name, value)| (name.clone(), resolved(value))).collect::<Map<_, _>>().into()
        }
        (_, Value::Array(items)) => items.iter().map(resolved).collect(),
        (_, Value::String(_)) => value.clone(),
        (_, Value::Null | Value::Bool(_) | Value::Number(_)) => value.to_string().into(),
    }
}

/// Whether a logical id stands anywhere as a reference.
pub(crate) fn mentions(value: &Value, id: &str) -> bool {
    let is = |text: &str| text.split('.').next().is_some_and(|name| name.trim() == id);
    let in_text =
        |text: &str| text.split("${").filter_map(|rest| rest.split_once('}')).any(|(variable, _)| is(variable));
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let first = value.as_str().or_else(|| value[0].as_str()).unwrap_or_default();
            let named = match name.as_str() {
                "Ref" | "Fn::GetAtt" => is(first),
                "Fn::Sub" => in_text(first),
                "DependsOn" => first == id || value.as_array().is_some_and(|ids| ids.iter().any(|one| one == id)),
                _ => false,
            };
            named || mentions(value, id)
        }),
        Value::Array(items) => items.iter().any(|item| mentions(item, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
fn a_mention_is_seen_wherever_it_stands() {
    for value in [
        json!({"Ref": "A"}),
        json!({"P": [{"Fn::GetAtt": ["A", "Arn"]}]}),
        json!({"Fn::GetAtt": "A.Arn"}),
        json!({"Fn::Sub": "${!B}${ A }"}),
        json!({"Fn::Sub": ["${v}${A.Arn}", {"v": 1}]}),
        json!({"Fn::Sub": ["${v}", {"v": {"Ref": "A"}}]}),
        json!({"DependsOn": "A"}),
        json!({"DependsOn": ["B", "A"]}),
    ] {
        assert!(mentions(&value, "A"), "{value}");
        assert!(!mentions(&value, "C"), "{value}");
    }
    assert!(!mentions(&json!({"Fn::Sub": "${!A} A", "A": "A", "Ref": "AA"}), "A"));
}

/// The resources that wait for themselves, over however many others.
fn circles(resources: &Map<String, Value>) -> Vec<&String> {
    let mut left: Vec<&String> = resources.keys().collect();
    loop {
        let waits = |id: &&String| left.iter().any(|other| mentions(&resources[*id], other));
        let next: Vec<&String> = left.iter().copied().filter(|id| waits(id)).collect();
        if next.len() == left.len() {
            return left;
        }
        left = next;
    }
}

/// What the macro has to replace of a random template.
fn is_left(template: &Value, id: &str) -> bool {
    let resource = &template["Resources"][id];
    let of_any = |value: &Value| value["Ref"] == "Any";
    let led_to = || {
        let mut aliases = template["Resources"].as_object().unwrap().values();
        aliases.any(|alias| of_any(&alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["ApplicationName"]))
    };
    let is_codedeploys = resource["Type"].as_str().unwrap().starts_with("AWS::CodeDeploy::");
    match id {
        _ if random::OTHERS.contains(&id) => false,
        "Any" => led_to(),
        _ if is_codedeploys && of_any(&resource["Properties"]["ApplicationName"]) => led_to(),
        _ => is_codedeploys || !resource["UpdatePolicy"].is_null(),
    }
}

proptest! {
    #[test]
    fn any_template_is_rewritten_once_and_wholly(template in random::template()) {
        let after = rewritten(&template);
        prop_assert_eq!(rewritten(&template).to_string(), after.to_string(), "the same for the same");
        prop_assert_eq!(&rewritten(&after), &after, "what is rewritten stays");

        let (old, new) = (template["Resources"].as_object().unwrap(), after["Resources"].as_object().unwrap());
        let gone: Vec<&String> = old.keys().filter(|id| !new.contains_key(*id)).collect();
        let left: Vec<&String> = old.keys().filter(|id| is_left(&template, id)).collect();
        prop_assert_eq!(&gone, &left, "what is Lambda's goes, and nothing else");
        prop_assert_eq!(circles(new), Vec::<&String>::new(), "nothing waits for itself");
        let trust = new["Shared"]["Properties"]["AssumeRolePolicyDocument"].to_string();
        let has = |kind: &str| new.values().any(|one| one["Type"] == kind && mentions(one, "Shared"));
        let [stays, is_ours] = [has("AWS::CodeDeploy::DeploymentGroup"), has("Custom::SpillwayDeploymentGroup")];
        prop_assert_eq!(trust.contains("codedeploy."), stays || !is_ours, "{}", trust);
        prop_assert_eq!(trust.contains("aws:PrincipalArn"), is_ours, "{}", trust);
        for id in &gone {
            prop_assert!(!mentions(&after, id), "{} is mentioned, and gone", id);
            prop_assert!(new.contains_key(&format!("{id}Spillway")), "{} has no successor", id);
        }
        for (id, resource) in old.iter().filter(|(id, _)| new.contains_key(*id)) {
            let concerned = resource["Type"] == "AWS::IAM::Role" || gone.iter().any(|id| mentions(resource, id));
            // A hook is told where to answer.
            let mut untold = new[id].clone();
            if old.values().any(|alias| mentions(&alias["UpdatePolicy"], id)) {
                untold["Properties"].as_object_mut().unwrap().remove("Environment");
            }
            prop_assert!(concerned || untold == *resource, "{} has changed", id);
        }
        for section in ["Parameters", "Conditions", "Mappings", "Metadata"] {
            prop_assert_eq!(&after[section], &template[section], "{} has changed", section);
        }
    }
}
