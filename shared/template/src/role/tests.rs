//! Which statements change, and what a role may do afterwards.

use serde_json::{Value, json};

use super::{ACTIONS, MOST_FUNCTIONS, roles, trust_spillway};
use crate::alias::aliases;
use crate::fault::Faults;

const PATTERN: &str = "arn:aws:iam::111122223333:role/spillway/spillway/*";

fn ours() -> Value {
    json!({
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": PATTERN}},
    })
}

fn trusting(service: Value) -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}})
}

fn changed(statement: Value) -> Option<Value> {
    let mut document = json!({"Version": "2012-10-17", "Statement": statement});
    trust_spillway(&mut document, PATTERN).then(|| document["Statement"].clone())
}

#[test]
fn a_statement_for_codedeploy_becomes_one_for_spillway() {
    for service in [
        json!("codedeploy.amazonaws.com"),
        json!(["codedeploy.amazonaws.com"]),
        json!(["codedeploy.us-east-1.amazonaws.com", "codedeploy.amazonaws.com"]),
        json!({"Fn::Sub": "codedeploy.${AWS::Region}.amazonaws.com"}),
        json!({"Fn::Sub": ["codedeploy.${R}.amazonaws.com", {"R": "us-east-1"}]}),
        json!({"Fn::Join": ["", ["codedeploy.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}),
        json!({"Fn::Join": [".", ["codedeploy", {"Ref": "AWS::Region"}, "amazonaws.com"]]}),
        json!({"Fn::If": ["China", "codedeploy.amazonaws.com.cn", "codedeploy.amazonaws.com"]}),
        json!({"Fn::FindInMap": ["ServiceprincipalMap", {"Ref": "AWS::Region"}, "codedeploy"]}),
    ] {
        assert_eq!(changed(json!([trusting(service.clone())])), Some(json!([ours()])), "{service}");
        assert_eq!(changed(trusting(service.clone())), Some(json!([ours()])), "{service}");
    }
}

#[test]
fn other_statements_and_other_principals_stay() {
    let lambda = trusting(json!("lambda.amazonaws.com"));
    for other in [
        lambda.clone(),
        trusting(json!({"Fn::Join": ["", ["lambda.", {"Ref": "AWS::URLSuffix"}]]})),
        trusting(json!({"Ref": "Service"})),
        json!({"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"Service": "codedeploy.amazonaws.com"}}),
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}),
        json!({"Fn::If": ["C", lambda, {"Ref": "AWS::NoValue"}]}),
        ours(),
    ] {
        assert_eq!(changed(json!([other.clone()])), None, "{other}");
    }
    let mut mixed = trusting(json!(["lambda.amazonaws.com", "codedeploy.amazonaws.com"]));
    mixed["Sid"] = json!("Both");
    let mut rest = trusting(json!(["lambda.amazonaws.com"]));
    rest["Sid"] = json!("Both");
    assert_eq!(changed(json!([lambda, mixed])), Some(json!([lambda, rest, ours()])));

    let mut named = trusting(json!("codedeploy.amazonaws.com"));
    named["Sid"] = json!("Only");
    let mut expected = ours();
    expected["Sid"] = json!("Only");
    assert_eq!(changed(named), Some(json!([expected])));

    let other = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                       "Principal": {"AWS": "111122223333", "Service": "codedeploy.amazonaws.com"}});
    let rest = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}});
    assert_eq!(changed(other), Some(json!([rest, ours()])));
    assert_eq!(changed(Value::Null), None);
}

/// A template with one alias for each function, all in one group whose role is `role`.
fn template(role: Value, functions: &[(&str, Value)]) -> Value {
    let document = json!({"Statement": trusting(json!("codedeploy.amazonaws.com"))});
    let mut resources = json!({
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}},
        "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {"ServiceRoleArn": role}},
        "Fn": {"Type": "AWS::Lambda::Function"},
        "Own": {"Type": "AWS::Lambda::Function", "Condition": "C"},
        "Late": {"Type": "AWS::Lambda::Function", "DependsOn": "Group"},
    });
    for (id, name) in functions {
        resources[*id] = json!({
            "Type": "AWS::Lambda::Alias",
            "Properties": {"FunctionName": name},
            "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {
                "ApplicationName": "shop", "DeploymentGroupName": {"Ref": "Group"}}},
        });
    }
    resources
}

fn role_of(resources: &Value) -> Option<Value> {
    let (resources, mut faults) = (resources.as_object().unwrap(), Faults::default());
    let aliases = aliases(resources, &mut faults);
    let mut roles = roles(resources, &aliases, PATTERN, &mut faults);
    assert_eq!(faults.none(), Ok(()));
    roles.remove("Role")
}

fn policies_of(functions: &[(&str, Value)]) -> Value {
    let role = role_of(&template(json!({"Fn::GetAtt": ["Role", "Arn"]}), functions)).unwrap();
    role["Properties"]["Policies"].clone()
}

fn policy(name: &str, arns: Value) -> Value {
    let statement = json!({"Effect": "Allow", "Action": ACTIONS, "Resource": arns});
    json!({"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
}

fn arns(id: &str) -> [Value; 2] {
    let arn = json!({"Fn::GetAtt": [id, "Arn"]});
    [arn.clone(), json!({"Fn::Join": ["", [arn, ":*"]]})]
}

const ANY: &str = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*";

#[test]
fn a_role_may_change_the_aliases_of_its_functions() {
    let own = policy("spillway-alias", json!(arns("Fn")));
    for name in [json!({"Ref": "Fn"}), json!({"Fn::GetAtt": ["Fn", "Arn"]}), json!({"Fn::GetAtt": "Fn.Arn"})] {
        assert_eq!(policies_of(&[("A", name.clone()), ("B", name.clone())]), json!([own]), "{name}");
    }
    let conditional = json!({"Fn::If": ["C", policy("spillway-alias-C", json!(arns("Own"))), {"Ref": "AWS::NoValue"}]});
    assert_eq!(policies_of(&[("A", json!({"Ref": "Fn"})), ("B", json!({"Ref": "Own"}))]), json!([own, conditional]));
    assert_eq!(policies_of(&[]), Value::Null);
}

#[test]
fn a_role_that_cannot_name_its_functions_may_change_all_aliases() {
    let any = json!([policy("spillway-alias", json!([{"Fn::Sub": ANY}]))]);
    for name in [json!("orders"), json!({"Ref": "Name"}), json!({"Fn::GetAtt": ["Fn", "Name"]}), json!({"Ref": "Late"})]
    {
        assert_eq!(policies_of(&[("A", json!({"Ref": "Fn"})), ("B", name.clone())]), any, "{name}");
    }
    let mut resources = template(json!({"Fn::GetAtt": ["Role", "Arn"]}), &[]);
    for number in 0..=MOST_FUNCTIONS {
        let (function, alias) = (format!("Fn{number}"), format!("Alias{number}"));
        let more = template(Value::Null, &[(alias.as_str(), json!({"Ref": function}))]);
        resources[&function] = more["Fn"].clone();
        resources[&alias] = more[&alias].clone();
    }
    assert_eq!(role_of(&resources).unwrap()["Properties"]["Policies"], any);
}

#[test]
fn a_role_gets_a_path_that_spillway_may_assume_unless_it_is_named() {
    let path = |properties: &[(&str, &str)]| {
        let mut resources = template(json!({"Fn::GetAtt": ["Role", "Arn"]}), &[]);
        properties.iter().for_each(|(name, value)| resources["Role"]["Properties"][*name] = json!(value));
        role_of(&resources).unwrap()["Properties"]["Path"].clone()
    };
    assert_eq!(path(&[]), "/spillway-service/");
    assert_eq!(path(&[("RoleName", "spillway-orders")]), Value::Null);
    assert_eq!(path(&[("Path", "/shop/")]), "/shop/");
}

#[test]
fn only_the_role_of_a_group_changes_and_only_if_it_trusts_codedeploy() {
    for role in [
        json!({"Fn::GetAtt": "Role.Arn"}),
        json!({"Fn::If": ["C", "arn:aws:iam::111122223333:role/other", {"Fn::GetAtt": ["Role", "Arn"]}]}),
    ] {
        assert!(role_of(&template(role.clone(), &[])).is_some(), "{role}");
    }
    for role in [
        json!("arn:aws:iam::111122223333:role/other"),
        json!({"Ref": "Role"}),
        json!({"Fn::GetAtt": ["Role", "RoleId"]}),
        json!({"Fn::GetAtt": ["Fn", "Arn"]}),
    ] {
        assert_eq!(role_of(&template(role.clone(), &[])), None, "{role}");
    }
    let mut adapted = template(json!({"Fn::GetAtt": ["Role", "Arn"]}), &[("A", json!({"Ref": "Fn"}))]);
    adapted["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"] = json!([ours()]);
    assert_eq!(role_of(&adapted), None);
}
