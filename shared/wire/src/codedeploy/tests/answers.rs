use serde_json::{Value, json};
use spillway_domain::catalog::alarms::AlarmConfiguration;
use spillway_domain::catalog::application::Application;
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::group::{DeploymentGroup, GroupState, LastDeployment, Trigger, TriggerEvent};
use spillway_domain::catalog::page::Page;
use spillway_domain::catalog::revision::{NewRevision, RevisionKind};
use spillway_domain::deployment::error_code::ErrorCode;
use spillway_domain::deployment::lifecycle::{Diagnostics, DiagnosticsCode, EventName, EventStatus};
use spillway_domain::deployment::record::{Deployment, Ending, Error, Status};
use spillway_domain::deployment::request::{DeploymentFilter, HookAnswer};
use spillway_domain::deployment::spec::Creator;
use spillway_domain::deployment::stage::Stage;
use spillway_domain::deployment::target::TargetStatus;
use spillway_domain::names::DeploymentId;
use spillway_domain::percent::Percent;

use super::*;
use crate::testing::{at, context, deployment, invalid_deployment, lock, named};

fn id() -> DeploymentId {
    named("d-75I7MBT7C")
}

/// An application for Lambda.
pub(super) fn application() -> Application {
    Application {
        id: "a-id".to_owned(),
        name: named("shop"),
        platform: ComputePlatform::Lambda,
        home: "shop".to_owned(),
        created_at: at(0),
    }
}

/// Its group.
pub(super) fn group() -> DeploymentGroup {
    DeploymentGroup {
        id: "g-id".to_owned(),
        application_id: "a-id".to_owned(),
        lock: lock(),
        name: named("live"),
        config: named("Steps.5@1m"),
        role: named("arn:aws:iam::111122223333:role/deployer"),
        alarms: AlarmConfiguration {
            enabled: true,
            ignore_poll_alarm_failure: false,
            alarms: vec![named("b"), named("a")],
        },
        rollback: Default::default(),
        triggers: vec![Trigger {
            name: named("all"),
            topic: named("arn:aws:sns:us-east-1:111122223333:news"),
            events: vec![TriggerEvent::DeploymentStop, TriggerEvent::DeploymentStart],
        }],
        environment: Default::default(),
    }
}

/// The canary after it has succeeded.
fn succeeded() -> Deployment {
    let mut deployment = deployment();
    deployment.started_at = Some(at(3_200));
    deployment.stage = Stage::Ended;
    deployment.share = Percent::ALL;
    deployment.note = "Succeeded.".to_owned();
    deployment.updated_at = at(306_700);
    for (n, event) in (0..).zip(&mut deployment.events) {
        event.status = EventStatus::Succeeded;
        event.started_at = Some(at(3_400 + n));
        event.ended_at = Some(at(3_500 + n));
    }
    deployment.ending = Some(Ending {
        status: Status::Succeeded,
        error: None,
        at: at(306_700),
        rolled_back_by: None,
        rollback_message: None,
        followed_by: None,
    });
    deployment
}

#[test]
fn a_deployment_that_succeeded_is_shown_as_codedeploy_shows_it() {
    let mut deployment = succeeded();
    deployment.spec.previous_revision = Some(NewRevision::text(RevisionKind::String, "abc".to_owned()).location);
    let sum = spillway_domain::catalog::revision::sha256("version: 0.0");
    assert_eq!(
        GetDeployment::render(&id(), &deployment.into(), &context()),
        json!({ "deploymentInfo": {
            "applicationName": "shop", "deploymentGroupName": "live",
            "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes", "deploymentId": "d-75I7MBT7C",
            "previousRevision": { "revisionType": "String", "string": {
                "content": null, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            } },
            "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": null, "sha256": sum } },
            "status": "Succeeded",
            "createTime": 1786000000.123, "startTime": 1786000003.2, "completeTime": 1786000306.7,
            "deploymentOverview": {
                "Pending": 0, "InProgress": 0, "Succeeded": 1, "Failed": 0, "Skipped": 0, "Ready": 0,
            },
            "creator": "user", "ignoreApplicationStopFailures": false,
            "autoRollbackConfiguration": { "enabled": true, "events": ["DEPLOYMENT_FAILURE"] },
            "updateOutdatedInstancesOnly": false,
            "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
            "instanceTerminationWaitTimeStarted": false, "fileExistsBehavior": "DISALLOW",
            "deploymentStatusMessages": ["Succeeded."], "additionalDeploymentStatusInfo": "Succeeded.",
            "computePlatform": "Lambda",
        } })
    );
}

#[test]
fn a_deployment_that_runs_says_what_it_waits_for() {
    let info = &GetDeployment::render(&id(), &deployment().into(), &context())["deploymentInfo"];
    assert_eq!(info["status"], "Created");
    assert_eq!(info.get("deploymentOverview"), Some(&Value::Null));
    assert_eq!(info["deploymentStatusMessages"], json!(["Waits for its execution."]));
    for absent in ["completeTime", "startTime", "errorInformation", "rollbackInfo", "description"] {
        assert_eq!(info.get(absent), None, "{absent}");
    }
}

#[test]
fn both_sides_of_a_rollback_name_each_other() {
    let mut failed = succeeded();
    failed.spec.description = Some("the caller's words".to_owned());
    failed.spec.override_alarms = Some(AlarmConfiguration::default());
    failed.events[1].status = EventStatus::Failed;
    failed.events[2].status = EventStatus::Skipped;
    failed.ending = Some(Ending {
        status: Status::Failed,
        error: Some(Error { code: ErrorCode::HookExecutionFailure, message: "no".to_owned() }),
        at: at(1),
        rolled_back_by: Some(named("d-BBBBBBBBB")),
        rollback_message: Some("It is rolled back.".to_owned()),
        followed_by: None,
    });
    let info = &GetDeployment::render(&id(), &failed.into(), &context())["deploymentInfo"];
    assert_eq!(info["errorInformation"], json!({ "code": "HOOK_EXECUTION_FAILURE", "message": "no" }));
    assert_eq!(
        info["rollbackInfo"],
        json!({ "rollbackDeploymentId": "d-BBBBBBBBB", "rollbackMessage": "It is rolled back." })
    );
    assert_eq!(info["deploymentOverview"]["Failed"], 1);
    assert_eq!(info["description"], "the caller's words");
    assert_eq!(
        info["overrideAlarmConfiguration"],
        json!({ "enabled": false, "ignorePollAlarmFailure": false, "alarms": [] })
    );

    let mut rollback = deployment();
    rollback.spec.creator = Creator::Rollback;
    rollback.spec.rolls_back = Some(named("d-AAAAAAAAA"));
    let info = &GetDeployment::render(&id(), &rollback.into(), &context())["deploymentInfo"];
    assert_eq!(info["creator"], "codeDeployRollback");
    assert_eq!(
        info["rollbackInfo"],
        json!({
            "rollbackTriggeringDeploymentId": "d-AAAAAAAAA",
            "rollbackMessage": "Deployment d-75I7MBT7C is triggered to roll back deployment d-AAAAAAAAA.",
        })
    );
}

#[test]
fn a_deployment_without_a_target_counts_none() {
    let mut invalid = invalid_deployment();
    invalid.ending = succeeded().ending;
    let overview = &GetDeployment::render(&id(), &invalid.into(), &context())["deploymentInfo"]["deploymentOverview"];
    assert!(overview.as_object().unwrap().values().all(|count| *count == json!(0)));
}

#[test]
fn a_target_shows_its_events_and_its_share() {
    let mut deployment = deployment();
    deployment.share = Percent::from_whole(10);
    deployment.updated_at = at(5_000);
    deployment.events[0].status = EventStatus::Failed;
    deployment.events[0].started_at = Some(at(3_400));
    deployment.events[0].ended_at = Some(at(4_400));
    deployment.events[0].diagnostics = Some(Diagnostics {
        code: DiagnosticsCode::ScriptFailed,
        script: "pre".to_owned(),
        message: "no".to_owned(),
        log_tail: "END".to_owned(),
    });
    let target = json!({ "deploymentTargetType": "LambdaTarget", "lambdaTarget": {
        "deploymentId": "d-75I7MBT7C", "targetId": "orders:live",
        "targetArn": "arn:aws:lambda:us-east-1:111122223333:function:orders:live",
        "status": "Failed", "lastUpdatedAt": 1786000005.0,
        "lifecycleEvents": [
            { "lifecycleEventName": "BeforeAllowTraffic", "status": "Failed",
              "startTime": 1786000003.4, "endTime": 1786000004.4,
              "diagnostics": { "errorCode": "ScriptFailed", "scriptName": "pre", "message": "no", "logTail": "END" } },
            { "lifecycleEventName": "AllowTraffic", "status": "Pending" },
            { "lifecycleEventName": "AfterAllowTraffic", "status": "Pending" },
        ],
        "lambdaFunctionInfo": {
            "functionName": "orders", "functionAlias": "live", "currentVersion": "1", "targetVersion": "2",
            "targetVersionWeight": 0.1,
        },
    } });
    assert_eq!(
        GetDeploymentTarget::render(&(id(), "orders:live".to_owned()), &[deployment.clone().into()], &context()),
        json!({ "deploymentTarget": target })
    );
    assert_eq!(
        BatchGetDeploymentTargets::render(&(id(), vec!["orders:live".to_owned()]), &[deployment.into()], &context()),
        json!({ "deploymentTargets": [target] })
    );
}

#[test]
fn a_function_given_by_arn_is_in_its_own_place() {
    let mut deployment = deployment();
    if let spillway_domain::deployment::spec::Target::Lambda(target) = &mut deployment.spec.target {
        target.function = named("arn:aws-cn:lambda:cn-north-1:444455556666:function:orders");
    }
    let shown =
        GetDeploymentTarget::render(&(id(), "orders:live".to_owned()), &[deployment.clone().into()], &context());
    let target = &shown["deploymentTarget"]["lambdaTarget"];
    assert_eq!(target["targetArn"], "arn:aws-cn:lambda:cn-north-1:444455556666:function:orders:live");
    assert_eq!(target["lambdaFunctionInfo"]["functionName"], "orders");
}

#[test]
fn the_status_of_a_target_follows_from_its_events() {
    use EventStatus::{Failed, InProgress, Pending, Skipped, Succeeded};
    let cases = [
        ([Pending, Pending, Pending], TargetStatus::Pending),
        ([InProgress, Pending, Pending], TargetStatus::InProgress),
        ([Succeeded, Pending, Pending], TargetStatus::InProgress),
        ([Succeeded, Succeeded, Succeeded], TargetStatus::Succeeded),
        ([Succeeded, Failed, Skipped], TargetStatus::Failed),
        ([Skipped, Skipped, Skipped], TargetStatus::Skipped),
        ([Succeeded, Skipped, Skipped], TargetStatus::Skipped),
    ];
    for (events, status) in cases {
        let mut deployment = deployment();
        for (event, status) in deployment.events.iter_mut().zip(events) {
            event.status = status;
        }
        let shown = GetDeploymentTarget::render(&(id(), "orders:live".to_owned()), &[deployment.into()], &context());
        assert_eq!(shown["deploymentTarget"]["lambdaTarget"]["status"], status.as_str());
    }
}

#[test]
fn a_group_is_shown_with_every_block_that_clients_read() {
    let (application, group) = (application(), group());
    let last = |status, ended_at| LastDeployment { id: named("d-75I7MBT7C"), status, created_at: at(0), ended_at };
    let state = GroupState {
        active: Some(named("d-75I7MBT7C")),
        last_attempted: Some(last(Status::InProgress, None)),
        last_successful: Some(last(Status::Succeeded, Some(at(1_000)))),
        target_revision: Some(deployment().spec.revision.clone()),
    };
    let shown = GetDeploymentGroup::render(
        &(named("shop"), named("live")),
        &(application.clone(), group.clone(), state),
        &context(),
    );
    let sum = spillway_domain::catalog::revision::sha256("version: 0.0");
    assert_eq!(
        shown,
        json!({ "deploymentGroupInfo": {
            "applicationName": "shop", "deploymentGroupId": "g-id", "deploymentGroupName": "live",
            "deploymentConfigName": "Steps.5@1m", "ec2TagFilters": [], "onPremisesInstanceTagFilters": [],
            "autoScalingGroups": [], "serviceRoleArn": "arn:aws:iam::111122223333:role/deployer",
            "triggerConfigurations": [{
                "triggerName": "all", "triggerTargetArn": "arn:aws:sns:us-east-1:111122223333:news",
                "triggerEvents": ["DeploymentStop", "DeploymentStart"],
            }],
            "alarmConfiguration": {
                "enabled": true, "ignorePollAlarmFailure": false, "alarms": [{ "name": "b" }, { "name": "a" }],
            },
            "autoRollbackConfiguration": { "enabled": false, "events": [] },
            "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
            "outdatedInstancesStrategy": "UPDATE",
            "computePlatform": "Lambda", "ecsServices": [], "terminationHookEnabled": false,
            "targetRevision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": null, "sha256": sum } },
            "lastSuccessfulDeployment": {
                "deploymentId": "d-75I7MBT7C", "status": "Succeeded", "createTime": 1786000000.0, "endTime": 1786000001.0,
            },
            "lastAttemptedDeployment": {
                "deploymentId": "d-75I7MBT7C", "status": "InProgress", "createTime": 1786000000.0,
            },
        } })
    );
    let bare = GetDeploymentGroup::render(
        &(named("shop"), named("live")),
        &(application.clone(), group, GroupState::default()),
        &context(),
    );
    for absent in ["targetRevision", "lastSuccessfulDeployment", "lastAttemptedDeployment"] {
        assert_eq!(bare["deploymentGroupInfo"].get(absent), None);
    }
    assert_eq!(
        GetApplication::render(&named("shop"), &application, &context()),
        json!({ "application": {
            "applicationId": "a-id", "applicationName": "shop", "createTime": 1786000000.0, "linkedToGitHub": false,
            "computePlatform": "Lambda",
        } })
    );
}

#[test]
fn pages_lead_from_one_to_the_next() {
    let page = Page { items: vec!["a", "b"], next: Some("b".to_owned()) };
    let next = |answer: &Value| json!({ "nextToken": answer["nextToken"] });
    let answer = ListApplications::render(&None, &page, &context());
    assert_eq!(answer["applications"], json!(["a", "b"]));
    let after = ListApplications::parse(next(&answer).to_string().as_bytes(), &context());
    assert_eq!(after, Ok(Some("b".to_owned())));
    let foreign = ListDeploymentConfigs::parse(next(&answer).to_string().as_bytes(), &context());
    assert_eq!(foreign.unwrap_err().name, "InvalidNextTokenException");

    let answer = ListDeploymentConfigs::render(&None, &page, &context());
    assert_eq!(answer["deploymentConfigsList"], json!(["a", "b"]));
    assert!(ListDeploymentConfigs::parse(next(&answer).to_string().as_bytes(), &context()).is_ok());

    let answer = ListDeploymentGroups::render(&(named("shop"), None), &page, &context());
    assert_eq!((&answer["applicationName"], &answer["deploymentGroups"]), (&json!("shop"), &json!(["a", "b"])));
    let mut request = next(&answer);
    request["applicationName"] = json!("shop");
    assert!(ListDeploymentGroups::parse(request.to_string().as_bytes(), &context()).is_ok());
    request["applicationName"] = json!("other");
    assert!(ListDeploymentGroups::parse(request.to_string().as_bytes(), &context()).is_err());

    let mut request = json!({ "includeOnlyStatuses": ["Failed"], "createTimeRange": { "start": 1.5 } });
    let (filter, _) = ListDeployments::parse(request.to_string().as_bytes(), &context()).unwrap();
    let answer = ListDeployments::render(&(filter.clone(), None), &page, &context());
    assert_eq!(answer["deployments"], json!(["a", "b"]));
    request["nextToken"] = answer["nextToken"].clone();
    assert_eq!(ListDeployments::parse(request.to_string().as_bytes(), &context()), Ok((filter, Some("b".to_owned()))));
    request["createTimeRange"] = json!({ "start": 2.5 });
    assert!(ListDeployments::parse(request.to_string().as_bytes(), &context()).is_err());

    let last: Page<String> = Page { items: Vec::new(), next: None };
    assert_eq!(ListApplications::render(&None, &last, &context()), json!({ "applications": [] }));
    assert_eq!(
        ListDeployments::render(&(DeploymentFilter::default(), None), &last, &context()),
        json!({ "deployments": [] })
    );
}

#[test]
fn short_answers_are_as_codedeploy_gives_them() {
    for (answer, expected) in [
        (
            PutLifecycleEventHookExecutionStatus::render(
                &HookAnswer {
                    deployment: id(),
                    event: EventName::BeforeAllowTraffic,
                    execution: named("x"),
                    succeeded: true,
                },
                &(),
                &context(),
            ),
            json!({ "lifecycleEventHookExecutionId": "x" }),
        ),
        (
            DeleteDeploymentGroup::render(&(named("shop"), named("live")), &Vec::new(), &context()),
            json!({ "hooksNotCleanedUp": [] }),
        ),
        (
            StopDeployment::render(&(id(), None), &succeeded(), &context()),
            json!({
                "status": "Succeeded",
                "statusMessage": "No more commands will be scheduled for execution in the deployment instances",
            }),
        ),
        (
            StopDeployment::render(&(id(), None), &deployment(), &context()),
            json!({
                "status": "Pending",
                "statusMessage": "The deployment is being stopped. All traffic goes to version 1. GetDeployment says when \
                                  it has ended.",
            }),
        ),
    ] {
        assert_eq!(answer, expected);
    }
}
