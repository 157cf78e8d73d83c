//! Templates before and after the macro, as SAM's own translator and cfn-lint see them.

use std::fs;

use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};
use spillway_tests::rewritten::{CDK, SAM, SERVERLESS, read, rewritten};
use spillway_tests::template::root;

use super::programs::{scrubbed, tools, written};
use super::{Cloud, block_on, in_cloud};

#[test]
fn the_template_of_sam_is_what_sam_makes_of_it() {
    block_on(async {
        assert_eq!(translated(&[]).await, read(SAM));
    });
}

/// CloudFormation lets macros run in the order in which they are listed.
#[test]
fn spillway_may_be_listed_before_sam_or_after_it() {
    in_cloud(async |cloud| {
        let after = transformed(cloud, &read(SAM)).await;
        let before = transformed(cloud, &translated(&["packaged"]).await).await;
        assert_eq!(before, after);
        let alias = &after["fragment"]["Resources"]["OrdersAliasliveSpillway"];
        assert_eq!(alias["Type"], "Custom::SpillwayAlias");
        let token = alias["Properties"]["ServiceToken"].as_str().unwrap();
        assert!(token.ends_with(&format!(":function:{}", cloud.function("custom-resource").await)), "{token}");
    });
}

/// SAM asks for them elsewhere, which the macro may not.
#[test]
fn applications_of_the_repository_are_left_to_sam() {
    in_cloud(async |cloud| {
        let mut template = translated(&["packaged"]).await;
        let mut application = json!({"Type": "AWS::Serverless::Application", "Properties": {
            "Location": {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:111122223333:applications/audit",
                         "SemanticVersion": "1.0.0"},
            "Parameters": {"Alias": {"Ref": "Orders.Alias"}, "Text": {"Fn::Sub": "of ${Orders.Alias}"}}}});
        template["Resources"]["Audit"] = application.clone();
        let answer = transformed(cloud, &template).await;
        application["Properties"]["Parameters"] = json!({
            "Alias": {"Ref": "OrdersAliasliveSpillway"}, "Text": {"Fn::Sub": "of ${OrdersAliasliveSpillway}"}});
        assert_eq!(answer["fragment"]["Resources"]["Audit"], application, "{}", answer["errorMessage"]);
        assert_eq!(answer["fragment"]["Resources"]["OrdersAliasliveSpillway"]["Type"], "Custom::SpillwayAlias");
    });
}

/// By a parameter, in the function itself, and in Globals with an exception.
#[test]
fn a_preference_that_is_switched_off_keeps_the_alias() {
    in_cloud(async |cloud| {
        let function = |preference: Value| {
            json!({"Type": "AWS::Serverless::Function", "Properties": {
                "CodeUri": "s3://code/orders.zip", "Handler": "index.handler", "Runtime": "python3.13",
                "AutoPublishAlias": "live", "DeploymentPreference": preference}})
        };
        let resources = |orders: Value, hooks: Value| {
            json!({
                "Globals": {"Function": {"DeploymentPreference": {
                    "Type": "Linear10PercentEvery1Minute", "Alarms": ["errors"], "Hooks": hooks}}},
                "Resources": {
                    "Orders": function(json!({"Enabled": orders, "Hooks": {"PostTraffic": {"Ref": "Check"}}})),
                    "Check": function(json!({"Enabled": false})),
                },
            })
        };
        let hooks = || json!({"PreTraffic": {"Ref": "Check"}});
        let of = async |enabled: Value, parameters: Value| {
            let answer = transformed_with(cloud, &resources(enabled, hooks()), &parameters).await;
            assert_eq!(answer["status"], "success", "{answer}");
            let resources = answer["fragment"]["Resources"].clone();
            assert_eq!(resources["CheckAliaslive"]["Type"], "AWS::Lambda::Alias", "a hook is never deployed");
            let (alias, group) = (&resources["OrdersAliasliveSpillway"], &resources["OrdersDeploymentGroupSpillway"]);
            let config = group["Properties"]["DeploymentConfigName"]["Fn::Sub"][1]["ConfigName"].clone();
            let checks = [
                &alias["Properties"]["BeforeAllowTrafficHook"],
                &alias["Properties"]["AfterAllowTrafficHook"],
                &group["Properties"]["AlarmConfiguration"],
            ];
            (config, checks.iter().filter(|check| !check.is_null()).count())
        };
        assert_eq!(of(json!(true), json!({})).await, (json!("Linear10PercentEvery1Minute"), 3));
        assert_eq!(of(json!(false), json!({})).await, (json!("AllAtOnce"), 0));
        let parameter = || json!({"Ref": "Gradual"});
        assert_eq!(of(parameter(), json!({"Gradual": "false"})).await, (json!("AllAtOnce"), 0));
        assert_eq!(of(parameter(), json!({"Gradual": "true"})).await, (json!("Linear10PercentEvery1Minute"), 3));
    });
}

#[test]
fn what_sam_refuses_is_told_in_its_words() {
    in_cloud(async |cloud| {
        let function = |preference: Value| {
            json!({"Type": "AWS::Serverless::Function", "Properties": {
                "CodeUri": "s3://code/orders.zip", "Handler": "index.handler", "Runtime": "python3.13",
                "DeploymentPreference": preference}})
        };
        let resources =
            json!({"Orders": function(json!({"Type": "AllAtOnce"})), "Mail": function(json!({"Hooks": {}}))});
        let answer = transformed(cloud, &json!({"Resources": resources})).await;
        assert_eq!(answer["status"], "failure");
        let words = answer["errorMessage"].as_str().unwrap();
        let begin =
            "Invalid Serverless Application Specification document. Number of errors found: 2. Resource with id [Mail]";
        assert!(words.starts_with(begin) && words.contains("Resource with id [Orders] is invalid."), "{words}");
    });
}

/// What the macro answers to CloudFormation's own event.
pub(super) async fn transformed(cloud: &Cloud, fragment: &Value) -> Value {
    let parameters = json!({"Stage": "dev", "Speed": "CodeDeployDefault.LambdaCanary10Percent30Minutes"});
    transformed_with(cloud, fragment, &parameters).await
}

async fn transformed_with(cloud: &Cloud, fragment: &Value, parameters: &Value) -> Value {
    let event = json!({
        "region": "us-east-1", "accountId": "000000000000", "transformId": "000000000000::Spillway", "requestId": "r-1",
        "fragment": fragment, "params": {}, "templateParameterValues": parameters,
    });
    let name = cloud.function("macro").await;
    let answer = cloud.lambda.invoke().function_name(name).payload(Blob::new(event.to_string())).send().await.unwrap();
    let payload = answer.payload.unwrap();
    assert_eq!(answer.function_error, None, "{}", String::from_utf8_lossy(payload.as_ref()));
    serde_json::from_slice(payload.as_ref()).unwrap()
}

/// The template of SAM, as its translator makes it.
async fn translated(arguments: &[&str]) -> Value {
    let sources = root().join("tests/src");
    let mut translate = scrubbed(tools().await.python());
    translate.arg(sources.join("cloud/translate.py")).arg(sources.join("rewriting/sam.yaml")).args(arguments);
    read(&written("the translation", &translate.output().await.unwrap()))
}

#[test]
fn cfn_lint_has_nothing_to_say_of_a_rewritten_template() {
    block_on(async {
        let tools = tools().await;
        let folder = tempfile::tempdir().unwrap();
        let mut elsewhere = read(SERVERLESS);
        elsewhere["Parameters"]["Hook"] = json!({"Type": "String"});
        let alias = &mut elsewhere["Resources"]["OrdersLambdaFunctionAliasLive"];
        let policy = &mut alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"];
        policy["BeforeAllowTrafficHook"] = json!({"Ref": "Hook"});
        policy["AfterAllowTrafficHook"] = json!("check");
        let templates =
            [("sam", read(SAM)), ("cdk", read(CDK)), ("serverless", read(SERVERLESS)), ("hooks", elsewhere)];
        let paths = templates.map(|(name, template)| {
            let path = folder.path().join(name).with_extension("json");
            fs::write(&path, rewritten(&template).to_string()).unwrap();
            path
        });
        let mut lint = scrubbed(tools.python());
        lint.arg(tools.program("cfn-lint")).args(paths).current_dir(folder.path());
        // Of the originals it says the same: a parameter is used by SAM only, and a dependency is written out twice.
        lint.args(["--ignore-checks", "W2001", "W3005"]);
        assert_eq!(written("cfn-lint", &lint.output().await.unwrap()), "");
    });
}
