//! What the macro makes of templates, deployed in CloudFormation's order: every right is there whenever it is used, and
//! no alias is lost.

use serde_json::{Value, json};
use spillway_tests::rewritten::rewritten;

use super::order::{Account, Stack};

/// A template as SAM writes it, with an alias for each function, all of them with one role.
fn template(functions: &[&str]) -> Value {
    let mut resources = json!({
        "App": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
        "CodeDeployServiceRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codedeploy.amazonaws.com"}}]}}},
        "Hook": {"Type": "AWS::Lambda::Function", "Properties": {}},
    });
    for function in functions {
        resources[*function] = json!({"Type": "AWS::Lambda::Function", "Properties": {}});
        resources[format!("{function}Group")] = json!({"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
            "ApplicationName": {"Ref": "App"}, "DeploymentConfigName": "AllAtOnce",
            "ServiceRoleArn": {"Fn::GetAtt": ["CodeDeployServiceRole", "Arn"]}}});
        resources[format!("{function}Live")] = json!({
            "Type": "AWS::Lambda::Alias",
            "Properties": {"FunctionName": {"Ref": function}, "FunctionVersion": "1", "Name": "live"},
            "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {
                "ApplicationName": {"Ref": "App"}, "DeploymentGroupName": {"Ref": format!("{function}Group")},
                "BeforeAllowTrafficHook": {"Ref": "Hook"}}},
        });
    }
    json!({"Resources": resources})
}

fn with(mut template: Value, path: &str, value: Value) -> Value {
    let place = path.split('/').skip(1).fold(&mut template, |place, key| &mut place[key]);
    *place = value;
    template
}

/// Deploys templates one after the other; all but those that have a resource that fails have to succeed.
fn deployed(stack: &str, templates: &[Value]) -> (Account, Stack) {
    let (mut account, mut stack) = (Account::default(), Stack::new(stack));
    for template in templates {
        let end = stack.deploy(&mut account, &rewritten(template));
        let fails = template["Resources"].as_object().unwrap().values().any(|one| one["Type"] == "Test::Fails");
        assert_eq!(end.is_err(), fails, "{end:?}");
    }
    (account, stack)
}

/// Comes after everything else, and fails.
fn failing(template: Value) -> Value {
    let aliases: Vec<String> =
        template["Resources"].as_object().unwrap().keys().filter(|id| id.ends_with("Live")).cloned().collect();
    with(template, "/Resources/Fails", json!({"Type": "Test::Fails", "DependsOn": aliases}))
}

fn versions(account: &Account) -> Vec<&str> {
    account.aliases.values().map(String::as_str).collect()
}

fn policies(account: &Account) -> usize {
    account.roles.values().map(std::collections::BTreeMap::len).sum()
}

#[test]
fn an_alias_can_be_deleted_when_its_function_is_gone_from_the_template() {
    let (account, _) = deployed("shop", &[template(&["A", "B"]), template(&["A"])]);
    assert_eq!(account.denied, Vec::<String>::new());
    assert_eq!((versions(&account), policies(&account)), (vec!["1"], 1));
}

#[test]
fn an_alias_can_be_deleted_when_the_update_that_added_it_is_rolled_back() {
    let two = with(template(&["A", "B"]), "/Resources/ALive/Properties/FunctionVersion", json!("2"));
    let (account, _) = deployed("shop", &[template(&["A"]), failing(two)]);
    assert_eq!(account.denied, Vec::<String>::new());
    assert_eq!((versions(&account), policies(&account)), (vec!["1"], 1));
}

#[test]
fn an_alias_can_be_deleted_when_its_function_is_called_otherwise_or_replaced() {
    let image = |of: Value| with(of, "/Resources/B/Properties/PackageType", json!("Image"));
    let named = |of: Value| with(of, "/Resources/B/Properties/FunctionName", json!("stock"));
    let prod = |of: Value| with(of, "/Resources/BLive/Properties/Name", json!("prod"));
    let both = || template(&["A", "B"]);
    for next in [template(&["A", "C"]), image(both()), named(both()), prod(both())] {
        for undone in [false, true] {
            let update = if undone { failing(next.clone()) } else { next.clone() };
            let (mut account, mut stack) = deployed("shop", &[both(), update]);
            assert_eq!(account.denied, Vec::<String>::new(), "{next}");
            assert_eq!((versions(&account), policies(&account)), (vec!["1", "1"], 2));
            stack.delete(&mut account);
            assert_eq!(account.denied, Vec::<String>::new());
            assert!(account.aliases.is_empty() && account.roles.is_empty());
        }
    }
}

/// CloudFormation shortens names, and functions depend on the role over all sorts of things.
#[test]
fn rights_do_not_go_by_names_that_cloudformation_gives() {
    let circle = with(template(&["Orders", "Stock"]), "/Resources/Stock/DependsOn", json!("OrdersLive"));
    let circle = with(circle, "/Resources/Hook/DependsOn", json!("CodeDeployServiceRole"));
    let (account, _) = deployed("the-shop-of-the-department-of-orders-and-stock", std::slice::from_ref(&circle));
    assert_eq!(account.denied, Vec::<String>::new());

    let mut account = Account::default();
    Stack::new("shop-admin").deploy(&mut account, &rewritten(&circle)).unwrap();
    let theirs: Vec<String> = account.aliases.keys().map(|alias| alias.replace(":live", "")).collect();
    Stack::new("shop").deploy(&mut account, &rewritten(&circle)).unwrap();
    let own = account.roles.keys().find(|role| role.starts_with("shop-Code")).unwrap().clone();
    for function in theirs {
        assert!(!account.may(&own, "lambda:UpdateAlias", &function), "{function}");
    }
}

#[test]
fn a_large_stack_has_its_rights_by_the_tag_of_the_stack() {
    let names: Vec<String> = (0..40).map(|number| format!("F{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for templates in [
        [template(&names), template(&names[1..])],
        [template(&names), template(&names[35..])],
        [template(&names[35..]), template(&names)],
    ] {
        let (mut account, mut stack) = deployed("shop", &templates);
        assert_eq!(account.denied, Vec::<String>::new());
        stack.delete(&mut account);
        assert_eq!(account.denied, Vec::<String>::new());
        assert!(account.aliases.is_empty() && account.roles.is_empty());
    }
}

/// What was wrong: CloudFormation changes a role before it deletes what the role is needed for.
#[test]
fn rights_that_are_part_of_the_role_are_gone_too_early() {
    let in_role = |functions: &[&str]| {
        let mut template = rewritten(&template(functions));
        let resources = template["Resources"].as_object_mut().unwrap();
        let (rights, mut others): (serde_json::Map<_, _>, serde_json::Map<_, _>) =
            std::mem::take(resources).into_iter().partition(|(_, one)| one["Type"] == "AWS::IAM::RolePolicy");
        let policies: Vec<Value> = rights.into_iter().map(|(_, one)| one["Properties"].clone()).collect();
        let policies = policies.into_iter().map(|mut one| {
            one.as_object_mut().unwrap().remove("RoleName");
            one
        });
        others["CodeDeployServiceRole"]["Properties"]["Policies"] = policies.collect();
        for (id, one) in others.iter_mut().filter(|(id, _)| id.ends_with("LiveSpillway")) {
            assert!(one.as_object_mut().unwrap().remove("DependsOn").is_some(), "{id}");
        }
        *resources = others;
        template
    };
    let (mut account, mut stack) = (Account::default(), Stack::new("shop"));
    stack.deploy(&mut account, &in_role(&["A", "B"])).unwrap();
    assert_eq!(account.denied, Vec::<String>::new());
    stack.deploy(&mut account, &in_role(&["A"])).unwrap();
    assert_eq!(account.denied.len(), 1, "{:?}", account.denied);
}

/// A stack that CodeDeploy has deployed until now, to which AWS gives the alias that has no update policy here.
fn of_codedeploy(version: &str) -> Value {
    let mut template = with(template(&["A"]), "/Resources/ALive/Properties/FunctionVersion", json!(version));
    template["Resources"]["ALive"].as_object_mut().unwrap().remove("UpdatePolicy");
    template
}

fn adopting(version: &str, setting: &str) -> Value {
    let template = with(template(&["A"]), "/Resources/ALive/Properties/FunctionVersion", json!(version));
    with(template, "/Metadata/Spillway/AdoptAliases", json!(setting))
}

#[test]
fn an_alias_that_is_taken_over_survives_the_update_and_all_that_follow() {
    let last = with(template(&["A"]), "/Resources/ALive/Properties/FunctionVersion", json!("3"));
    let all = [of_codedeploy("1"), adopting("2", "true"), adopting("2", "true"), last];
    for (count, version) in [(2, "2"), (3, "2"), (4, "3")] {
        let (account, _) = deployed("shop", &all[..count]);
        assert_eq!(versions(&account), [version], "{count}");
        assert_eq!(account.denied, Vec::<String>::new());
    }
}

#[test]
fn an_alias_that_is_taken_over_survives_a_rollback() {
    let (account, _) = deployed("shop", &[of_codedeploy("1"), failing(adopting("2", "true"))]);
    assert_eq!(versions(&account), ["1"]);
    assert_eq!(account.denied, Vec::<String>::new());
}

/// Without it, CloudFormation deletes in the end what it had until then.
#[test]
fn an_alias_is_taken_over_from_elsewhere_only_when_it_is_from_elsewhere() {
    let (account, _) = deployed("shop", &[of_codedeploy("1"), adopting("2", "FromElsewhere")]);
    assert_eq!(versions(&account), Vec::<&str>::new());
    let (mut account, mut stack) = (Account::default(), Stack::new("shop"));
    stack.deploy(&mut account, &rewritten(&of_codedeploy("1"))).unwrap();
    let without = with(template(&["A"]), "/Resources/ALive/Properties/FunctionVersion", json!("2"));
    assert!(stack.deploy(&mut account, &rewritten(&without)).unwrap_err().ends_with(":live exists already"));
    assert_eq!(versions(&account), ["1"], "nothing is lost");
}
