//! Each rule of the rewriting, and each fault in its words.

mod faults;
mod waits;

use serde_json::{Value, json};

use super::{Home, rewrite};

const TOKEN: &str = "arn:aws:lambda:us-east-1:111122223333:function:custom-resource";
const FUNCTION_ROLES: &str = "arn:aws:iam::111122223333:role/spillway/spillway/*";

fn home() -> Home {
    Home {
        answer_hook_url: Some("https://answer.lambda-url.us-east-1.on.aws/".to_owned()),
        service_token: TOKEN.to_owned(),
        function_roles: FUNCTION_ROLES.to_owned(),
        service_role_names: "spillway-*".to_owned(),
    }
}

/// A function, its alias, and what SAM makes of a deployment preference.
fn template() -> Value {
    json!({
        "Resources": {
            "Fn": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": ["FnRole", "Arn"]}}},
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {"FunctionName": {"Ref": "Fn"}, "FunctionVersion": "7", "Name": "live"},
                "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {
                    "ApplicationName": {"Ref": "App"}, "DeploymentGroupName": {"Ref": "Group"}}},
            },
            "App": {"Type": "AWS::CodeDeploy::Application"},
            "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
                "ApplicationName": {"Ref": "App"},
                "DeploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
                "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"],
                               "Principal": {"Service": ["codedeploy.amazonaws.com"]}}]}}},
        },
    })
}

/// The template with the value at the JSON pointer set, in objects that are made where there are none.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut template = template();
    for (path, value) in changes {
        let place = path.split('/').skip(1).fold(&mut template, |place, key| &mut place[key]);
        *place = value.clone();
    }
    template
}

fn resources(changes: &[(&str, Value)]) -> Value {
    rewrite(with(changes), &home()).unwrap()["Resources"].clone()
}

fn faults(changes: &[(&str, Value)]) -> String {
    rewrite(with(changes), &home()).unwrap_err().to_string()
}

const LIVE: &str = "/Resources/Live";
const POLICY: &str = "/Resources/Live/UpdatePolicy/CodeDeployLambdaAliasUpdate";
const CONFIG: &str = "/Resources/Group/Properties/DeploymentConfigName";

#[test]
fn an_alias_becomes_a_custom_resource_with_its_properties_and_its_policy() {
    let kept = resources(&[
        ("/Resources/Live/Condition", json!("IsProd")),
        ("/Resources/Live/DependsOn", json!(["Group", "Fn"])),
        ("/Resources/Live/DeletionPolicy", json!("Retain")),
        ("/Resources/Live/UpdateReplacePolicy", json!("Retain")),
        ("/Resources/Live/Metadata", json!({"of": {"Ref": "App"}})),
        ("/Resources/Live/Properties/Description", json!("What the shop calls.")),
        ("/Resources/Live/Properties/ProvisionedConcurrencyConfig", json!({"ProvisionedConcurrentExecutions": 2})),
    ]);
    assert_eq!(
        kept["LiveSpillway"],
        json!({
            "Type": "Custom::SpillwayAlias",
            "Condition": "IsProd",
            "DependsOn": ["GroupSpillway", "Fn", "LiveSpillwayPolicy"],
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Metadata": {"of": {"Ref": "AppSpillway"}},
            "Properties": {
                "ServiceToken": TOKEN,
                "FunctionName": {"Ref": "Fn"},
                "FunctionVersion": "7",
                "Name": "live",
                "Description": "What the shop calls.",
                "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2},
                "ApplicationName": {"Ref": "AppSpillway"},
                "DeploymentGroupName": {"Ref": "GroupSpillway"},
            },
        })
    );
    assert_eq!(kept["Live"], Value::Null);
}

#[test]
fn resources_of_codedeploy_become_custom_resources_with_their_properties() {
    let kept = resources(&[
        (
            "/Resources/Config",
            json!({"Type": "AWS::CodeDeploy::DeploymentConfig", "Condition": "IsProd",
                                     "Properties": {"ComputePlatform": "Lambda"}}),
        ),
        (CONFIG, json!({"Ref": "Config"})),
    ]);
    assert_eq!(
        kept["AppSpillway"],
        json!({"Type": "Custom::SpillwayApplication", "Properties": {"ServiceToken": TOKEN}})
    );
    assert_eq!(
        kept["ConfigSpillway"],
        json!({"Type": "Custom::SpillwayDeploymentConfig", "Condition": "IsProd",
               "Properties": {"ServiceToken": TOKEN, "ComputePlatform": "Lambda"}})
    );
    assert_eq!(
        kept["GroupSpillway"],
        json!({"Type": "Custom::SpillwayDeploymentGroup", "Properties": {
            "ServiceToken": TOKEN,
            "ApplicationName": {"Ref": "AppSpillway"},
            "DeploymentConfigName": {"Ref": "ConfigSpillway"},
            "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}})
    );
}

#[test]
fn what_is_of_servers_and_of_ecs_stays_codedeploys() {
    let of =
        |kind: &str, properties: Value| json!({"Type": format!("AWS::CodeDeploy::{kind}"), "Properties": properties});
    let others = [
        ("Fleet", of("Application", json!({}))),
        ("Tasks", of("Application", json!({"ComputePlatform": "ECS"}))),
        (
            "Hosts",
            of(
                "DeploymentGroup",
                json!({"ApplicationName": {"Ref": "Fleet"},
                                               "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}),
            ),
        ),
        ("Half", of("DeploymentConfig", json!({"ComputePlatform": "Server"}))),
    ];
    let paths = others.each_ref().map(|(id, _)| format!("/Resources/{id}"));
    let changes: Vec<_> =
        paths.iter().zip(&others).map(|(path, (_, resource))| (path.as_str(), resource.clone())).collect();
    let kept = resources(&changes);
    for (id, resource) in others {
        assert_eq!(kept[id], resource);
    }
    assert_eq!(kept["AppSpillway"]["Type"], "Custom::SpillwayApplication");
    let trusted = kept["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"].clone();
    assert_eq!(trusted[0]["Principal"]["Service"], json!(["codedeploy.amazonaws.com"]));
    assert_eq!(trusted[1]["Condition"]["ArnLike"]["aws:PrincipalArn"], FUNCTION_ROLES);
}

#[test]
fn an_alias_without_an_update_policy_is_left_alone() {
    let alias = json!({"Type": "AWS::Lambda::Alias", "Properties": {"RoutingConfig": {}}});
    assert_eq!(resources(&[("/Resources/Other", alias.clone())])["Other"], alias);
    let plain = json!({"Resources": {"Other": alias}, "Outputs": {"O": {"Value": {"Ref": "Other"}}}, "Rules": {}});
    assert_eq!(rewrite(plain.clone(), &home()), Ok(plain));
}

#[test]
fn whatever_refers_to_it_follows() {
    let rewritten = rewrite(
        with(&[
            ("/Outputs", json!({"Live": {"Value": {"Fn::Sub": "${Live}"}, "Condition": "IsProd"}})),
            ("/Rules", json!({"R": {"Assertions": [{"Assert": {"Ref": "Live"}}]}})),
            ("/Conditions", json!({"IsProd": {"Fn::Equals": ["Live", "Live"]}})),
            ("/Metadata", json!({"about": "Live"})),
        ]),
        &home(),
    );
    let rewritten = rewritten.unwrap();
    assert_eq!(rewritten["Outputs"], json!({"Live": {"Value": {"Fn::Sub": "${LiveSpillway}"}, "Condition": "IsProd"}}));
    assert_eq!(rewritten["Rules"], json!({"R": {"Assertions": [{"Assert": {"Ref": "LiveSpillway"}}]}}));
    assert_eq!(rewritten["Conditions"], json!({"IsProd": {"Fn::Equals": ["Live", "Live"]}}));
    assert_eq!(rewritten["Metadata"], json!({"about": "Live"}));
}

/// CloudFormation deletes what is gone from a template, as the template before said.
#[test]
fn what_is_of_servers_becomes_custom_resources_where_the_template_says_so() {
    let tags = json!([{"Key": "fleet", "Value": "shop", "Type": "KEY_AND_VALUE"}]);
    let hosts = json!({"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
        "ApplicationName": {"Ref": "Fleet"}, "Ec2TagFilters": tags,
        "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}});
    let kept = resources(&[
        ("/Metadata", json!({"Spillway": {"Servers": true}})),
        (
            "/Resources/Fleet",
            json!({"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Server"}}),
        ),
        ("/Resources/Hosts", hosts),
    ]);
    assert_eq!(
        kept["FleetSpillway"],
        json!({"Type": "Custom::SpillwayApplication", "Properties": {"ServiceToken": TOKEN, "ComputePlatform": "Server"}})
    );
    assert_eq!(
        kept["HostsSpillway"],
        json!({"Type": "Custom::SpillwayDeploymentGroup", "Properties": {
            "ServiceToken": TOKEN, "ApplicationName": {"Ref": "FleetSpillway"}, "Ec2TagFilters": tags,
            "ServiceRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}})
    );
    let trusted = &kept["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trusted.as_array().unwrap().len(), 1, "no group is left to CodeDeploy: {trusted}");
}

#[test]
fn an_alias_of_the_stack_itself_stays_in_the_template_while_it_is_taken_over() {
    let template = with(&[
        ("/Metadata", json!({"Spillway": {"AdoptAliases": true}})),
        (CONFIG, json!("Steps.10@2h")),
        ("/Outputs", json!({"Live": {"Value": {"Ref": "Live"}}})),
        ("/Resources/Live/DependsOn", json!("Group")),
    ]);
    let rewritten = rewrite(template, &home()).unwrap();
    assert_eq!(
        rewritten["Resources"]["Live"],
        json!({
            "Type": "AWS::Lambda::Alias",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "DependsOn": ["GroupSpillway", "SpillwayWait2"],
            "Properties": {"FunctionName": {"Ref": "Fn"}, "Name": "live",
                           "FunctionVersion": {"Fn::GetAtt": ["LiveSpillway", "FunctionVersion"]}},
        })
    );
    assert_eq!(rewritten["Outputs"]["Live"]["Value"], json!({"Ref": "LiveSpillway"}));
    assert_eq!(rewrite(rewritten.clone(), &home()), Ok(rewritten));
}

#[test]
fn a_role_is_understood_however_its_arn_is_written() {
    for arn in [
        json!({"Fn::GetAtt": "Role.Arn"}),
        json!({"Fn::Sub": "${Role.Arn}"}),
        json!({"Fn::Sub": ["${r}", {"r": {"Fn::GetAtt": ["Role", "Arn"]}}]}),
        json!({"Fn::Join": ["", [{"Fn::GetAtt": ["Role", "Arn"]}]]}),
        json!({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Role}"}),
        json!({"Fn::Join": ["/", [{"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role"}, {"Ref": "Role"}]]}),
    ] {
        let resources = resources(&[("/Resources/Group/Properties/ServiceRoleArn", arn.clone())]);
        assert_eq!(resources["Role"]["Properties"]["Path"], "/spillway-service/", "{arn}");
        let named = &resources["GroupSpillway"]["Properties"]["ServiceRoleArn"];
        let same = if arn.get("Fn::GetAtt").is_some() { arn } else { json!({"Fn::GetAtt": ["Role", "Arn"]}) };
        assert_eq!(*named, same);
        assert_eq!(resources["LiveSpillwayPolicy"]["Properties"]["RoleName"], json!({"Ref": "Role"}));
    }
}

#[test]
fn a_group_is_understood_however_its_name_is_written() {
    let resources = resources(&[
        ("/Resources/Group/Properties/DeploymentGroupName", json!({"Fn::Sub": "${AWS::StackName}-orders"})),
        (&format!("{POLICY}/DeploymentGroupName"), json!({"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "orders"]]})),
    ]);
    assert_eq!(resources["LiveSpillwayPolicy"]["Type"], "AWS::IAM::RolePolicy");
}
