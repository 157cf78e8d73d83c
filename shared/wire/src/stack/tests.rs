use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::quotas::Quotas;
use spillway_domain::rejection::GroupRejection;
use spillway_domain::stack::resource::{AliasSettings, DesiredResource, Outcome, StackRequest};

use super::{answer, asked, broken, parse, refusal, reply, take_up};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b2c3d-0000-1111-2222-333344445555";

fn event(kind: &str, properties: Value) -> Value {
    json!({
        "RequestType": "Create",
        "ResponseURL": "https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/x?Signature=y",
        "StackId": STACK,
        "RequestId": "request-1",
        "ResourceType": kind,
        "LogicalResourceId": "OrdersAlias",
        "ResourceProperties": properties,
    })
}

fn read(event: &Value) -> Result<StackRequest, String> {
    parse(event, Timestamp::UNIX_EPOCH, &Quotas::default())
}

fn desired(kind: &str, properties: Value) -> Result<DesiredResource, String> {
    read(&event(kind, properties)).map(|request| request.desired)
}

fn alias() -> Value {
    json!({
        "ServiceToken": "arn:aws:lambda:eu-west-1:111122223333:function:custom-resource",
        "FunctionName": "orders", "Name": "live", "FunctionVersion": "7",
        "ApplicationName": "shop", "DeploymentGroupName": "orders",
        "BeforeAllowTrafficHook": "pre", "AfterAllowTrafficHook": "post",
        "Description": "What customers get.",
        "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": "5"},
    })
}

fn with(mut value: Value, key: &str, given: Value) -> Value {
    value[key] = given;
    value
}

#[test]
fn an_alias_is_read_with_texts_for_numbers_and_booleans() {
    let Ok(DesiredResource::Alias(desired)) =
        desired("Custom::SpillwayAlias", with(alias(), "WaitForCompletion", json!("false")))
    else {
        panic!("an alias");
    };
    assert_eq!(desired.arn, "arn:aws:lambda:eu-west-1:111122223333:function:orders:live");
    assert_eq!(desired.version.to_string(), "7");
    assert_eq!(desired.before.as_ref().map(|hook| hook.as_str()), Some("pre"));
    assert_eq!(desired.settings.provisioned_concurrency, Some(5));
    assert!(!desired.waits && !desired.adopts && !desired.more_waiting);
    assert_eq!(desired.old_settings, None);
}

#[test]
fn an_update_says_what_the_settings_were() {
    let event = with(event("Custom::SpillwayAlias", alias()), "OldResourceProperties", json!({"Description": "Old."}));
    let DesiredResource::Alias(desired) = read(&event).unwrap().desired else { panic!("an alias") };
    let old = AliasSettings { description: Some("Old.".to_owned()), provisioned_concurrency: None };
    assert_eq!(desired.old_settings, Some(old));
}

#[test]
fn what_is_wrong_with_a_template_is_said_with_its_place() {
    let refused = |kind: &str, properties: Value| desired(kind, properties).unwrap_err();
    let rows = [
        (
            refused("Custom::SpillwayAlias", with(alias(), "FunctionVersion", json!("$LATEST"))),
            "Custom::SpillwayAlias: FunctionVersion: ",
        ),
        (
            refused("Custom::SpillwayAlias", with(alias(), "Name", Value::Null)),
            "Custom::SpillwayAlias: Name is required and was not given.",
        ),
        (
            refused("Custom::SpillwayAlias", with(alias(), "FunctionVersoin", json!("1"))),
            "Custom::SpillwayAlias has no property FunctionVersoin. It has FunctionName, Name, FunctionVersion,",
        ),
        (
            refused("Custom::SpillwayAlias", with(alias(), "Adopt", json!("perhaps"))),
            "Custom::SpillwayAlias: Adopt is not true or false.",
        ),
        (
            refused("Custom::SpillwayAlias", with(alias(), "Name", json!(["live"]))),
            "Custom::SpillwayAlias: Name is not a text.",
        ),
        (
            refused("Custom::SpillwayAlias", with(alias(), "ProvisionedConcurrencyConfig", json!("5"))),
            "Custom::SpillwayAlias: ProvisionedConcurrencyConfig is not an object.",
        ),
        (
            refused(
                "Custom::SpillwayAlias",
                with(alias(), "ProvisionedConcurrencyConfig", json!({"ProvisionedConcurrentExecutions": "many"})),
            ),
            "Custom::SpillwayAlias: ProvisionedConcurrencyConfig: ProvisionedConcurrentExecutions is not a number from 0.",
        ),
        (refused("Custom::SpillwayAliaz", json!({})), "Spillway has no resource Custom::SpillwayAliaz. It has "),
        (
            refused("Custom::SpillwayApplication", json!({"ComputePlatform": "Moon"})),
            "InvalidComputePlatformException: ",
        ),
        (
            refused("Custom::SpillwayDeploymentGroup", json!({"ApplicationName": "shop"})),
            "RoleRequiredException: serviceRoleArn is required and was not given.",
        ),
        (
            refused("Custom::SpillwayWait", json!({"DeploymentIds": ["none", "d-1"]})),
            "Custom::SpillwayWait: DeploymentIds: ",
        ),
        (
            refused("Custom::SpillwayWait", json!({"DeploymentIds": "d-75I7MBT7C"})),
            "Custom::SpillwayWait: DeploymentIds is not a list of texts.",
        ),
        (
            refused("Custom::SpillwayWait", json!({})),
            "Custom::SpillwayWait: DeploymentIds is required and was not given.",
        ),
    ];
    for (words, expected) in rows {
        assert!(words.starts_with(expected), "{words}\nis not\n{expected}");
    }
}

#[test]
fn a_group_is_read_as_a_template_spells_it() {
    let properties = json!({
        "ApplicationName": "shop", "DeploymentGroupName": "orders",
        "ServiceRoleArn": "arn:aws:iam::111122223333:role/spillway-shop",
        "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
        "AlarmConfiguration": {"Enabled": "true", "IgnorePollAlarmFailure": "false", "Alarms": [{"Name": "errors"}]},
        "AutoRollbackConfiguration": {"Enabled": "true", "Events": ["DEPLOYMENT_FAILURE"]},
        "TriggerConfigurations": [{
            "TriggerName": "news", "TriggerEvents": ["DeploymentSuccess"],
            "TriggerTargetArn": "arn:aws:sns:eu-west-1:111122223333:news",
        }],
        "BlueGreenDeploymentConfiguration": {
            "DeploymentReadyOption": {"ActionOnTimeout": "STOP_DEPLOYMENT", "WaitTimeInMinutes": "5"},
            "TerminateBlueInstancesOnDeploymentSuccess": {"Action": "TERMINATE", "TerminationWaitTimeInMinutes": "7"},
        },
        "ECSServices": [{"ClusterName": "c", "ServiceName": "s"}],
        "Ec2TagSet": {"Ec2TagSetList": [{"Ec2TagGroup": [{"Key": "k", "Value": "v", "Type": "KEY_AND_VALUE"}]}]},
        "Tags": [{"Key": "team", "Value": "x"}],
    });
    let Ok(DesiredResource::Group(group)) = desired("Custom::SpillwayDeploymentGroup", properties) else {
        panic!("a group")
    };
    assert_eq!(group.name.as_str(), "orders");
    let alarms = group.settings.alarms.unwrap();
    assert!(alarms.enabled && !alarms.ignore_poll_alarm_failure);
    assert_eq!(alarms.alarms[0].as_str(), "errors");
    assert_eq!(group.settings.triggers.unwrap()[0].name.as_str(), "news");
    assert_eq!(group.settings.ec2_tag_set.unwrap()[0].len(), 1);
    assert_eq!(group.settings.ecs_services.unwrap().len(), 1);
    assert!(group.settings.blue_green.is_some());
    assert_eq!(group.tags[0].value, "x");
}

#[test]
fn a_configuration_has_the_numbers_that_templates_have_as_texts() {
    let properties = json!({
        "ComputePlatform": "Lambda",
        "TrafficRoutingConfig": {
            "Type": "TimeBasedCanary", "TimeBasedCanary": {"CanaryPercentage": "5", "CanaryInterval": "3"},
        },
    });
    let Ok(DesiredResource::Config(config)) = desired("Custom::SpillwayDeploymentConfig", properties.clone()) else {
        panic!("a configuration");
    };
    assert_eq!(config.platform, ComputePlatform::Lambda);
    let generated = config.name.as_str();
    assert!(generated.starts_with("shop-OrdersAlias-"), "{generated}");
    let mut other = properties;
    other["TrafficRoutingConfig"]["TimeBasedCanary"]["CanaryPercentage"] = json!("6");
    let Ok(DesiredResource::Config(other)) = desired("Custom::SpillwayDeploymentConfig", other) else {
        panic!("a configuration")
    };
    assert_ne!(other.name.as_str(), generated, "another content has another name");
}

#[test]
fn a_name_that_the_template_does_not_give_is_always_the_same() {
    let made = || match desired("Custom::SpillwayApplication", json!({"ComputePlatform": "Lambda"})) {
        Ok(DesiredResource::Application(desired)) => desired.name.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(made(), made());
    assert!(made().starts_with("shop-OrdersAlias-") && made().len() <= 100);
}

#[test]
fn there_are_five_minutes_of_the_hour_for_the_answer() {
    let by = |properties| read(&event("Custom::SpillwayWait", properties)).unwrap().answer_by;
    let minutes = |n| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(n);
    assert_eq!(by(json!({"DeploymentIds": ["none"]})), minutes(55));
    assert_eq!(by(json!({"DeploymentIds": [], "ServiceTimeout": "720"})), minutes(11));
}

#[test]
fn a_wait_is_for_the_deployments_that_are_new_in_an_update() {
    let ids = |old: Option<Value>| {
        let properties = json!({"DeploymentIds": ["d-AAAAAAAAA", "none", "d-BBBBBBBBB"]});
        let mut event = event("Custom::SpillwayWait", properties);
        if let Some(old) = old {
            event = with(event, "OldResourceProperties", old);
        }
        let DesiredResource::Ended { deployments, .. } = read(&event).unwrap().desired else { panic!("a wait") };
        deployments.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(ids(None), ["d-AAAAAAAAA", "d-BBBBBBBBB"]);
    assert_eq!(ids(Some(json!({"DeploymentIds": ["none", "d-AAAAAAAAA"]}))), ["d-BBBBBBBBB"]);
    assert_eq!(ids(Some(json!({"DeploymentId": "d-AAAAAAAAA"}))), ["d-AAAAAAAAA", "d-BBBBBBBBB"]);
}

#[test]
fn a_deletion_does_not_look_at_the_properties() {
    let event = with(event("Custom::SpillwayAlias", json!({"Name": 7})), "RequestType", json!("Delete"));
    assert_eq!(read(&event).unwrap().desired, DesiredResource::Nothing { unnamed: false });
}

#[test]
fn cloudformation_makes_a_name_up_for_what_it_never_had_an_answer_for() {
    let unnamed = |id: &str| {
        let event = with(event("Custom::SpillwayAlias", alias()), "RequestType", json!("Delete"));
        read(&with(event, "PhysicalResourceId", json!(id))).unwrap().desired
            == DesiredResource::Nothing { unnamed: true }
    };
    assert!(unnamed("shop-OrdersAlias-1A2B3C4D5E6F"));
    let own = match desired("Custom::SpillwayApplication", json!({"ComputePlatform": "Lambda"})) {
        Ok(DesiredResource::Application(desired)) => desired.name.to_string(),
        other => panic!("{other:?}"),
    };
    for name in [own.as_str(), "arn:aws:lambda:eu-west-1:111122223333:function:orders:live", "shop-Other-1A2B3C4D5E6F"]
    {
        assert!(!unnamed(name), "{name}");
    }
}

#[test]
fn a_request_was_made_when_its_url_was_signed() {
    let received = Timestamp::from_second(1_800_000_000).unwrap();
    let asked = |url: &str| {
        let event = with(event("Custom::SpillwayAlias", alias()), "ResponseURL", json!(url));
        let input: Value = serde_json::from_str(&take_up(&event).unwrap().input).unwrap();
        parse(&input["request"], received, &Quotas::default()).unwrap().asked_at.as_second()
    };
    assert_eq!(asked("https://b.s3.amazonaws.com/x?X-Amz-Date=20270115T075000Z&X-Amz-Expires=7200"), 1_799_999_400);
    assert_eq!(asked("https://b.s3.amazonaws.com/x?AWSAccessKeyId=A&Expires=1800006600&Signature=s"), 1_799_999_400);
    assert_eq!(asked("https://b.s3.amazonaws.com/x?X-Amz-Date=20280115T075000Z"), 1_800_000_000, "not later than now");
    assert_eq!(asked("http://127.0.0.1:4600/_ministack/cfn-response/x"), 1_800_000_000);
}

#[test]
fn a_request_is_the_same_one_whenever_it_comes() {
    let names = |event: &Value| (read(event).unwrap().deployment_id(), take_up(event).unwrap().name);
    let request = event("Custom::SpillwayAlias", alias());
    assert_eq!(names(&request), names(&with(request.clone(), "ResponseURL", json!("https://other"))));
    let (deployment, execution) = names(&request);
    let (next_deployment, next_execution) = names(&with(request, "RequestId", json!("request-2")));
    assert_ne!(deployment, next_deployment);
    assert_ne!(execution, next_execution);
}

#[test]
fn what_cannot_be_answered_is_no_request() {
    let event = with(event("Custom::SpillwayAlias", alias()), "ResponseURL", Value::Null);
    assert_eq!(
        take_up(&event).unwrap_err(),
        "This is no request of CloudFormation to a custom resource: ResponseURL is not there."
    );
}

#[test]
fn what_an_execution_is_given_does_not_let_it_answer() {
    let url = "https://b.s3.amazonaws.com/x?X-Amz-Date=20270115T075000Z&X-Amz-Expires=7200&X-Amz-Signature=secret";
    let request = with(event("Custom::SpillwayAlias", alias()), "ResponseURL", json!(url));
    let taken = take_up(&request).unwrap();
    assert_eq!((taken.name.as_str(), taken.response_url.as_str()), (&*asked(&request).unwrap().execution_name(), url));
    assert!(!taken.input.contains("amazonaws") && !taken.input.contains("secret"), "{}", taken.input);
    let mut expected = request.clone();
    expected.as_object_mut().unwrap().remove("ResponseURL");
    let expected = json!({"request": with(expected, "AskedAt", json!("2027-01-15T07:50:00Z"))});
    assert_eq!(serde_json::from_str::<Value>(&taken.input).unwrap(), expected);
    assert_eq!(take_up(&request), Ok(taken), "the same however often it is delivered");
}

#[test]
fn only_a_request_that_was_not_taken_up_says_where_it_is_answered() {
    let request = event("Custom::SpillwayAlias", alias());
    let undelivered = reply(&json!({"requestContext": {}, "requestPayload": request})).unwrap();
    assert_eq!(undelivered.response_url.as_deref(), request["ResponseURL"].as_str());
    let input: Value = serde_json::from_str(&take_up(&request).unwrap().input).unwrap();
    let taken_up = reply(&input).unwrap();
    assert_eq!((taken_up.name, taken_up.response_url), (undelivered.name, None));
}

#[test]
fn an_answer_is_as_cloudformation_takes_it() {
    let asked = asked(&event("Custom::SpillwayAlias", alias())).unwrap();
    let body = answer(&asked, &Outcome::done("the-arn").with("DeploymentId", "none"));
    let expected = json!({
        "Status": "SUCCESS", "PhysicalResourceId": "the-arn", "StackId": STACK, "RequestId": "request-1",
        "LogicalResourceId": "OrdersAlias", "Data": {"DeploymentId": "none"},
    });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    let body = answer(&asked, &Outcome::failed("the-arn", "No."));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["Status"], &body["Reason"]), (&json!("FAILED"), &json!("No.")));
}

#[test]
fn the_longest_reason_fits_into_an_answer() {
    let asked = asked(&event("Custom::SpillwayAlias", alias())).unwrap();
    for words in ["x".repeat(9000), "\u{1}".repeat(9000), "🦀".repeat(9000)] {
        let body = answer(&asked, &Outcome::failed("the-arn", words));
        assert!(body.len() <= 4096, "{}", body.len());
        let reason = serde_json::from_str::<Value>(&body).unwrap()["Reason"].as_str().unwrap().len();
        assert!(reason > 200, "{reason}");
    }
}

#[test]
fn a_breakdown_names_the_resource_as_it_would_have_been() {
    let event = event("Custom::SpillwayAlias", alias());
    let outcome = broken(&event, &asked(&event).unwrap(), "It was stopped.");
    assert_eq!(outcome.physical_id, "arn:aws:lambda:eu-west-1:111122223333:function:orders:live");
    assert_eq!(
        outcome.failure.as_deref(),
        Some(
            "Spillway could not carry out the request. It was stopped. Nothing more is done for this request; try again."
        )
    );
    let unreadable = with(event, "ResourceType", json!("Custom::Other"));
    assert_eq!(broken(&unreadable, &asked(&unreadable).unwrap(), "").physical_id, "OrdersAlias");
}

#[test]
fn a_refusal_has_the_words_of_the_api() {
    let words = refusal(GroupRejection::DoesNotExist("orders".parse().unwrap()).into());
    assert_eq!(words, "DeploymentGroupDoesNotExistException: No Deployment Group found for name: orders");
}
