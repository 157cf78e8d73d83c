use serde_json::{Value, json};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::group::{GroupChange, GroupSettings, NewGroup, Trigger, TriggerEvent};
use spillway_domain::catalog::rollback::{AutoRollback, AutoRollbackEvent};

use super::*;
use crate::testing::named;

const BOTH: [Operation; 2] = [Operation::CreateDeploymentGroup, Operation::UpdateDeploymentGroup];
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:news";

fn trigger(n: usize) -> Value {
    json!({
        "triggerName": format!("t{n}"), "triggerTargetArn": format!("{TOPIC}{n}"), "triggerEvents": ["DeploymentStart"],
    })
}

#[test]
fn a_group_of_few_words_has_no_settings_of_its_own() {
    let body = good(Operation::CreateDeploymentGroup).to_string();
    assert_eq!(
        CreateDeploymentGroup::parse(body.as_bytes(), &context()),
        Ok(NewGroup {
            application: named("shop"),
            name: named("live"),
            role: named("arn:aws:iam::111122223333:role/deployer"),
            settings: GroupSettings::default(),
            tags: Vec::new(),
        })
    );
}

#[test]
fn a_group_for_lambda_may_say_everything() {
    let settings = json!({
        "applicationName": "shop", "deploymentGroupName": "live", "currentDeploymentGroupName": "live",
        "newDeploymentGroupName": "new", "deploymentConfigName": "Steps.5@1m",
        "serviceRoleArn": "arn:aws:iam::111122223333:role/path/deployer",
        "triggerConfigurations": [{
            "triggerName": "all", "triggerTargetArn": TOPIC,
            "triggerEvents": ["DeploymentStart", "DeploymentRollback", "InstanceReady", "DeploymentStart"],
        }],
        "alarmConfiguration": { "enabled": true, "ignorePollAlarmFailure": true, "alarms": [{ "name": "too many errors" }] },
        "autoRollbackConfiguration": {
            "enabled": true,
            "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_FAILURE"],
        },
    });
    let alarms =
        AlarmConfiguration { enabled: true, ignore_poll_alarm_failure: true, alarms: vec![named("too many errors")] };
    let rollback = AutoRollback {
        enabled: true,
        events: vec![
            AutoRollbackEvent::DeploymentFailure,
            AutoRollbackEvent::DeploymentStopOnAlarm,
            AutoRollbackEvent::DeploymentStopOnRequest,
        ],
    };
    let triggers = vec![Trigger {
        name: named("all"),
        topic: named(TOPIC),
        events: vec![TriggerEvent::DeploymentStart, TriggerEvent::DeploymentRollback, TriggerEvent::InstanceReady],
    }];
    let body = settings.to_string();
    let settings = GroupSettings {
        config: Some(named("Steps.5@1m")),
        alarms: Some(alarms),
        rollback: Some(rollback),
        triggers: Some(triggers),
        ..GroupSettings::default()
    };
    let created = CreateDeploymentGroup::parse(body.as_bytes(), &context()).map(|group| group.settings);
    assert_eq!(created, Ok(settings.clone()));
    assert_eq!(
        UpdateDeploymentGroup::parse(body.as_bytes(), &context()),
        Ok(GroupChange {
            application: named("shop"),
            group: named("live"),
            name: Some(named("new")),
            role: Some(named("arn:aws:iam::111122223333:role/path/deployer")),
            settings,
        })
    );
}

#[test]
fn an_update_keeps_what_is_absent_and_takes_away_what_is_empty() {
    let read = |request: Value| UpdateDeploymentGroup::parse(request.to_string().as_bytes(), &context()).unwrap();
    let nothing = read(good(Operation::UpdateDeploymentGroup));
    assert_eq!((nothing.name, nothing.role, nothing.settings), (None, None, GroupSettings::default()));
    let mut request = good(Operation::UpdateDeploymentGroup);
    request["triggerConfigurations"] = json!([]);
    request["alarmConfiguration"] = json!({ "enabled": false, "alarms": [{ "name": "kept" }] });
    request["autoRollbackConfiguration"] = json!({ "enabled": false });
    let emptied = read(request).settings;
    assert_eq!(emptied.triggers, Some(Vec::new()));
    assert_eq!(emptied.rollback, Some(AutoRollback::default()));
    assert_eq!(emptied.alarms.map(|alarms| (alarms.enabled, alarms.alarms)), Some((false, vec![named("kept")])));
}

#[test]
fn a_style_is_whole_and_known() {
    let half = "Deployment type or deployment option cannot be null or empty";
    let cases = [
        (json!({}), half),
        (json!({ "deploymentType": "BLUE_GREEN" }), half),
        (json!({ "deploymentType": "", "deploymentOption": "WITH_TRAFFIC_CONTROL" }), half),
        (
            json!({ "deploymentType": "BLUE_GREEN", "deploymentOption": "SOME" }),
            "Deployment option can only be WITH_TRAFFIC_CONTROL or WITHOUT_TRAFFIC_CONTROL",
        ),
        (
            json!({ "deploymentType": "GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" }),
            "Deployment type can only be IN_PLACE or BLUE_GREEN; 'GREEN' was given.",
        ),
    ];
    for operation in BOTH {
        for (style, words) in &cases {
            assert_eq!(
                refused(operation, "deploymentStyle", style.clone()),
                format!("InvalidDeploymentStyleException: {words}")
            );
        }
        assert_eq!(
            refused(operation, "outdatedInstancesStrategy", json!("KEEP")),
            "InvalidInputException: outdatedInstancesStrategy 'KEEP' is not valid. Valid values are [UPDATE, IGNORE]"
        );
    }
}

#[test]
fn a_role_is_the_arn_of_a_role() {
    for operation in BOTH {
        for bad in ["", "deployer", "arn:aws:iam::1:user/x", "arn:aws:iam::1:role/", "arn:aws:sts::1:role/x"] {
            assert_eq!(
                refused(operation, "serviceRoleArn", json!(bad)),
                format!(
                    "InvalidRoleException: serviceRoleArn: role ARN '{bad}' is not valid: \
                     arn:<partition>:iam::<account>:role/<name>"
                )
            );
        }
    }
}

#[test]
fn triggers_have_their_rules() {
    let limit = "TriggerTargetsLimitExceededException: Deployment Groups cannot contain more than 10 TriggerTargets.";
    let invalid = |words: &str| format!("InvalidTriggerConfigException: {words}");
    let changed = |member: &str, value: Value| {
        let mut trigger = trigger(0);
        trigger[member] = value;
        json!([trigger])
    };
    let same_name =
        json!([trigger(1), { "triggerName": "t1", "triggerTargetArn": TOPIC, "triggerEvents": ["DeploymentStop"] }]);
    let mut same_topic = json!([trigger(1), trigger(2)]);
    same_topic[1]["triggerTargetArn"] = same_topic[0]["triggerTargetArn"].clone();
    let cases = [
        ((0..11).map(trigger).collect(), limit.to_owned()),
        (same_name, invalid("Duplicate Trigger target name detected")),
        (same_topic, invalid("Duplicate Trigger target arn detected")),
        (
            changed("triggerName", Value::Null),
            invalid("triggerConfigurations[0].triggerName is required and was not given."),
        ),
        (
            changed("triggerName", json!("")),
            invalid(
                "triggerConfigurations[0].triggerName: trigger name '' is not valid: 1 to 100 letters, digits or any of . \
                 _ + = , @ -",
            ),
        ),
        (
            changed("triggerTargetArn", Value::Null),
            invalid("triggerConfigurations[0].triggerTargetArn is required and was not given."),
        ),
        (
            changed("triggerTargetArn", json!("notified")),
            invalid(
                "triggerConfigurations[0].triggerTargetArn: topic ARN 'notified' is not valid: \
                 arn:<partition>:sns:<region>:<account>:<topic>",
            ),
        ),
        (
            changed("triggerTargetArn", json!("arn:aws:sns:eu-west-1:111122223333:notified")),
            invalid(
                "Topic ARN arn:aws:sns:eu-west-1:111122223333:notified is not valid: it is in Region eu-west-1 of partition aws, \
                 and the deployment group is in us-east-1 of aws. Name a topic in the deployment group's Region.",
            ),
        ),
        (
            changed("triggerTargetArn", json!("arn:aws-cn:sns:us-east-1:111122223333:notified")),
            invalid(
                "Topic ARN arn:aws-cn:sns:us-east-1:111122223333:notified is not valid: it is in Region us-east-1 of partition \
                 aws-cn, and the deployment group is in us-east-1 of aws. Name a topic in the deployment group's Region.",
            ),
        ),
        (
            changed("triggerEvents", json!([])),
            invalid("triggerConfigurations[0].triggerEvents is required and was not given."),
        ),
        (
            changed("triggerEvents", json!(["DeploymentStarted"])),
            invalid(
                "triggerConfigurations[0].triggerEvents: 'DeploymentStarted' is not an event. Valid values are \
                 [DeploymentStart, DeploymentSuccess, DeploymentFailure, DeploymentStop, DeploymentRollback, \
                 DeploymentReady, InstanceStart, InstanceSuccess, InstanceFailure, InstanceReady]",
            ),
        ),
    ];
    for operation in BOTH {
        for (triggers, words) in &cases {
            assert_eq!(refused(operation, "triggerConfigurations", triggers.clone()), *words);
        }
        let ten = with(operation, "triggerConfigurations", (0..10).map(trigger).collect());
        assert!(parse(operation, ten.to_string().as_bytes()).is_ok());
    }
}

#[test]
fn alarms_and_rollback_have_their_rules_for_groups_and_deployments() {
    let alarms = |count: usize| -> Value { (0..count).map(|n| json!({ "name": n.to_string() })).collect() };
    let alarm_cases = [
        (
            json!({ "enabled": true }),
            "InvalidAlarmConfigException: Deployment Groups need to have at least one alarms attached if they are \
             monitored.",
        ),
        (
            json!({ "enabled": true, "alarms": [] }),
            "InvalidAlarmConfigException: Deployment Groups need to have at least one alarms attached if they are \
             monitored.",
        ),
        (
            json!({ "alarms": alarms(51) }),
            "AlarmsLimitExceededException: Deployment Groups cannot contain more than 50 alarms; 51 were given.",
        ),
        (json!({ "alarms": [{}] }), "InvalidAlarmConfigException: alarms[0].name is required and was not given."),
        (
            json!({ "alarms": [{ "name": "" }] }),
            "InvalidAlarmConfigException: alarms[0].name: alarm name '' is not valid: 1 to 255 characters",
        ),
        (
            json!({ "alarms": [{ "name": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:too many: errors" }] }),
            "InvalidAlarmConfigException: alarms[0].name: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:too many: \
             errors' is an ARN; give the name alone: too many: errors",
        ),
        (
            json!({ "alarms": [{ "name": "a" }, { "name": "b" }, { "name": "a" }] }),
            "InvalidAlarmConfigException: alarms[2].name: the alarm 'a' is listed twice; list it once.",
        ),
    ];
    let rollback_cases = [
        (
            json!({ "enabled": true }),
            "InvalidAutoRollbackConfigException: Deployment Groups need to have at least one event specified when auto \
             rollback is enabled",
        ),
        (
            json!({ "enabled": false, "events": ["DEPLOYMENT_FAILURE", "DeploymentFailure"] }),
            "InvalidAutoRollbackConfigException: events[1]: 'DeploymentFailure' is not an event of automatic rollback. \
             Valid values are [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM, DEPLOYMENT_STOP_ON_REQUEST]",
        ),
    ];
    for (operation, member) in [
        (Operation::CreateDeploymentGroup, "alarmConfiguration"),
        (Operation::UpdateDeploymentGroup, "alarmConfiguration"),
        (Operation::CreateDeployment, "overrideAlarmConfiguration"),
    ] {
        for (block, words) in &alarm_cases {
            assert_eq!(refused(operation, member, block.clone()), *words);
        }
        for (block, words) in &rollback_cases {
            assert_eq!(refused(operation, "autoRollbackConfiguration", block.clone()), *words);
        }
        let most = with(operation, member, json!({ "enabled": true, "alarms": alarms(50) }));
        assert!(parse(operation, most.to_string().as_bytes()).is_ok());
    }
}
