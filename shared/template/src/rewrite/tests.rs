//! Each rule of the rewriting, and each fault in its words.

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
            "DependsOn": ["GroupSpillway", "Fn"],
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
fn a_template_that_would_have_too_many_resources_is_a_fault() {
    let topics: Vec<_> = (0..490).map(|number| format!("/Resources/Topic{number}")).collect();
    let changed = |more: &[(&str, Value)]| {
        let topics = topics.iter().map(|path| (path.as_str(), json!({"Type": "AWS::SNS::Topic"})));
        let template = with(&topics.chain(more.to_vec()).collect::<Vec<_>>());
        rewrite(template, &home()).map(|template| template["Resources"].as_object().unwrap().len())
    };
    let long = (CONFIG, json!("Steps.10@10h"));
    let settings = |name: &str, value: Value| ("/Metadata", json!({"Spillway": {name: value}}));
    assert_eq!(changed(&[]), Ok(495));
    assert_eq!(changed(&[long.clone(), settings("WaitForCompletion", json!(false))]), Ok(495));
    assert_eq!(changed(&[(CONFIG, json!("elsewhere")), settings("LongestDeploymentMinutes", json!(250))]), Ok(500));
    assert_eq!(
        changed(&[long]).unwrap_err().to_string(),
        "Number of errors found: 1. Structure of the template is invalid. It would have 507 resources, 12 of them to \
         wait for deployments, and CloudFormation takes 500: say by 'LongestDeploymentMinutes' in \
         'Metadata.Spillway' how long shifts take at most, or say 'WaitForCompletion: false' there, with which the \
         stack does not wait."
    );
    let more: Vec<_> = (0..10).map(|number| format!("/Resources/More{number}")).collect();
    let more: Vec<_> = more.iter().map(|path| (path.as_str(), json!({"Type": "AWS::SNS::Topic"}))).collect();
    assert_eq!(changed(&more), Ok(505), "that is CloudFormation's to say");
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

#[test]
fn what_takes_longer_than_one_resource_may_wait_is_waited_for_by_several() {
    let hook = json!({"Ref": "Fn"});
    let [before, after] = ["BeforeAllowTrafficHook", "AfterAllowTrafficHook"].map(|hook| format!("{POLICY}/{hook}"));
    let config = |name: &str| (CONFIG, json!(name));
    let longest = |minutes: Value| ("/Metadata", json!({"Spillway": {"LongestDeploymentMinutes": minutes}}));
    for (changes, links) in [
        (vec![], 0),
        (vec![config("CodeDeployDefault.LambdaCanary10Percent30Minutes")], 0),
        (vec![config("Steps.10@44m")], 0),
        (vec![config("Steps.10@45m")], 1),
        (vec![config("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes")], 1),
        (vec![(before.as_str(), hook.clone())], 1),
        (vec![(before.as_str(), hook.clone()), (after.as_str(), hook.clone())], 2),
        (vec![(before.as_str(), json!({"Ref": "AWS::NoValue"}))], 0),
        (vec![(before.as_str(), json!({"Fn::If": ["C", hook, {"Ref": "AWS::NoValue"}]}))], 1),
        (vec![(CONFIG, json!({"Fn::If": ["C", "Steps.10@2h", "AllAtOnce"]}))], 2),
        (vec![config("made-elsewhere")], 3),
        (vec![config("made-elsewhere"), longest(json!(30))], 0),
        (vec![config("made-elsewhere"), longest(json!("2880"))], 57),
        (vec![config("AllAtOnce"), longest(json!(2880))], 0),
        (vec![(&format!("{POLICY}/DeploymentGroupName"), json!("elsewhere"))], 3),
    ] {
        let resources = resources(&changes);
        let waits = resources.as_object().unwrap().keys().filter(|id| id.starts_with("LiveSpillwayWait"));
        assert_eq!(waits.count(), links, "{changes:?}");
        let more = &resources["LiveSpillway"]["Properties"]["MoreWaiting"];
        assert_eq!(*more, if links > 0 { json!(true) } else { Value::Null }, "{changes:?}");
    }
}

#[test]
fn each_that_waits_waits_for_the_one_before() {
    let resources = resources(&[(CONFIG, json!("Steps.10@2h")), ("/Resources/Live/Condition", json!("IsProd"))]);
    let deployment = json!({"Fn::GetAtt": ["LiveSpillway", "DeploymentId"]});
    assert_eq!(
        resources["LiveSpillwayWait1"],
        json!({"Type": "Custom::SpillwayWait", "Condition": "IsProd",
               "Properties": {"ServiceToken": TOKEN, "DeploymentId": deployment, "MoreWaiting": true}})
    );
    assert_eq!(
        resources["LiveSpillwayWait2"],
        json!({"Type": "Custom::SpillwayWait", "Condition": "IsProd", "DependsOn": "LiveSpillwayWait1",
               "Properties": {"ServiceToken": TOKEN, "DeploymentId": deployment}})
    );
}

#[test]
fn every_fault_has_its_words() {
    let one = |changes: &[(&str, Value)]| {
        let words = faults(changes);
        words.strip_prefix("Number of errors found: 1. ").expect(&words).to_owned()
    };
    let map = "Resource with id [Live] is invalid. Attribute 'UpdatePolicy' should be a map with \
               'CodeDeployLambdaAliasUpdate', and no intrinsic function.";
    let policy = |value: Value| one(&[("/Resources/Live/UpdatePolicy", value)]);
    assert_eq!(policy(json!({"Fn::If": ["C", {}, {}]})), map);
    assert_eq!(policy(json!({})), map);
    assert_eq!(policy(json!("CodeDeployLambdaAliasUpdate")), map);
    assert_eq!(policy(json!({"CodeDeployLambdaAliasUpdate": "orders"})), map);
    assert_eq!(policy(json!({"CodeDeployLambdaAliasUpdate": {}, "AutoScalingRollingUpdate": {}})), map);
    assert_eq!(
        policy(json!({"CodeDeployLambdaAliasUpdate": {"DeploymentGroupName": "orders"}})),
        "Resource with id [Live] is invalid. 'CodeDeployLambdaAliasUpdate' is missing required Property \
         'ApplicationName'."
    );
    assert_eq!(
        one(&[(&format!("{POLICY}/DeploymentGroupName"), json!({"Ref": "AWS::NoValue"}))]),
        "Resource with id [Live] is invalid. 'CodeDeployLambdaAliasUpdate' is missing required Property \
         'DeploymentGroupName'."
    );
    assert_eq!(
        one(&[(&format!("{POLICY}/BeforeTraffic"), json!("hook"))]),
        "Resource with id [Live] is invalid. 'CodeDeployLambdaAliasUpdate' has no Property 'BeforeTraffic'."
    );
    assert_eq!(
        one(&[("/Resources/Live/Properties", json!(["live"]))]),
        "Resource with id [Live] is invalid. Attribute 'Properties' should be a map."
    );
    assert_eq!(
        one(&[("/Resources/Live/Properties/RoutingConfig", json!({}))]),
        "Resource with id [Live] is invalid. Property 'RoutingConfig' has to go: during a deployment Spillway sets \
         the weights."
    );
    assert_eq!(
        one(&[("/Resources/App/Properties", json!("shop"))]),
        "Resource with id [App] is invalid. Attribute 'Properties' should be a map."
    );
    assert_eq!(
        one(&[("/Resources/LiveSpillway", json!({"Type": "AWS::SNS::Topic"}))]),
        "Resource with id [Live] is invalid. Its new id [LiveSpillway] is that of something else, which needs another \
         one."
    );
    assert_eq!(
        one(&[(CONFIG, json!("Steps.10@1h")), ("/Parameters", json!({"LiveSpillwayWait1": {"Type": "String"}}))]),
        "Resource with id [Live] is invalid. Its new id [LiveSpillwayWait1] is that of something else, which needs \
         another one."
    );
    let long = "L".repeat(250);
    assert_eq!(
        one(&[(
            &format!("/Resources/{long}"),
            json!({"Type": "AWS::CodeDeploy::Application",
                                                   "Properties": {"ComputePlatform": "Lambda"}})
        )]),
        format!("Resource with id [{long}] is invalid. Its new id [{long}Spillway] is longer than 255 characters.")
    );
    assert_eq!(
        one(&[("/Resources/Role/Properties/Policies", json!({"Fn::If": ["C", [], []]}))]),
        "Resource with id [Role] is invalid. Property 'Policies' should be a list, since Spillway adds to it."
    );
    assert_eq!(
        rewrite(json!({"Outputs": {}}), &home()).unwrap_err().to_string(),
        "Number of errors found: 1. Structure of the template is invalid. 'Resources' section is required"
    );
}

#[test]
fn the_settings_of_a_template_are_checked() {
    let settings = |value: Value| faults(&[("/Metadata", json!({"Spillway": value}))]);
    let begin = "Number of errors found: 1. Structure of the template is invalid. 'Metadata.Spillway";
    assert_eq!(settings(json!("fast")), format!("{begin}' should be a map."));
    assert_eq!(
        settings(json!({"Longest": 5})),
        format!("{begin}' has no 'Longest'. It has LongestDeploymentMinutes, WaitForCompletion, AdoptAliases.")
    );
    for (minutes, shown) in [(json!(0), "0"), (json!(2881), "2881"), (json!("soon"), "\"soon\""), (json!([]), "[]")] {
        assert_eq!(
            settings(json!({"LongestDeploymentMinutes": minutes})),
            format!("{begin}.LongestDeploymentMinutes' is {shown}; it should be a number from 1 to 2880.")
        );
    }
}

#[test]
fn a_template_may_take_aliases_over_and_not_wait() {
    let said = |value: Value| {
        let resources = resources(&[("/Metadata", json!({"Spillway": value})), (CONFIG, json!("made-elsewhere"))]);
        let properties = resources["LiveSpillway"]["Properties"].clone();
        let waits = resources.as_object().unwrap().keys().filter(|id| id.contains("Wait")).count();
        (properties["Adopt"].clone(), properties["WaitForCompletion"].clone(), waits)
    };
    let (adopt, waits, links) = said(json!({"LongestDeploymentMinutes": 300}));
    assert!(adopt.is_null() && waits.is_null() && links > 0, "{adopt} {waits} {links}");
    assert_eq!(said(json!({"AdoptAliases": "true", "WaitForCompletion": false})), (json!(true), json!(false), 0));
    assert_eq!(
        faults(&[("/Metadata", json!({"Spillway": {"AdoptAliases": "perhaps"}}))]),
        "Number of errors found: 1. Structure of the template is invalid. 'Metadata.Spillway.AdoptAliases' is \
         \"perhaps\"; it should be true or false."
    );
}

#[test]
fn all_faults_are_told_at_once() {
    assert_eq!(
        faults(&[
            (LIVE, json!({"Type": "AWS::Lambda::Alias", "UpdatePolicy": []})),
            ("/Metadata", json!({"Spillway": "fast"}))
        ]),
        "Number of errors found: 2. Structure of the template is invalid. 'Metadata.Spillway' should be a map. Resource \
         with id [Live] is invalid. Attribute 'UpdatePolicy' should be a map with 'CodeDeployLambdaAliasUpdate', and no \
         intrinsic function."
    );
}
