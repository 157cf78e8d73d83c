//! Hosts of a deployment, as they are shown: as targets, and as instances.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spillway_domain::catalog::config::ComputePlatform;
use spillway_domain::catalog::page::Page;
use spillway_domain::deployment::target::{CountedDeployment, LabelMember, TargetStatus};
use spillway_domain::names::DeploymentId;
use spillway_domain::rejection::TargetRejection;
use spillway_domain::server::diagnostics::{HostDiagnostics, HostErrorCode};
use spillway_domain::server::event::HostEvent;
use spillway_domain::server::host::{Host, Principal, Standing};
use spillway_domain::server::status::HostTarget;
use spillway_domain::server::work::HostWork;

use super::rejections::check;
use super::*;
use crate::testing::{at, context, deployment, named};

const ARN: &str = "arn:aws:ec2:us-west-2:111122223333:instance/i-0abc";

fn id() -> DeploymentId {
    named("d-75I7MBT7C")
}

/// A host whose download has succeeded and whose installation has failed.
fn failed(name: &str, arn: &str) -> HostTarget {
    let host = Host {
        id: named(name),
        arn: arn.to_owned(),
        identifier: named(ARN),
        principal: Principal::InstanceProfile { roles: vec!["web".to_owned()] },
        zone: None,
        auto_scaling_group: None,
        standing: Standing::Old,
        seen_at: None,
        stopped_at: None,
        was_launched: false,
        had_traffic: false,
    };
    let events = [HostEvent::DownloadBundle, HostEvent::Install, HostEvent::AfterInstall];
    let mut work = HostWork::new(host, 0, &events, false, at(0));
    let success = HostDiagnostics::new(HostErrorCode::Success, "", "Succeeded", "");
    let failure = HostDiagnostics::new(HostErrorCode::ScriptFailed, "check.sh", "exit code 7", "[stderr]no\n");
    let mut diagnostics = BTreeMap::new();
    for (number, is_success, said) in [(1, true, success), (2, false, failure)] {
        let command = work.command().unwrap();
        work.acknowledge(command, at(number * 1_000));
        let ended = work.complete(command, is_success, said, at(number * 1_000 + 500)).unwrap();
        diagnostics.insert(ended.event, ended.diagnostics);
    }
    HostTarget { deployment: id(), has_ended: false, side: None, status: TargetStatus::Failed, work, diagnostics }
}

fn lifecycle_events() -> Value {
    json!([
        { "lifecycleEventName": "DownloadBundle", "status": "Succeeded",
          "startTime": 1786000001.0, "endTime": 1786000001.5,
          "diagnostics": { "errorCode": "Success", "scriptName": "", "message": "Succeeded", "logTail": "" } },
        { "lifecycleEventName": "Install", "status": "Failed", "startTime": 1786000002.0, "endTime": 1786000002.5,
          "diagnostics": {
              "errorCode": "ScriptFailed", "scriptName": "check.sh", "message": "exit code 7", "logTail": "[stderr]no\n",
          } },
        { "lifecycleEventName": "AfterInstall", "status": "Skipped" },
    ])
}

#[test]
fn a_host_is_a_target_with_the_diagnostics_of_its_events() {
    let request = (id(), "i-0abc".to_owned());
    assert_eq!(
        GetDeploymentTarget::render(&request, &[failed("i-0abc", ARN).into()], &context()),
        json!({ "deploymentTarget": { "deploymentTargetType": "InstanceTarget", "instanceTarget": {
            "deploymentId": "d-75I7MBT7C", "targetId": "i-0abc", "targetArn": ARN, "status": "Failed",
            "lastUpdatedAt": 1786000002.5, "lifecycleEvents": lifecycle_events(), "instanceLabel": "Blue",
        } } })
    );
}

#[test]
fn an_instance_is_known_by_its_arn() {
    let request = (id(), "i-0abc".to_owned());
    assert_eq!(
        GetDeploymentInstance::render(&request, &failed("i-0abc", ARN), &context()),
        json!({ "instanceSummary": {
            "deploymentId": "d-75I7MBT7C", "instanceId": ARN, "status": "Failed", "lastUpdatedAt": 1786000002.5,
            "lifecycleEvents": lifecycle_events(), "instanceType": "Blue",
        } })
    );
    let box_1 = failed("box-1", "box-1");
    let shown = GetDeploymentInstance::render(&(id(), "box-1".to_owned()), &box_1, &context());
    let arn = "arn:aws:codedeploy:us-east-1:111122223333:instance/box-1";
    assert_eq!(shown["instanceSummary"]["instanceId"], arn);
    let shown = GetDeploymentTarget::render(&(id(), "box-1".to_owned()), &[box_1.into()], &context());
    assert_eq!(shown["deploymentTarget"]["instanceTarget"]["targetArn"], arn);
}

#[test]
fn what_is_no_instance_is_named_beside_those_that_are() {
    let request = (id(), vec!["i-0abc".to_owned(), "i-1".to_owned(), "x:y".to_owned()]);
    let found = (vec![failed("i-0abc", ARN)], vec!["x:y".to_owned(), "i-1".to_owned()]);
    let shown = BatchGetDeploymentInstances::render(&request, &found, &context());
    assert_eq!(shown["instancesSummary"].as_array().unwrap().len(), 1);
    assert_eq!(shown["errorMessage"], "Not instances of deployment d-75I7MBT7C: x:y, i-1");
    let all = BatchGetDeploymentInstances::render(&request, &(found.0, Vec::new()), &context());
    assert_eq!(all.get("errorMessage"), None);
}

#[test]
fn a_page_goes_on_where_the_one_before_ended_and_only_for_the_same_filter() {
    let first = with(Operation::ListDeploymentTargets, "targetFilters", json!({ "TargetStatus": ["Failed"] }));
    let request = ListDeploymentTargets::parse(first.to_string().as_bytes(), &context()).unwrap();
    let page = Page { items: vec!["i-0abc".to_owned()], next: Some("99".to_owned()) };
    let shown = ListDeploymentTargets::render(&request, &page, &context());
    assert_eq!(shown["targetIds"], json!(["i-0abc"]));
    let mut next = first.clone();
    next["nextToken"] = shown["nextToken"].clone();
    let (_, _, after) = ListDeploymentTargets::parse(next.to_string().as_bytes(), &context()).unwrap();
    assert_eq!(after.as_deref(), Some("99"));
    next["targetFilters"]["TargetStatus"] = json!(["Succeeded"]);
    assert!(refusal(Operation::ListDeploymentTargets, &next).starts_with("InvalidNextTokenException"));
    let other = with(Operation::ListDeploymentInstances, "nextToken", shown["nextToken"].clone());
    assert!(refusal(Operation::ListDeploymentInstances, &other).starts_with("InvalidNextTokenException"));
}

#[test]
fn the_hosts_of_a_fleet_are_counted_while_it_is_deployed_to() {
    let mut deployment = deployment();
    deployment.spec.platform = ComputePlatform::Server;
    let statuses = [TargetStatus::Pending, TargetStatus::Failed, TargetStatus::Pending, TargetStatus::Unknown];
    let counted = CountedDeployment { deployment, counts: statuses.into_iter().collect() };
    assert_eq!(
        GetDeployment::render(&id(), &counted, &context())["deploymentInfo"]["deploymentOverview"],
        json!({ "Pending": 2, "InProgress": 0, "Succeeded": 0, "Failed": 1, "Skipped": 0, "Ready": 0 })
    );
}

#[test]
fn every_rejection_about_a_host_has_its_exception_and_words() {
    let label = |member, platform| TargetRejection::NoLabels { member, deployment: id(), platform };
    check(&[
        (
            TargetRejection::Malformed { asked: "a:b".to_owned(), platform: ComputePlatform::Server },
            "InvalidDeploymentTargetIdException: Invalid id a:b for Server deployment, valid Id should be in format \
             <instance-id>, or <instance-name> for an on-premises instance",
        ),
        (
            TargetRejection::NoHost { deployment: id(), asked: "i-1".to_owned() },
            "DeploymentTargetDoesNotExistException: 'i-1' is not a target of deployment d-75I7MBT7C. \
             ListDeploymentTargets lists its targets.",
        ),
        (
            TargetRejection::NoInstance { deployment: id(), asked: "i-1".to_owned() },
            "InstanceDoesNotExistException: 'i-1' is not an instance of deployment d-75I7MBT7C. \
             ListDeploymentInstances lists its instances.",
        ),
        (
            TargetRejection::TooManyHosts { asked: 26, most: 25 },
            "DeploymentTargetListSizeExceededException: targetIds: there may be 25; 26 were given.",
        ),
        (
            TargetRejection::NotSelected(id()),
            "DeploymentNotStartedException: The deployment d-75I7MBT7C has not started: its hosts are still to be \
             selected. Try again in a moment.",
        ),
        (
            label(LabelMember::ServerInstanceLabel, ComputePlatform::Lambda),
            "InvalidDeploymentInstanceTypeException: targetFilters.ServerInstanceLabel is for Server deployments only; \
             leave it out.",
        ),
        (
            label(LabelMember::InstanceTypeFilter, ComputePlatform::Ecs),
            "InvalidDeploymentInstanceTypeException: instanceTypeFilter is for Server deployments only; leave it out.",
        ),
        (
            label(LabelMember::InstanceTypeFilter, ComputePlatform::Server),
            "InvalidDeploymentInstanceTypeException: instanceTypeFilter is for blue/green deployments only, and \
             deployment d-75I7MBT7C is in place; leave it out.",
        ),
    ]);
}
