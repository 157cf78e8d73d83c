//! Which roles change, and what they may do afterwards.

use serde_json::{Value, json};

use super::{Detail, Roles, roles};
use crate::alias::aliases;
use crate::fault::Faults;
use crate::fragment::Members;
use crate::rewrite::Home;
use crate::takeover::taken_over;

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

fn roles_in(resources: &Value, detail: Detail) -> (Roles, Faults) {
    let (resources, mut faults) = (resources.as_object().unwrap(), Faults::default());
    let aliases = aliases(resources, &mut faults);
    let home = Home {
        answer_hook_url: Some("https://answer.lambda-url.us-east-1.on.aws/".to_owned()),
        service_token: String::new(),
        function_roles: PATTERN.to_owned(),
        service_role_names: "spillway-*".to_owned(),
    };
    let roles = roles(resources, &aliases, &taken_over(resources, &aliases, false), &home, detail, &mut faults);
    (roles, faults)
}

fn role_of(resources: &Value) -> Value {
    let (roles, faults) = roles_in(resources, Detail::ByArn);
    assert_eq!(faults.none(), Ok(()));
    roles.changed.get("Role").cloned().unwrap_or_default()
}

/// The policies by their ids.
fn policies_in(resources: &Value, detail: Detail) -> Value {
    let (roles, faults) = roles_in(resources, detail);
    assert_eq!(faults.none(), Ok(()));
    roles.policies.into_iter().map(|policy| (policy.id, policy.resource)).collect::<Members>().into()
}

fn policies_of(resources: &Value) -> Value {
    policies_in(resources, Detail::ByArn)
}

fn actions() -> Vec<&'static str> {
    vec![
        "lambda:GetAlias",
        "lambda:CreateAlias",
        "lambda:UpdateAlias",
        "lambda:DeleteAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
    ]
}

fn shifting(arns: Value) -> Value {
    json!({"Effect": "Allow", "Action": actions(), "Resource": arns})
}

fn invoking(arns: Value) -> Value {
    json!({"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": arns})
}

fn policy(name: Value, statements: &[Value]) -> Value {
    json!({"Type": "AWS::IAM::RolePolicy", "Properties": {
        "RoleName": {"Ref": "Role"}, "PolicyName": name,
        "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}})
}

/// The name of an alias's policy.
fn called(alias: &str, function: Value) -> Value {
    json!({"Fn::Join": ["-", [format!("spillway-{alias}"), function]]})
}

fn arns(id: &str) -> [Value; 2] {
    let arn = json!({"Fn::GetAtt": [id, "Arn"]});
    [arn.clone(), json!({"Fn::Join": ["", [arn, ":*"]]})]
}

fn named(name: &str) -> [Value; 2] {
    [json!({"Fn::Sub": format!("{FUNCTION}{name}")}), json!({"Fn::Sub": format!("{FUNCTION}{name}:*")})]
}

#[test]
fn a_role_has_a_policy_for_each_alias_which_is_on_its_function() {
    let function = json!({"Ref": "Fn"});
    for name in [function.clone(), json!({"Fn::GetAtt": ["Fn", "Arn"]}), json!({"Fn::GetAtt": "Fn.Arn"})] {
        let policies = policies_of(&template(own_role(), &[("A", name.clone()), ("B", name.clone())]));
        let of = |alias: &str| policy(called(alias, function.clone()), &[shifting(json!(arns("Fn")))]);
        assert_eq!(policies, json!({"ASpillwayPolicy": of("A"), "BSpillwayPolicy": of("B")}), "{name}");
    }
    assert_eq!(policies_of(&template(own_role(), &[])), json!({}));
    assert_eq!(role_of(&template(own_role(), &[("A", function)]))["Properties"].get("Policies"), None);
}

/// A function that depends on the role can be named all the same, since the policy is no part of the role.
#[test]
fn no_right_goes_by_the_name_of_the_stack() {
    for (name, arns_of_it, function) in [
        (json!("orders"), named("orders"), json!("orders")),
        (
            json!("arn:aws:lambda:eu-west-1:1:function:x"),
            [json!("arn:aws:lambda:eu-west-1:1:function:x"), json!("arn:aws:lambda:eu-west-1:1:function:x:*")],
            json!("x"),
        ),
        (json!({"Ref": "Late"}), arns("Late"), json!({"Ref": "Late"})),
    ] {
        let policies = policies_of(&template(own_role(), &[("A", name.clone())]));
        let expected = policy(called("A", function), &[shifting(json!(arns_of_it))]);
        assert_eq!(policies, json!({"ASpillwayPolicy": expected}), "{name}");
    }
}

#[test]
fn a_function_that_a_condition_chooses_is_named_under_it() {
    let either = |first: Value, second: Value| json!({"Fn::If": ["D", first, second]});
    let policies = policies_of(&template(own_role(), &[("A", either(json!({"Ref": "Fn"}), json!("orders")))]));
    let statement = either(shifting(json!(arns("Fn"))), shifting(json!(named("orders"))));
    let name = called("A", either(json!({"Ref": "Fn"}), json!("orders")));
    assert_eq!(policies, json!({"ASpillwayPolicy": policy(name, &[statement])}));
}

#[test]
fn a_policy_is_there_when_the_alias_and_its_way_to_the_role_are() {
    let under = |role: Value, group: Value, own: Option<&str>| {
        let mut resources = template(role, &[("A", json!({"Ref": "Fn"}))]);
        resources["A"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] = group;
        if let Some(own) = own {
            resources["A"]["Condition"] = json!(own);
        }
        let (roles, faults) = roles_in(&resources, Detail::ByArn);
        assert_eq!(faults.none(), Ok(()));
        let [policy] = &roles.policies[..] else { panic!("one policy") };
        (policy.resource.get("Condition").cloned().unwrap_or_default(), policy.condition.clone().unwrap_or_default())
    };
    let group = || json!({"Ref": "Group"});
    let if_c = |value: Value| json!({"Fn::If": ["C", value, "arn:aws:iam::111122223333:role/x"]});
    let unless_c = |value: Value| json!({"Fn::If": ["C", "arn:aws:iam::111122223333:role/x", value]});
    let own = "ASpillwayPolicy";
    assert_eq!(under(own_role(), group(), None), (Value::Null, Value::Null));
    assert_eq!(under(own_role(), group(), Some("C")), (json!("C"), Value::Null));
    assert_eq!(under(if_c(own_role()), group(), None), (json!("C"), Value::Null));
    assert_eq!(under(if_c(own_role()), group(), Some("C")), (json!("C"), Value::Null));
    let not_c = json!({"Fn::Not": [{"Condition": "C"}]});
    assert_eq!(under(unless_c(own_role()), group(), None), (json!(own), not_c.clone()));
    let both = json!({"Fn::And": [not_c, {"Condition": "D"}]});
    assert_eq!(under(unless_c(own_role()), group(), Some("D")), (json!(own), both));
    let of_either = json!({"Fn::If": ["C", {"Ref": "Group"}, {"Ref": "Group"}]});
    assert_eq!(under(own_role(), of_either, None), (Value::Null, Value::Null));
}

/// A template with that many functions, each with its alias.
fn many(count: usize) -> Value {
    let mut resources = template(own_role(), &[]);
    for number in 0..count {
        let function = format!("Fn{number:03}");
        resources[format!("Alias{number:03}")] = alias(&json!({"Ref": function}), json!({}));
        resources[function] = json!({"Type": "AWS::Lambda::Function"});
    }
    resources
}

#[test]
fn functions_are_named_by_the_tag_of_their_stack_where_iam_has_no_room_for_each() {
    let ids = |resources: &Value| policies_of(resources).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&many(18)).len(), 18);
    assert_eq!(ids(&many(19)), ["RoleSpillwayPolicy"]);
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "x".repeat(5000)});
    let mut own = many(10);
    own["Role"]["Properties"]["Policies"] = json!([]);
    own["Attached"] = json!({"Type": "AWS::IAM::Policy", "Properties": {
        "Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [statement]}}});
    assert_eq!(ids(&own), ["RoleSpillwayPolicy"]);

    let (roles, _) = roles_in(&many(200), Detail::ByArn);
    let [policy] = &roles.policies[..] else { panic!("one policy") };
    assert_eq!(policy.aliases.len(), 200);
    let document = &policy.resource["Properties"]["PolicyDocument"];
    let all = [actions(), vec!["lambda:InvokeFunction"]].concat();
    assert_eq!(
        document["Statement"],
        json!([{
            "Effect": "Allow",
            "Action": all,
            "Resource": {"Fn::Sub": format!("{FUNCTION}*")},
            "Condition": {"StringEquals": {
                "aws:ResourceTag/aws:cloudformation:stack-id": {"Ref": "AWS::StackId"}}},
        }])
    );
}

#[test]
fn what_is_not_of_the_stack_is_named_one_by_one_in_any_case() {
    let mut resources = template(own_role(), &[("B", json!("orders"))]);
    resources["A"] = alias(&json!({"Ref": "Fn"}), json!({"BeforeAllowTrafficHook": "check"}));
    let policies = policies_in(&resources, Detail::ByTag);
    let ids: Vec<_> = policies.as_object().unwrap().keys().collect();
    assert_eq!(ids, ["BSpillwayPolicy", "ASpillwayPolicy", "RoleSpillwayPolicy"]);
    let own = policy(called("A", json!({"Ref": "Fn"})), &[invoking(json!(named("check")))]);
    assert_eq!(policies["ASpillwayPolicy"], own);
    let ids: Vec<String> = (0..40).map(|number| format!("A{number}")).collect();
    let elsewhere: Vec<_> = ids.iter().map(|id| (id.as_str(), json!({"Ref": "Name"}))).collect();
    let (_, faults) = roles_in(&template(own_role(), &elsewhere), Detail::ByArn);
    let words = faults.to_string();
    let begin = "Number of errors found: 1. Resource with id [Role] is invalid. The policies that Spillway has to add to \
                 it have about ";
    let end = " characters, and IAM takes 10240: give some of its groups another role.";
    assert!(words.starts_with(begin) && words.ends_with(end), "{words}");
}

#[test]
fn a_role_may_invoke_the_hooks_of_its_aliases() {
    let statements = |hooks: Value| {
        let mut resources = template(own_role(), &[]);
        resources["Hook"] = json!({"Type": "AWS::Lambda::Function"});
        resources["A"] = alias(&json!({"Ref": "Fn"}), hooks);
        policies_of(&resources)["ASpillwayPolicy"]["Properties"]["PolicyDocument"]["Statement"].clone()
    };
    let shifts = shifting(json!(arns("Fn")));
    let both = json!({"BeforeAllowTrafficHook": {"Ref": "Hook"}, "AfterAllowTrafficHook": "check"});
    assert_eq!(statements(both), json!([shifts, invoking(json!(arns("Hook"))), invoking(json!(named("check")))]));
    let twice = json!({"BeforeAllowTrafficHook": {"Ref": "Hook"}, "AfterAllowTrafficHook": {"Fn::Sub": "${Hook}"}});
    assert_eq!(statements(twice), json!([shifts, invoking(json!(arns("Hook")))]));
    let late = json!({"BeforeAllowTrafficHook": {"Ref": "Late"}});
    assert_eq!(statements(late), json!([shifts, invoking(json!(arns("Late")))]));
    let none = json!({"Ref": "AWS::NoValue"});
    let maybe = json!({"AfterAllowTrafficHook": {"Fn::If": ["D", {"Ref": "Own"}, none]}});
    let under = json!({"Fn::If": ["D", invoking(json!(arns("Own"))), none]});
    assert_eq!(statements(maybe), json!([shifts, under]));
}

#[test]
fn an_alias_of_two_roles_has_a_policy_for_each() {
    let mut resources = template(own_role(), &[("A", json!({"Ref": "Fn"}))]);
    resources["Other"] = resources["Role"].clone();
    resources["OtherGroup"] = resources["Group"].clone();
    resources["OtherGroup"]["Properties"]["ServiceRoleArn"] = json!({"Fn::GetAtt": ["Other", "Arn"]});
    resources["A"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] =
        json!({"Fn::If": ["C", {"Ref": "Group"}, {"Ref": "OtherGroup"}]});
    let policies = policies_of(&resources);
    assert_eq!(policies["ARoleSpillwayPolicy"]["Condition"], "C");
    assert_eq!(policies["AOtherSpillwayPolicy"]["Condition"], "AOtherSpillwayPolicy");
    assert_eq!(policies["AOtherSpillwayPolicy"]["Properties"]["RoleName"], json!({"Ref": "Other"}));
}

#[test]
fn the_name_of_a_policy_is_not_longer_than_iam_takes() {
    let long = |end: &str| format!("{}{end}", "Orders".repeat(20));
    let name = |alias_id: &str| {
        let mut resources = template(own_role(), &[]);
        resources[alias_id] = alias(&json!({"Ref": "Fn"}), json!({}));
        let policies = policies_of(&resources);
        let name = &policies[format!("{alias_id}SpillwayPolicy")]["Properties"]["PolicyName"];
        name["Fn::Join"][1][0].as_str().unwrap().to_owned()
    };
    assert_ne!(name(&long("A")), name(&long("B")));
    assert!(name(&long("A")).len() + 1 + 64 <= 128, "{}", name(&long("A")));
}

#[test]
fn a_role_that_spillway_may_not_assume_is_a_fault() {
    let mut resources = template(own_role(), &[]);
    resources["Role"]["Properties"]["RoleName"] = json!("orders");
    assert_eq!(
        roles_in(&resources, Detail::ByArn).1.to_string(),
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
    for role in [json!("arn:aws:iam::111122223333:role/other"), json!({"Fn::GetAtt": ["Fn", "Arn"]})] {
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
