//! Each fault in its words.

use serde_json::{Value, json};

use super::{CONFIG, LIVE, POLICY, faults, home, resources, rewrite};

#[test]
fn every_fault_has_its_words() {
    let one = |changes: &[(&str, Value)]| {
        let words = faults(changes);
        words.strip_prefix("Number of errors found: 1. ").expect(&words).to_owned()
    };
    let map = "Resource with id [Live] is invalid. Attribute 'UpdatePolicy' should be a map with \
               'CodeDeployLambdaAliasUpdate', and no intrinsic function.";
    let policy = |value: Value| one(&[("/Resources/Live/UpdatePolicy", value)]);
    let choice = "Resource with id [Live] is invalid. 'UpdatePolicy' has an 'Fn::If', and Spillway has to know, when it \
                  reads the template, whether the alias is deployed. Write 'CodeDeployLambdaAliasUpdate' without one, \
                  and choose the deployment configuration of its group by the condition instead, such as \
                  CodeDeployDefault.LambdaAllAtOnce where no traffic shifts.";
    assert_eq!(policy(json!({"Fn::If": ["C", {}, {}]})), choice);
    assert_eq!(policy(json!({"CodeDeployLambdaAliasUpdate": {"Fn::If": ["C", {}, {}]}})), choice);
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
        one(&[(CONFIG, json!("Steps.10@1h")), ("/Parameters", json!({"SpillwayWait1": {"Type": "String"}}))]),
        "Resource with id [Live] is invalid. Its new id [SpillwayWait1] is that of something else, which needs \
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
        one(&[(CONFIG, json!({"Fn::If": ["C", "AllAtOnce", "Canary10Percent5Minute"]}))]),
        "Resource with id [Group] is invalid. It has no configuration 'Canary10Percent5Minute'. Did you mean \
         CodeDeployDefault.LambdaCanary10Percent5Minutes? A configuration of your own needs a name that does not look \
         like a predefined one."
    );
    let found = json!({"Fn::FindInMap": ["Groups", "prod", "name"]});
    assert_eq!(
        one(&[(&format!("{POLICY}/DeploymentGroupName"), found.clone())]),
        "Resource with id [Live] is invalid. Its 'DeploymentGroupName' does not tell which group it is, and the template \
         has groups of the same application, whose roles need rights for it: name the group by '!Ref' (Group)."
    );
    assert_eq!(
        one(&[("/Resources/Group/Properties/ServiceRoleArn", json!({"Ref": "Role"}))]),
        "Resource with id [Group] is invalid. Its 'ServiceRoleArn' names the role [Role] in a way from which its ARN \
         cannot be told: write '!GetAtt Role.Arn'."
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
        format!(
            "{begin}' has no 'Longest'. It has LongestDeploymentMinutes, WaitForCompletion, AdoptAliases, Servers."
        )
    );
    let servers = settings(json!({"Servers": "all"}));
    assert_eq!(servers, format!("{begin}.Servers' is \"all\"; it should be true or false."));
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
        let kept = !resources["Live"].is_null();
        (properties["Adopt"].clone(), properties["WaitForCompletion"].clone(), waits, kept)
    };
    assert_eq!(said(json!({"LongestDeploymentMinutes": 300})), (Value::Null, Value::Null, 6, false));
    let elsewhere = json!({"AdoptAliases": "FromElsewhere", "WaitForCompletion": false});
    assert_eq!(said(elsewhere), (json!(true), json!(false), 0, false));
    assert_eq!(said(json!({"AdoptAliases": "true"})), (json!(true), Value::Null, 3, true));
    assert_eq!(said(json!({"AdoptAliases": false})), (Value::Null, Value::Null, 3, false));
    let faults = |value: Value| faults(&[("/Metadata", json!({"Spillway": value}))]);
    assert_eq!(
        faults(json!({"AdoptAliases": "perhaps"})),
        "Number of errors found: 1. Structure of the template is invalid. 'Metadata.Spillway.AdoptAliases' is \
         \"perhaps\"; it should be true, false or FromElsewhere."
    );
    assert_eq!(
        faults(json!({"AdoptAliases": true, "WaitForCompletion": "false"})),
        "Number of errors found: 1. Structure of the template is invalid. 'Metadata.Spillway' has 'AdoptAliases: true', \
         with which the stack keeps its old resource for each alias until traffic has moved, and 'WaitForCompletion: \
         false', with which it does not wait for that: leave 'WaitForCompletion' out of this update."
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
