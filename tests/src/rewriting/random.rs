//! Templates made at random: functions with aliases, groups, roles, and much that refers to them.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A template with up to four functions.
pub fn template() -> impl Strategy<Value = Value> {
    let functions = prop::collection::vec((alias(), config(), role(), any::<bool>()), 0..5);
    (functions, prop::collection::vec((reference(), select(ATTRIBUTES.as_slice())), 0..8), any::<bool>()).prop_map(
        |(functions, references, with_outputs)| {
            let mut template = json!({
                "Parameters": {"Speed": {"Type": "String"}},
                "Conditions": {"C": {"Fn::Equals": ["Alias0", "Group0"]}},
                "Mappings": {"M": {"Alias0": {"Group0": "App"}}},
                "Metadata": {"Spillway": {"LongestDeploymentMinutes": 90}, "Note": "Alias0"},
                "Resources": fixed(),
            });
            for (number, (alias, config, role, has_group)) in functions.into_iter().enumerate() {
                add(&mut template["Resources"], number, alias, config, role, has_group);
            }
            for (number, (reference, attribute)) in references.into_iter().enumerate() {
                let resource = json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": reference},
                                      "DependsOn": attribute});
                template["Resources"][format!("Topic{number}")] = resource;
                if with_outputs {
                    template["Outputs"][format!("Output{number}")] = json!({"Value": reference});
                }
            }
            template
        },
    )
}

/// What `DependsOn` names.
const ATTRIBUTES: [&str; 4] = ["Alias0", "Group1", "App", "Shared"];
const IDS: [&str; 7] = ["Alias0", "Alias1", "Group0", "Group2", "App", "Config", "Shared"];

fn fixed() -> Value {
    json!({
        "App": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
        "Config": {"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": {"ComputePlatform": "Lambda",
            "TrafficRoutingConfig": {"Type": "TimeBasedCanary",
                                     "TimeBasedCanary": {"CanaryPercentage": 10, "CanaryInterval": 130}}}},
        "Shared": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codedeploy.amazonaws.com"}}]}}},
    })
}

fn add(resources: &mut Value, number: usize, alias: Value, config: Value, role: Value, has_group: bool) {
    resources[format!("Fn{number}")] = json!({"Type": "AWS::Lambda::Function", "Properties": {"Handler": "h"}});
    let mut own = json!({
        "Type": "AWS::Lambda::Alias",
        "Properties": {"FunctionName": {"Ref": format!("Fn{number}")}, "FunctionVersion": "1", "Name": "live"},
    });
    let group = if has_group { json!({"Ref": format!("Group{number}")}) } else { json!("elsewhere") };
    for (name, value) in alias.as_object().unwrap() {
        own[name] = value.clone();
    }
    if !own["UpdatePolicy"].is_null() {
        own["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] = group;
    }
    resources[format!("Alias{number}")] = own;
    if has_group {
        resources[format!("Group{number}")] = json!({
            "Type": "AWS::CodeDeploy::DeploymentGroup",
            "Properties": {"ApplicationName": {"Ref": "App"}, "DeploymentConfigName": config, "ServiceRoleArn": role},
        });
    }
}

fn alias() -> impl Strategy<Value = Value> {
    let policy = |hooks: Value| {
        let mut members = hooks;
        members["ApplicationName"] = json!({"Ref": "App"});
        json!({"UpdatePolicy": {"CodeDeployLambdaAliasUpdate": members}})
    };
    let mut conditional = policy(json!({"BeforeAllowTrafficHook": {"Ref": "Fn0"}}));
    conditional["Condition"] = json!("C");
    prop_oneof![Just(json!({})), Just(policy(json!({}))), Just(conditional)]
}

fn config() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"Ref": "Config"})),
        Just(json!({"Ref": "Speed"})),
        Just(json!("CodeDeployDefault.LambdaAllAtOnce")),
        Just(json!("Steps.10@3h")),
    ]
}

fn role() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"Fn::GetAtt": ["Shared", "Arn"]})),
        Just(json!({"Fn::If": ["C", {"Fn::GetAtt": "Shared.Arn"}, "arn:aws:iam::111122223333:role/x"]})),
        Just(json!("arn:aws:iam::111122223333:role/x")),
    ]
}

/// Something that refers to a resource, in any form and at any depth.
fn reference() -> impl Strategy<Value = Value> {
    let leaf = (select(IDS.as_slice()), 0..5).prop_map(|(id, form)| match form {
        0 => json!({"Ref": id}),
        1 => json!({"Fn::GetAtt": [id, "Arn"]}),
        2 => json!({"Fn::GetAtt": format!("{id}.Arn")}),
        3 => json!({"Fn::Sub": format!("${{!{id}}}/${{{id}}}/${{{id}.Arn}}")}),
        _ => json!(id),
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|items| json!({"Fn::Join": ["", items]})),
            inner.clone().prop_map(|value| json!({"Fn::Sub": ["${v}/${App}", {"v": value}]})),
            inner.prop_map(|value| json!({"Fn::If": ["C", value, {"Ref": "AWS::NoValue"}]})),
        ]
    })
}
