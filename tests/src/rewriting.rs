//! What the macro makes of templates as SAM, CDK and the Serverless Framework write them, and of any other.

mod random;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use spillway_domain::Quotas;
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
        (Some(("Fn::Sub", text)), _) => json!(text.as_str().unwrap().replace("${", "").replace('}', "")),
        (_, Value::Object(members)) => {
            members.iter().map(|(name, value)| (name.clone(), resolved(value))).collect::<Map<_, _>>().into()
        }
        (_, Value::Array(items)) => items.iter().map(resolved).collect(),
        (_, Value::String(_)) => value.clone(),
        (_, Value::Null | Value::Bool(_) | Value::Number(_)) => value.to_string().into(),
    }
}

/// Every place where a logical id may stand as a reference.
fn mentions(template: &Value, id: &str) -> bool {
    let text = template.to_string();
    let forms = [
        format!(r#""Ref":"{id}""#),
        format!(r#""Fn::GetAtt":["{id}","#),
        format!(r#""Fn::GetAtt":"{id}."#),
        format!(r#"${{{id}}}"#),
        format!(r#"${{{id}."#),
        format!(r#""DependsOn":"{id}""#),
        format!(r#""DependsOn":["{id}""#),
    ];
    forms.iter().any(|form| text.contains(form))
}

proptest! {
    #[test]
    fn any_template_is_rewritten_once_and_wholly(template in random::template()) {
        let after = rewritten(&template);
        prop_assert_eq!(rewritten(&template).to_string(), after.to_string(), "the same for the same");
        prop_assert_eq!(&rewritten(&after), &after, "what is rewritten stays");

        let (old, new) = (template["Resources"].as_object().unwrap(), after["Resources"].as_object().unwrap());
        let left = |value: &Value| {
            value["Type"].as_str().unwrap().starts_with("AWS::CodeDeploy::") || !value["UpdatePolicy"].is_null()
        };
        prop_assert!(!new.values().any(left), "nothing is left to CodeDeploy");
        let gone: Vec<&String> = old.keys().filter(|id| !new.contains_key(*id)).collect();
        for id in &gone {
            prop_assert!(left(&old[*id]), "{} went for nothing", id);
            prop_assert!(!mentions(&after, id), "{} is mentioned, and gone", id);
            prop_assert!(new.contains_key(&format!("{id}Spillway")), "{} has no successor", id);
        }
        for (id, resource) in old.iter().filter(|(id, _)| new.contains_key(*id)) {
            let concerned = resource["Type"] == "AWS::IAM::Role" || gone.iter().any(|id| mentions(resource, id));
            prop_assert!(concerned || new[id] == *resource, "{} has changed", id);
        }
        for section in ["Parameters", "Conditions", "Mappings", "Metadata"] {
            prop_assert_eq!(&after[section], &template[section], "{} has changed", section);
        }
    }
}
