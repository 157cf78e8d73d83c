use serde_json::{Value, json};

use super::*;

/// Every member of every operation that is read, with its type: `s`tring, `b`oolean, `i`nteger, `n`umber, `l`ist,
/// `o`bject.
const MEMBERS: &[(Operation, &str)] = &[
    (
        Operation::CreateApplication,
        "applicationName:s computePlatform:s tags:l tags[0]:o tags[0].Key:s tags[0].Value:s",
    ),
    (Operation::GetApplication, "applicationName:s"),
    (Operation::DeleteApplication, "applicationName:s"),
    (Operation::UpdateApplication, "applicationName:s newApplicationName:s"),
    (Operation::BatchGetApplications, "applicationNames:l applicationNames[0]:s"),
    (Operation::BatchGetDeploymentGroups, "applicationName:s deploymentGroupNames:l deploymentGroupNames[0]:s"),
    (Operation::DeleteDeploymentConfig, "deploymentConfigName:s"),
    (Operation::ListTagsForResource, "ResourceArn:s NextToken:s"),
    (Operation::TagResource, "ResourceArn:s Tags:l Tags[0]:o Tags[0].Key:s Tags[0].Value:s"),
    (Operation::UntagResource, "ResourceArn:s TagKeys:l TagKeys[0]:s"),
    (Operation::ListApplications, "nextToken:s"),
    (
        Operation::CreateDeploymentConfig,
        "deploymentConfigName:s computePlatform:s zonalConfig:o zonalConfig.monitorDurationInSeconds:i \
         zonalConfig.firstZoneMonitorDurationInSeconds:i zonalConfig.minimumHealthyHostsPerZone:o \
         zonalConfig.minimumHealthyHostsPerZone.type:s zonalConfig.minimumHealthyHostsPerZone.value:i \
         minimumHealthyHosts:o minimumHealthyHosts.type:s \
         minimumHealthyHosts.value:i trafficRoutingConfig:o trafficRoutingConfig.type:s \
         trafficRoutingConfig.timeBasedCanary:o trafficRoutingConfig.timeBasedCanary.canaryPercentage:i \
         trafficRoutingConfig.timeBasedCanary.canaryInterval:i trafficRoutingConfig.timeBasedLinear:o \
         trafficRoutingConfig.timeBasedLinear.linearPercentage:i trafficRoutingConfig.timeBasedLinear.linearInterval:i",
    ),
    (Operation::GetDeploymentConfig, "deploymentConfigName:s"),
    (Operation::ListDeploymentConfigs, "nextToken:s"),
    (Operation::CreateDeploymentGroup, "deploymentGroupName:s tags:l tags[0].Key:s"),
    (Operation::CreateDeploymentGroup, SETTINGS),
    (Operation::UpdateDeploymentGroup, "currentDeploymentGroupName:s newDeploymentGroupName:s"),
    (Operation::UpdateDeploymentGroup, SETTINGS),
    (Operation::GetDeploymentGroup, "applicationName:s deploymentGroupName:s"),
    (Operation::DeleteDeploymentGroup, "applicationName:s deploymentGroupName:s"),
    (Operation::ListDeploymentGroups, "applicationName:s nextToken:s"),
    (
        Operation::CreateDeployment,
        "applicationName:s deploymentGroupName:s revision:o revision.revisionType:s revision.s3Location:o revision.s3Location.bucket:s \
         revision.s3Location.key:s revision.s3Location.bundleType:s revision.s3Location.version:s \
         revision.s3Location.eTag:s revision.gitHubLocation:o revision.gitHubLocation.repository:s \
         revision.gitHubLocation.commitId:s revision.string:o revision.string.content:s revision.string.sha256:s \
         revision.appSpecContent:o revision.appSpecContent.content:s revision.appSpecContent.sha256:s deploymentConfigName:s description:s deploymentMode:s ignoreApplicationStopFailures:b \
         targetInstances:o autoRollbackConfiguration:o autoRollbackConfiguration.enabled:b \
         autoRollbackConfiguration.events:l autoRollbackConfiguration.events[0]:s updateOutdatedInstancesOnly:b \
         fileExistsBehavior:s ec2DeploymentOptions:o overrideAlarmConfiguration:o overrideAlarmConfiguration.enabled:b \
         overrideAlarmConfiguration.ignorePollAlarmFailure:b overrideAlarmConfiguration.alarms:l \
         overrideAlarmConfiguration.alarms[0]:o overrideAlarmConfiguration.alarms[0].name:s",
    ),
    (Operation::GetApplicationRevision, "applicationName:s"),
    (Operation::GetApplicationRevision, REVISION),
    (Operation::RegisterApplicationRevision, "applicationName:s description:s"),
    (Operation::RegisterApplicationRevision, REVISION),
    (
        Operation::BatchGetApplicationRevisions,
        "applicationName:s revisions:l revisions[0]:o revisions[0].revisionType:s revisions[0].s3Location:o",
    ),
    (
        Operation::ListApplicationRevisions,
        "applicationName:s sortBy:s sortOrder:s s3Bucket:s s3KeyPrefix:s deployed:s nextToken:s",
    ),
    (Operation::GetDeployment, "deploymentId:s"),
    (
        Operation::ListDeployments,
        "applicationName:s deploymentGroupName:s externalId:s includeOnlyStatuses:l includeOnlyStatuses[0]:s \
         createTimeRange:o createTimeRange.start:n createTimeRange.end:n nextToken:s",
    ),
    (Operation::GetDeploymentTarget, "deploymentId:s targetId:s"),
    (Operation::BatchGetDeploymentTargets, "deploymentId:s targetIds:l targetIds[0]:s"),
    (
        Operation::ListDeploymentTargets,
        "deploymentId:s nextToken:s targetFilters:o targetFilters.TargetStatus:l targetFilters.TargetStatus[0]:s",
    ),
    (Operation::StopDeployment, "deploymentId:s autoRollbackEnabled:b"),
    (Operation::PutLifecycleEventHookExecutionStatus, "deploymentId:s lifecycleEventHookExecutionId:s status:s"),
    (Operation::BatchGetDeployments, "deploymentIds:l deploymentIds[0]:s"),
    (Operation::ContinueDeployment, "deploymentId:s deploymentWaitType:s"),
    (Operation::SkipWaitTimeForInstanceTermination, "deploymentId:s"),
    (Operation::GetDeploymentInstance, "deploymentId:s instanceId:s"),
    (Operation::BatchGetDeploymentInstances, "deploymentId:s instanceIds:l instanceIds[0]:s"),
    (
        Operation::ListDeploymentInstances,
        "deploymentId:s nextToken:s instanceStatusFilter:l instanceStatusFilter[0]:s instanceTypeFilter:l \
         instanceTypeFilter[0]:s",
    ),
    (Operation::RegisterOnPremisesInstance, "instanceName:s iamSessionArn:s iamUserArn:s"),
    (Operation::DeregisterOnPremisesInstance, "instanceName:s"),
    (Operation::GetOnPremisesInstance, "instanceName:s"),
    (Operation::BatchGetOnPremisesInstances, "instanceNames:l instanceNames[0]:s"),
    (
        Operation::ListOnPremisesInstances,
        "registrationStatus:s tagFilters:l tagFilters[0]:o tagFilters[0].Key:s tagFilters[0].Value:s \
         tagFilters[0].Type:s nextToken:s",
    ),
    (Operation::AddTagsToOnPremisesInstances, INSTANCE_TAGS),
    (Operation::RemoveTagsFromOnPremisesInstances, INSTANCE_TAGS),
    (Operation::ListGitHubAccountTokenNames, "nextToken:s"),
    (Operation::DeleteGitHubAccountToken, "tokenName:s"),
    (Operation::DeleteResourcesByExternalId, "externalId:s"),
];

const INSTANCE_TAGS: &str = "tags:l tags[0]:o tags[0].Key:s tags[0].Value:s instanceNames:l instanceNames[0]:s";

const REVISION: &str = "revision:o revision.revisionType:s revision.s3Location:o revision.s3Location.bucket:s \
         revision.s3Location.key:s revision.s3Location.bundleType:s revision.s3Location.version:s \
         revision.s3Location.eTag:s revision.gitHubLocation:o revision.gitHubLocation.repository:s \
         revision.gitHubLocation.commitId:s revision.string:o revision.string.content:s revision.string.sha256:s \
         revision.appSpecContent:o revision.appSpecContent.content:s revision.appSpecContent.sha256:s";

const SETTINGS: &str = "applicationName:s deploymentConfigName:s serviceRoleArn:s triggerConfigurations:l \
    triggerConfigurations[0]:o triggerConfigurations[0].triggerName:s triggerConfigurations[0].triggerTargetArn:s \
    triggerConfigurations[0].triggerEvents:l triggerConfigurations[0].triggerEvents[0]:s alarmConfiguration:o \
    alarmConfiguration.enabled:b alarmConfiguration.ignorePollAlarmFailure:b alarmConfiguration.alarms:l \
    alarmConfiguration.alarms[0]:o alarmConfiguration.alarms[0].name:s autoRollbackConfiguration:o \
    autoRollbackConfiguration.enabled:b autoRollbackConfiguration.events:l autoRollbackConfiguration.events[0]:s \
    deploymentStyle:o deploymentStyle.deploymentType:s deploymentStyle.deploymentOption:s \
    outdatedInstancesStrategy:s terminationHookEnabled:b ec2DeploymentOptions:o \
    ec2DeploymentOptions.autoScalingGroupProcessesToSuspend:l \
    ec2DeploymentOptions.autoScalingGroupProcessesToSuspend[0]:s blueGreenDeploymentConfiguration:o \
    blueGreenDeploymentConfiguration.terminateBlueInstancesOnDeploymentSuccess:o \
    blueGreenDeploymentConfiguration.terminateBlueInstancesOnDeploymentSuccess.action:s \
    blueGreenDeploymentConfiguration.terminateBlueInstancesOnDeploymentSuccess.terminationWaitTimeInMinutes:i \
    blueGreenDeploymentConfiguration.deploymentReadyOption:o \
    blueGreenDeploymentConfiguration.deploymentReadyOption.actionOnTimeout:s \
    blueGreenDeploymentConfiguration.deploymentReadyOption.waitTimeInMinutes:i \
    blueGreenDeploymentConfiguration.greenFleetProvisioningOption:o \
    blueGreenDeploymentConfiguration.greenFleetProvisioningOption.action:s loadBalancerInfo:o \
    loadBalancerInfo.elbInfoList:l loadBalancerInfo.elbInfoList[0]:o loadBalancerInfo.elbInfoList[0].name:s \
    loadBalancerInfo.targetGroupInfoList:l loadBalancerInfo.targetGroupInfoList[0].name:s \
    loadBalancerInfo.targetGroupPairInfoList:l loadBalancerInfo.targetGroupPairInfoList[0]:o \
    loadBalancerInfo.targetGroupPairInfoList[0].targetGroups:l \
    loadBalancerInfo.targetGroupPairInfoList[0].targetGroups[0].name:s \
    loadBalancerInfo.targetGroupPairInfoList[0].prodTrafficRoute:o \
    loadBalancerInfo.targetGroupPairInfoList[0].prodTrafficRoute.listenerArns:l \
    loadBalancerInfo.targetGroupPairInfoList[0].prodTrafficRoute.listenerArns[0]:s \
    loadBalancerInfo.targetGroupPairInfoList[0].testTrafficRoute:o ec2TagFilters:l ec2TagFilters[0]:o \
    ec2TagFilters[0].Key:s ec2TagFilters[0].Value:s ec2TagFilters[0].Type:s ec2TagSet:o ec2TagSet.ec2TagSetList:l \
    ec2TagSet.ec2TagSetList[0]:l ec2TagSet.ec2TagSetList[0][0].Key:s onPremisesInstanceTagFilters:l \
    onPremisesInstanceTagFilters[0].Type:s onPremisesTagSet:o onPremisesTagSet.onPremisesTagSetList:l \
    autoScalingGroups:l autoScalingGroups[0]:s ecsServices:l ecsServices[0]:o ecsServices[0].serviceName:s \
    ecsServices[0].clusterName:s";

fn values() -> [(&'static str, Value); 7] {
    [
        ("s", json!("text")),
        ("b", json!(true)),
        ("i", json!(5)),
        ("n", json!(1.5)),
        ("l", json!([])),
        ("l", json!([true, false, "x", 1])),
        ("o", json!({})),
    ]
}

#[test]
fn a_member_of_the_wrong_type_is_refused_by_its_path() {
    let mut count = 0;
    for (operation, members) in MEMBERS {
        for member in members.split_whitespace() {
            let (path, kind) = member.split_once(':').unwrap();
            for (given, value) in values() {
                if given == kind || (kind == "n" && given == "i") {
                    continue;
                }
                let words = refused(*operation, path, value.clone());
                let start = format!("SerializationException: {path}: invalid ");
                assert!(words.starts_with(&start), "{operation} with {path} = {value}: {words}");
                assert!(!words.contains(" at line "), "{words}");
                count += 1;
            }
        }
    }
    assert!(count > 800, "{count}");
}

#[test]
fn null_is_absence() {
    for (operation, members) in MEMBERS {
        for member in members.split_whitespace() {
            let (path, _) = member.split_once(':').unwrap();
            if path.contains(['.', '[']) {
                continue;
            }
            let mut without = good(*operation);
            without.as_object_mut().unwrap().remove(path);
            let null = with(*operation, path, Value::Null);
            assert_eq!(
                parse(*operation, null.to_string().as_bytes()),
                parse(*operation, without.to_string().as_bytes()),
                "{operation} {path}"
            );
        }
    }
}

#[test]
fn the_words_name_the_type_that_is_wanted() {
    let cases = [
        (
            refused(Operation::StopDeployment, "autoRollbackEnabled", json!("yes")),
            "autoRollbackEnabled: invalid type: string \"yes\", expected a boolean.",
        ),
        (
            refused(Operation::CreateDeploymentGroup, "alarmConfiguration.alarms[2].name", json!(5)),
            "alarmConfiguration.alarms[0]: invalid type: null, expected an object.",
        ),
        (
            refused(Operation::CreateDeploymentGroup, "alarmConfiguration", json!([true, false, []])),
            "alarmConfiguration: invalid type: sequence, expected an object.",
        ),
        (
            refused(Operation::ListDeployments, "createTimeRange.start", json!("soon")),
            "createTimeRange.start: invalid value: string \"soon\", expected seconds since 1970, or a date and time such \
             as 2026-01-31T12:00:00Z.",
        ),
    ];
    for (found, words) in cases {
        assert_eq!(found, format!("SerializationException: {words}"));
    }
}

#[test]
fn a_body_that_is_not_an_object_is_refused_by_every_operation() {
    let large = " ".repeat(crate::codedeploy::http::BODY_BYTES) + "{}";
    let deep = format!("{{\"tags\":{}", "[".repeat(100_000));
    let bodies: [(&[u8], &str); 16] = [
        (b"[]", "The request body: invalid type: sequence, expected an object."),
        (b"[\"shop\"]", "The request body: invalid type: sequence, expected an object."),
        (b"null", "The request body: invalid type: null, expected an object."),
        (b"\"x\"", "The request body: invalid type: string \"x\", expected an object."),
        (b"5", "The request body: invalid type: integer `5`, expected an object."),
        (b"{", "The request body is not JSON: EOF while parsing an object at line 1 column 1."),
        (b"}", "The request body is not JSON: expected value at line 1 column 1."),
        (b"{}{}", "The request body is not JSON: trailing characters at line 1 column 3."),
        (b"{} x", "The request body is not JSON: trailing characters at line 1 column 4."),
        (b"{\"a\":1,}", "The request body is not JSON: trailing comma at line 1 column 8."),
        (b"{\"a\" 1}", "The request body is not JSON: expected `:` at line 1 column 6."),
        (b"{'a':1}", "The request body is not JSON: key must be a string at line 1 column 2."),
        (b"\xbf\x61a", "The request body is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0."),
        (b"{\"a\":\"\xff\"}", "The request body is not UTF-8: invalid utf-8 sequence of 1 bytes from index 6."),
        (large.as_bytes(), "The request body has 1048578 bytes; it may have 1048576."),
        (deep.as_bytes(), "The request body"),
    ];
    for operation in Operation::ALL {
        for (body, words) in bodies {
            // An unknown member is passed over, whatever is in it.
            if let Err(exception) = parse(*operation, body) {
                assert_eq!(exception.name, "SerializationException");
                assert!(exception.message.starts_with(words) || body == deep.as_bytes(), "{operation}: {exception}");
                assert!(exception.message.len() < 600);
            } else {
                panic!("{operation} reads {}", String::from_utf8_lossy(&body[..20.min(body.len())]));
            }
        }
    }
}

#[test]
fn an_empty_body_is_an_empty_object_and_unknown_members_are_passed_over() {
    for operation in Operation::ALL {
        assert_eq!(parse(*operation, b""), parse(*operation, b"{}"));
        assert_eq!(parse(*operation, b" \n"), parse(*operation, b"{}"));
        let plain = good(*operation);
        assert_eq!(
            parse(*operation, with(*operation, "somethingNew", json!([{ "a": 1 }])).to_string().as_bytes()),
            parse(*operation, plain.to_string().as_bytes())
        );
    }
}

#[test]
fn a_member_given_twice_is_refused() {
    let body = br#"{"applicationName":"a","applicationName":"b"}"#;
    assert_eq!(
        parse(Operation::GetApplication, body).unwrap_err().to_string(),
        "SerializationException: The request body: duplicate field `applicationName`."
    );
}
