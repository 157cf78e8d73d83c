//! Templates made at random: functions with aliases, groups, roles, and much that refers to them.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// A template with up to four functions.
pub fn template() -> impl Strategy<Value = Value> {
    let function = (alias(), config(), role(), select(["App", "Any"].as_slice()), any::<bool>(), any::<bool>());
    let depends_on = prop_oneof![
        select(ATTRIBUTES.as_slice()).prop_map(|id| json!(id)),
        prop::collection::vec(select(ATTRIBUTES.as_slice()), 1..3).prop_map(|ids| json!(ids)),
    ];
    let references = prop::collection::vec((reference(), depends_on), 0..8);
    (prop::collection::vec(function, 0..5), references, role(), any::<bool>()).prop_map(
        |(functions, references, role_of_hosts, with_outputs)| {
            let mut template = json!({
                "Parameters": {"Speed": {"Type": "String"}},
                "Conditions": {"C": {"Fn::Equals": ["Alias0", "Group0"]}},
                "Mappings": {"M": {"Alias0": {"Group0": "App"}}},
                "Metadata": {"Spillway": {"LongestDeploymentMinutes": 90}, "Note": "Alias0"},
                "Resources": fixed(),
            });
            template["Resources"]["Hosts"]["Properties"]["ServiceRoleArn"] = role_of_hosts;
            for (number, (alias, config, role, application, has_group, is_late)) in functions.into_iter().enumerate() {
                let (resources, application) = (&mut template["Resources"], json!({"Ref": application}));
                add(resources, number, alias, &application);
                if has_group {
                    resources[format!("Group{number}")] = json!({
                        "Type": "AWS::CodeDeploy::DeploymentGroup",
                        "Properties": {"ApplicationName": application, "DeploymentConfigName": config,
                                       "ServiceRoleArn": role},
                    });
                    let alias = &mut resources[format!("Alias{number}")];
                    if let Some(policy) = alias.get_mut("UpdatePolicy") {
                        let group = json!({"Ref": format!("Group{number}")});
                        policy["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] = group;
                    }
                }
                if is_late {
                    resources[format!("Fn{number}")]["DependsOn"] = json!(["App", "Shared"]);
                }
            }
            for (number, (reference, depends_on)) in references.into_iter().enumerate() {
                let resource = json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": reference},
                                      "DependsOn": depends_on});
                template["Resources"][format!("Topic{number}")] = resource;
                if with_outputs {
                    template["Outputs"][format!("Output{number}")] = json!({"Value": reference});
                }
            }
            template
        },
    )
}

/// What is of servers or of ECS.
pub const OTHERS: [&str; 4] = ["Fleet", "Hosts", "Half", "Tasks"];
/// What `DependsOn` names.
const ATTRIBUTES: [&str; 5] = ["Alias0", "Group1", "App", "Shared", "Hosts"];
const IDS: [&str; 8] = ["Alias0", "Alias1", "Group0", "Group2", "App", "Config", "Shared", "Fleet"];

fn fixed() -> Value {
    json!({
        "App": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
        "Any": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": {"Ref": "Speed"}}},
        "Fleet": {"Type": "AWS::CodeDeploy::Application"},
        "Hosts": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
            "ApplicationName": {"Ref": "Fleet"}, "DeploymentConfigName": {"Ref": "Half"}}},
        "Half": {"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": {"ComputePlatform": "Server"}},
        "Tasks": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "ECS"}},
        "Config": {"Type": "AWS::CodeDeploy::DeploymentConfig", "Properties": {"ComputePlatform": "Lambda",
            "TrafficRoutingConfig": {"Type": "TimeBasedCanary",
                                     "TimeBasedCanary": {"CanaryPercentage": 10, "CanaryInterval": 130}}}},
        "Shared": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codedeploy.amazonaws.com"}}]}}},
    })
}

fn add(resources: &mut Value, number: usize, alias: Value, application: &Value) {
    resources[format!("Fn{number}")] = json!({"Type": "AWS::Lambda::Function", "Properties": {"Handler": "h"}});
    let mut own = json!({
        "Type": "AWS::Lambda::Alias",
        "Properties": {"FunctionName": {"Ref": format!("Fn{number}")}, "FunctionVersion": "1", "Name": "live"},
    });
    for (name, value) in alias.as_object().unwrap() {
        own[name] = value.clone();
    }
    if let Some(policy) = own.get_mut("UpdatePolicy") {
        let policy = &mut policy["CodeDeployLambdaAliasUpdate"];
        policy["ApplicationName"] = application.clone();
        policy["DeploymentGroupName"] = json!("elsewhere");
    }
    resources[format!("Alias{number}")] = own;
}

fn alias() -> impl Strategy<Value = Value> {
    let policy = |hooks: Value| json!({"UpdatePolicy": {"CodeDeployLambdaAliasUpdate": hooks}});
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
        3 => json!({"Fn::Sub": format!("${{!{id}}}/${{{id}}}/${{ {id}.Arn }}")}),
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
