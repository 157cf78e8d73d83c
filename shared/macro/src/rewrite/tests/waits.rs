//! Resources that wait, and how many resources there may be.

use serde_json::{Value, json};

use super::{CONFIG, POLICY, TOKEN, home, resources, rewrite, template, with};

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
    assert_eq!(changed(&[]), Ok(496));
    assert_eq!(changed(&[long.clone(), settings("WaitForCompletion", json!(false))]), Ok(496));
    let unknown = (CONFIG, json!("elsewhere"));
    assert_eq!(changed(&[unknown.clone(), settings("LongestDeploymentMinutes", json!(200))]), Ok(500));
    let begin = "Number of errors found: 1. Structure of the template is invalid. It would have";
    let [longest, does_not_wait, end] = [
        "say by 'LongestDeploymentMinutes' in 'Metadata.Spillway' how long shifts take at most, or ",
        "say 'WaitForCompletion: false' in 'Metadata.Spillway', with which the stack does not wait, or ",
        "move some of them to a nested stack.",
    ];
    let words = |changes: &[(&str, Value)]| changed(changes).unwrap_err().to_string();
    assert_eq!(
        words(&[long]),
        format!(
            "{begin} 508 resources, 13 more than now, 12 of them to wait for deployments, and CloudFormation takes 500: \
             {does_not_wait}{end}"
        ),
        "a shift that is known takes as long as it takes"
    );
    assert_eq!(
        words(&[unknown, settings("LongestDeploymentMinutes", json!(600))]),
        format!(
            "{begin} 508 resources, 13 more than now, 12 of them to wait for deployments, and CloudFormation takes 500: \
             {longest}{does_not_wait}{end}"
        )
    );
    let more: Vec<_> = (0..10).map(|number| format!("/Resources/More{number}")).collect();
    let more: Vec<_> = more.iter().map(|path| (path.as_str(), json!({"Type": "AWS::SNS::Topic"}))).collect();
    assert_eq!(
        words(&more),
        format!(
            "{begin} 506 resources, 1 more than now, 0 of them to wait for deployments, and CloudFormation takes 500: {end}"
        )
    );
}

/// As a public stack of 494 resources has them: 34 functions that shift for a hundred minutes.
#[test]
fn a_large_stack_has_one_chain_and_one_policy_for_all_of_its_aliases() {
    let mut template = with(&[(CONFIG, json!("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes"))]);
    let resources = template["Resources"].as_object_mut().unwrap();
    let live = resources["Live"].clone();
    for number in 0..33 {
        resources.insert(format!("Fn{number}"), json!({"Type": "AWS::Lambda::Function"}));
        let mut alias = live.clone();
        alias["Properties"]["FunctionName"] = json!({"Ref": format!("Fn{number}")});
        resources.insert(format!("Live{number}"), alias);
    }
    for number in resources.len()..494 {
        resources.insert(format!("Topic{number}"), json!({"Type": "AWS::SNS::Topic"}));
    }
    let rewritten = rewrite(template, &home()).unwrap();
    let resources = rewritten["Resources"].as_object().unwrap();
    assert_eq!(resources.len(), 494 + 2);
    let wait = &resources["SpillwayWait1"]["Properties"];
    assert_eq!(wait["DeploymentIds"].as_array().unwrap().len(), 34);
    assert_eq!(resources["Live7Spillway"]["DependsOn"], json!(["RoleSpillwayPolicy"]));
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
        let waits = resources.as_object().unwrap().keys().filter(|id| id.starts_with("SpillwayWait"));
        assert_eq!(waits.count(), links, "{changes:?}");
        let more = &resources["LiveSpillway"]["Properties"]["MoreWaiting"];
        assert_eq!(*more, if links > 0 { json!(true) } else { Value::Null }, "{changes:?}");
    }
}

#[test]
fn each_that_waits_waits_for_the_one_before() {
    let mut stock = template()["Resources"]["Live"].clone();
    stock["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] = json!("elsewhere");
    let mut quick = stock.clone();
    quick["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] = json!({"Ref": "QuickGroup"});
    let mut group = template()["Resources"]["Group"].clone();
    group["Properties"]["DeploymentConfigName"] = json!("AllAtOnce");
    let resources = resources(&[
        (CONFIG, json!("Steps.10@2h")),
        ("/Resources/Live/Condition", json!("IsProd")),
        ("/Resources/Stock", stock),
        ("/Resources/Quick", quick),
        ("/Resources/QuickGroup", group),
        ("/Metadata", json!({"Spillway": {"LongestDeploymentMinutes": 60}})),
    ]);
    let deployments = json!([
        {"Fn::If": ["IsProd", {"Fn::GetAtt": ["LiveSpillway", "DeploymentId"]}, {"Ref": "AWS::NoValue"}]},
        {"Fn::GetAtt": ["StockSpillway", "DeploymentId"]},
    ]);
    assert_eq!(
        resources["SpillwayWait1"],
        json!({"Type": "Custom::SpillwayWait",
               "Properties": {"ServiceToken": TOKEN, "DeploymentIds": deployments, "MoreWaiting": true}})
    );
    assert_eq!(
        resources["SpillwayWait2"],
        json!({"Type": "Custom::SpillwayWait", "DependsOn": ["SpillwayWait1"],
               "Properties": {"ServiceToken": TOKEN, "DeploymentIds": deployments}})
    );
    assert_eq!(resources["SpillwayWait3"], Value::Null, "as many as the longest needs");
    assert_eq!(resources["QuickSpillway"]["Properties"]["MoreWaiting"], Value::Null);
}

#[test]
fn what_refers_to_an_alias_waits_for_its_deployment_unless_an_alias_waits_for_that() {
    let environment = |of: &str| json!({"Environment": {"Variables": {"ORDERS": {"Ref": of}}}});
    let mut stock = template()["Resources"]["Live"].clone();
    stock["Properties"]["FunctionName"] = json!({"Ref": "Stock"});
    let all = |config: &str| {
        resources(&[
            (CONFIG, json!(config)),
            (
                "/Resources/Permission",
                json!({"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Live"}}}),
            ),
            ("/Resources/Mail", json!({"Type": "AWS::Lambda::Function", "DependsOn": "Live"})),
            ("/Resources/Stock", json!({"Type": "AWS::Lambda::Function", "Properties": environment("Live")})),
            ("/Resources/StockLive", stock.clone()),
            ("/Resources/Topic", json!({"Type": "AWS::SNS::Topic"})),
        ])
    };
    let held = all("Steps.10@2h");
    assert_eq!(held["Permission"]["DependsOn"], json!(["SpillwayWait2"]));
    assert_eq!(held["Mail"]["DependsOn"], json!(["LiveSpillway", "SpillwayWait2"]));
    assert_eq!(held["Stock"]["DependsOn"], Value::Null, "its own alias is waited for by the same chain");
    assert_eq!(held["Topic"]["DependsOn"], Value::Null);
    assert_eq!(all("AllAtOnce")["Permission"]["DependsOn"], Value::Null);
}
