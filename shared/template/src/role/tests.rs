//! Which roles change, and what they may do afterwards.

use serde_json::{Value, json};

use super::roles;
use crate::alias::aliases;
use crate::fault::Faults;
use crate::lambda::of_lambda;
use crate::rewrite::Home;

const PATTERN: &str = "arn:aws:iam::111122223333:role/spillway/spillway/*";
const FUNCTION: &str = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";

fn trusting(service: &str) -> Value {
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}})
}

fn ours() -> Value {
    json!({
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"ArnLike": {"aws:PrincipalArn": PATTERN}},
    })
}

/// A template with one alias for each function, all in one group whose role is `role`.
fn template(role: Value, functions: &[(&str, Value)]) -> Value {
    let document = json!({"Statement": trusting("codedeploy.amazonaws.com")});
    let mut resources = json!({
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}},
        "App": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
        "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup",
                  "Properties": {"ApplicationName": {"Ref": "App"}, "ServiceRoleArn": role}},
        "Fn": {"Type": "AWS::Lambda::Function"},
        "Own": {"Type": "AWS::Lambda::Function", "Condition": "C"},
        "Late": {"Type": "AWS::Lambda::Function", "DependsOn": "Group"},
    });
    for (id, name) in functions {
        resources[*id] = alias(name, json!({}));
    }
    resources
}

fn alias(function: &Value, hooks: Value) -> Value {
    let mut policy = hooks;
    policy["ApplicationName"] = json!({"Ref": "App"});
    policy["DeploymentGroupName"] = json!({"Ref": "Group"});
    json!({
        "Type": "AWS::Lambda::Alias",
        "Properties": {"FunctionName": function},
        "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": policy},
    })
}

fn own_role() -> Value {
    json!({"Fn::GetAtt": ["Role", "Arn"]})
}

fn roles_of(resources: &Value) -> (Value, Faults) {
    let (resources, mut faults) = (resources.as_object().unwrap(), Faults::default());
    let aliases = aliases(resources, &mut faults);
    let home = Home {
        answer_hook_url: Some("https://answer.lambda-url.us-east-1.on.aws/".to_owned()),
        service_token: String::new(),
        function_roles: PATTERN.to_owned(),
        service_role_names: "spillway-*".to_owned(),
    };
    let roles = roles(resources, &aliases, &of_lambda(resources, &aliases), &home, &mut faults);
    (json!(roles), faults)
}

fn role_of(resources: &Value) -> Value {
    let (roles, faults) = roles_of(resources);
    assert_eq!(faults.none(), Ok(()));
    roles["Role"].clone()
}

fn policies_of(functions: &[(&str, Value)]) -> Value {
    role_of(&template(own_role(), functions))["Properties"]["Policies"].clone()
}

fn shifting(arns: Value) -> Value {
    let actions = [
        "lambda:GetAlias",
        "lambda:CreateAlias",
        "lambda:UpdateAlias",
        "lambda:DeleteAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
    ];
    json!({"Effect": "Allow", "Action": actions, "Resource": arns})
}

fn invoking(arns: Value) -> Value {
    json!({"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": arns})
}

fn policy(name: &str, statements: &[Value]) -> Value {
    json!({"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}})
}

fn only_if(condition: &str, policy: Value) -> Value {
    json!({"Fn::If": [condition, policy, {"Ref": "AWS::NoValue"}]})
}

fn arns(id: &str) -> [Value; 2] {
    let arn = json!({"Fn::GetAtt": [id, "Arn"]});
    [arn.clone(), json!({"Fn::Join": ["", [arn, ":*"]]})]
}

fn named(name: &str) -> [Value; 2] {
    [json!({"Fn::Sub": format!("{FUNCTION}{name}")}), json!({"Fn::Sub": format!("{FUNCTION}{name}:*")})]
}

fn of_stack() -> Value {
    json!({"Fn::Sub": format!("{FUNCTION}${{AWS::StackName}}-*")})
}

#[test]
fn a_role_may_change_the_aliases_of_its_functions() {
    let own = policy("spillway-alias", &[shifting(json!(arns("Fn")))]);
    for name in [json!({"Ref": "Fn"}), json!({"Fn::GetAtt": ["Fn", "Arn"]}), json!({"Fn::GetAtt": "Fn.Arn"})] {
        assert_eq!(policies_of(&[("A", name.clone()), ("B", name.clone())]), json!([own]), "{name}");
    }
    let conditional = only_if("C", policy("spillway-alias-C", &[shifting(json!(arns("Own")))]));
    assert_eq!(policies_of(&[("A", json!({"Ref": "Fn"})), ("B", json!({"Ref": "Own"}))]), json!([own, conditional]));
    assert_eq!(policies_of(&[]), Value::Null);
}

#[test]
fn a_function_that_cannot_be_named_by_its_arn_widens_no_other_right() {
    for (name, arns_of_it) in [
        (json!("orders"), named("orders").to_vec()),
        (
            json!("arn:aws:lambda:eu-west-1:1:function:x"),
            vec![json!("arn:aws:lambda:eu-west-1:1:function:x"), json!("arn:aws:lambda:eu-west-1:1:function:x:*")],
        ),
        (json!({"Ref": "Late"}), vec![of_stack()]),
    ] {
        let all = [arns("Fn").to_vec(), arns_of_it].concat();
        let expected = json!([policy("spillway-alias", &[shifting(json!(all))])]);
        assert_eq!(policies_of(&[("A", json!({"Ref": "Fn"})), ("B", name.clone())]), expected, "{name}");
    }
    let policies = policies_of(&[("A", json!({"Ref": "Fn"})), ("B", json!({"Ref": "Name"}))]).to_string();
    assert!(policies.contains(r#"function:${Name}:*",{"Name":"#) && !policies.contains("function:*"), "{policies}");
}

#[test]
fn a_function_that_a_condition_chooses_is_named_under_it() {
    let either = json!({"Fn::If": ["D", {"Ref": "Fn"}, "orders"]});
    let no_value = json!({"Ref": "AWS::NoValue"});
    let otherwise = policy("spillway-alias-not-D", &[shifting(json!(named("orders")))]);
    assert_eq!(
        policies_of(&[("A", either)]),
        json!([
            {"Fn::If": ["D", no_value, otherwise]},
            only_if("D", policy("spillway-alias-D", &[shifting(json!(arns("Fn")))])),
        ])
    );
}

/// A template with that many functions, of that property, each with its alias.
fn many(count: usize, properties: &Value) -> Value {
    let mut resources = template(own_role(), &[]);
    for number in 0..count {
        let function = format!("Fn{number:03}");
        resources[format!("Alias{number:03}")] = alias(&json!({"Ref": function}), json!({}));
        resources[function] = json!({"Type": "AWS::Lambda::Function", "Properties": properties});
    }
    resources
}

#[test]
fn many_functions_are_named_more_shortly_as_long_as_iam_has_room() {
    let named = |resources: Value| {
        let policies = role_of(&resources)["Properties"]["Policies"].clone();
        policies[0]["PolicyDocument"]["Statement"][0]["Resource"].as_array().unwrap().clone()
    };
    let prefix = json!({"Fn::Join": ["", [arns("Fn000")[0], "*"]]});
    let count = |resources: Value| {
        let arns = named(resources);
        (arns.len(), arns[0].clone())
    };
    let generated = json!({});
    assert_eq!(count(many(38, &generated)), (76, arns("Fn000")[0].clone()));
    assert_eq!(count(many(39, &generated)), (39, prefix.clone()));
    assert_eq!(count(many(75, &generated)), (75, prefix.clone()));
    assert_eq!(named(many(78, &generated)), [of_stack()]);

    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "x".repeat(5000)});
    let mut own = many(30, &generated);
    own["Role"]["Properties"]["Policies"] = json!([]);
    own["Attached"] = json!({"Type": "AWS::IAM::Policy", "Properties": {
        "Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}}});
    assert_eq!(count(own), (30, prefix));

    let (_, faults) = roles_of(&many(50, &json!({"FunctionName": {"Fn::Sub": "${Stage}-orders"}})));
    let words = faults.to_string();
    let begin = "Number of errors found: 1. Resource with id [Role] is invalid. What Spillway has to add to its \
                 'Policies' has about ";
    let end = " characters, and IAM takes 10240: give some of its groups another role.";
    assert!(words.starts_with(begin) && words.ends_with(end), "{words}");
}

#[test]
fn a_role_may_invoke_the_hooks_of_its_aliases() {
    let hooks = |hooks: Value| {
        let mut resources = template(own_role(), &[]);
        resources["Hook"] = json!({"Type": "AWS::Lambda::Function"});
        resources["A"] = alias(&json!({"Ref": "Fn"}), hooks);
        role_of(&resources)["Properties"]["Policies"].clone()
    };
    let shifts = shifting(json!(arns("Fn")));
    let both = json!({"BeforeAllowTrafficHook": {"Ref": "Hook"}, "AfterAllowTrafficHook": "check"});
    let invokes = invoking(json!([arns("Hook"), named("check")].concat()));
    assert_eq!(hooks(both), json!([policy("spillway-alias", &[shifts.clone(), invokes])]));
    for (hook, invoked) in
        [(json!({"Ref": "Late"}), json!([of_stack()])), (json!({"Fn::Sub": "${Hook}"}), json!(arns("Hook")))]
    {
        let expected = json!([policy("spillway-alias", &[shifts.clone(), invoking(invoked)])]);
        assert_eq!(hooks(json!({"BeforeAllowTrafficHook": hook})), expected, "{hook}");
    }
    let maybe = json!({"AfterAllowTrafficHook": {"Fn::If": ["D", {"Ref": "Own"}, {"Ref": "AWS::NoValue"}]}});
    let mut own = policy("spillway-alias-D-C", &[invoking(json!(arns("Own")))]);
    own = only_if("D", only_if("C", own));
    assert_eq!(hooks(maybe), json!([policy("spillway-alias", std::slice::from_ref(&shifts)), own]));
}

/// Neither role has named the other's hook before, so that neither shows alone that they would wait for each other.
#[test]
fn two_roles_do_not_come_to_wait_for_each_other() {
    let mut resources = template(own_role(), &[]);
    let codedeploy = resources["Role"].clone();
    for (number, other) in [(1, 2), (2, 1)] {
        resources[format!("Role{number}")] = codedeploy.clone();
        resources[format!("Group{number}")] = json!({"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
            "ApplicationName": {"Ref": "App"}, "ServiceRoleArn": {"Fn::GetAtt": [format!("Role{number}"), "Arn"]}}});
        resources[format!("Hook{number}")] =
            json!({"Type": "AWS::Lambda::Function", "DependsOn": format!("Role{other}")});
        let mut alias =
            alias(&json!({"Ref": "Fn"}), json!({"BeforeAllowTrafficHook": {"Ref": format!("Hook{number}")}}));
        alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] =
            json!({"Ref": format!("Group{number}")});
        resources[format!("Alias{number}")] = alias;
    }
    let (roles, faults) = roles_of(&resources);
    assert_eq!(faults.none(), Ok(()));
    let invoked =
        |role: &str| roles[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][1]["Resource"].clone();
    assert_eq!(invoked("Role1"), json!(arns("Hook1")));
    assert_eq!(invoked("Role2"), json!([of_stack()]));
}

#[test]
fn a_role_that_spillway_may_not_assume_is_a_fault() {
    let mut resources = template(own_role(), &[]);
    resources["Role"]["Properties"]["RoleName"] = json!("orders");
    assert_eq!(
        roles_of(&resources).1.to_string(),
        "Number of errors found: 1. Resource with id [Role] is invalid. Spillway may not assume a role called \
         'orders': call it otherwise by 'RoleName' and 'Path', or give Spillway's parameter ServiceRoleNames, which is \
         'spillway-*', a pattern that takes in it."
    );
}

#[test]
fn only_the_role_of_a_group_changes_and_only_if_it_trusts_codedeploy() {
    for role in [
        json!({"Fn::GetAtt": "Role.Arn"}),
        json!({"Fn::If": ["C", "arn:aws:iam::111122223333:role/other", {"Fn::GetAtt": ["Role", "Arn"]}]}),
    ] {
        let role = role_of(&template(role.clone(), &[]));
        assert_eq!(role["Properties"]["AssumeRolePolicyDocument"]["Statement"], json!([ours()]));
        assert_eq!(role["Properties"]["Path"], "/spillway-service/");
    }
    for role in [
        json!("arn:aws:iam::111122223333:role/other"),
        json!({"Ref": "Role"}),
        json!({"Fn::GetAtt": ["Role", "RoleId"]}),
        json!({"Fn::GetAtt": ["Fn", "Arn"]}),
    ] {
        assert_eq!(role_of(&template(role.clone(), &[])), Value::Null, "{role}");
    }
    let mut adapted = template(own_role(), &[("A", json!({"Ref": "Fn"}))]);
    adapted["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"] = json!([ours()]);
    assert_eq!(role_of(&adapted), Value::Null);
}

#[test]
fn a_role_that_a_group_of_servers_has_trusts_codedeploy_as_well() {
    let mut resources = template(own_role(), &[]);
    resources["Fleet"] = json!({"Type": "AWS::CodeDeploy::Application"});
    let role = json!({"Fn::Sub": "${Role.Arn}"});
    resources["Hosts"] = json!({"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
        "ApplicationName": {"Ref": "Fleet"}, "ServiceRoleArn": role}});
    let statements = role_of(&resources)["Properties"]["AssumeRolePolicyDocument"]["Statement"].clone();
    assert_eq!(statements, json!([trusting("codedeploy.amazonaws.com"), ours()]));

    resources["App"]["Properties"]["ComputePlatform"] = json!("ECS");
    assert_eq!(role_of(&resources), Value::Null);
}
