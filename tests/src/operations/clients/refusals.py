"""Every exception of CodeDeploy's model, raised by class in boto3, or the reason why it cannot be. Says `well` when all is.

In front of it: a Spillway whose quotas are 12 applications, 20 groups of one, and 8 configurations; functions `orders`
and `others` with versions 1 and 2 and an alias `live`; a hook `pre-9` that succeeds; and a path /run that brings all that was begun to its end.
"""

import json
import os
import urllib.request

import boto3
from botocore.config import Config

# What boto3 would refuse by itself is sent all the same.
codedeploy = boto3.client("codedeploy", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))

ROLE = "arn:aws:iam::111122223333:role/deployer"
USER = "arn:aws:iam::111122223333:user/rack"
SESSION = "arn:aws:sts::111122223333:assumed-role/racks/rack"
APPLICATION = "arn:aws:codedeploy:us-east-1:111122223333:application:store"
BLUE_GREEN = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
S3 = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"}}
TAG = {"Key": "team", "Value": "red"}
FILTER = {"Key": "team", "Value": "red", "Type": "KEY_AND_VALUE"}

CANNOT_BE = {
    "DeploymentAlreadyStartedException": "no operation lists it",
    "InvalidInstanceIdException": "no operation lists it",
    "InvalidTargetException": "no operation lists it",
    "InvalidAutoScalingGroupProcessToSuspendException": "no input member names such a process",
    "ThrottlingException": "it is Lambda that throttles, and the proxy that says so",
    "LifecycleHookLimitExceededException": "no lifecycle hook is put on an Auto Scaling group before fleets can be deployed to",
    "DeploymentIsNotInReadyStateException": "no deployment has such a wait before task sets and fleets can be deployed to",
    "InvalidGitHubAccountTokenException": "GitHub revisions are for fleets, which cannot be deployed to yet",
    "InstanceDoesNotExistException": "no deployment has instances before fleets can be deployed to",
    "DeploymentNotStartedException": "a deployment to Lambda has its target from the start",
    "OperationNotSupportedException": "both operations that list it are there",
    "ResourceValidationException": "the one member of the two operations has an exception of its own",
}


def main():
    furnish()
    provoked = {}
    for name, operation, arguments in cases():
        try:
            getattr(codedeploy, operation)(**arguments)
            said = "nothing was refused"
        except getattr(codedeploy.exceptions, name) as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
            assert error.response["ResponseMetadata"]["RequestId"], error
            assert len(error.response["Error"]["Message"]) > 10, error
            provoked[name] = operation
            continue
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        print(f"{name} by {operation} {arguments}: {said}")
    model = codedeploy.meta.service_model
    shapes = {name for name in model.shape_names if model.shape_for(name).metadata.get("exception")}
    left = shapes - set(provoked) - set(CANNOT_BE)
    both = set(provoked) & set(CANNOT_BE)
    foreign = (set(provoked) | set(CANNOT_BE)) - shapes
    assert len(shapes) >= 113, len(shapes)
    print("well" if not left | both | foreign else f"left: {sorted(left)}, both: {sorted(both)}, foreign: {sorted(foreign)}")


def furnish():
    for name, platform in [("store", "Lambda"), ("fleet", "Server"), ("tasks", "ECS")]:
        codedeploy.create_application(applicationName=name, computePlatform=platform)
    group("live")
    group("busy")
    group("done")
    codedeploy.create_deployment_group(**of_fleet())
    codedeploy.create_deployment_group(**of_tasks())
    codedeploy.create_deployment_config(
        deploymentConfigName="taken", minimumHealthyHosts={"type": "HOST_COUNT", "value": 1}
    )
    codedeploy.update_deployment_group(
        applicationName="fleet", currentDeploymentGroupName="hosts", deploymentConfigName="taken"
    )
    for name, arn in [("rack", {"iamUserArn": USER}), ("ship", {"iamSessionArn": SESSION})]:
        codedeploy.register_on_premises_instance(instanceName=name, **arn)


def group(name):
    codedeploy.create_deployment_group(**of_shop(deploymentGroupName=name))


def of_shop(**more):
    return {
        "applicationName": "store",
        "deploymentGroupName": "new",
        "serviceRoleArn": ROLE,
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "deploymentStyle": BLUE_GREEN,
        **more,
    }


def of_fleet(**more):
    return {"applicationName": "fleet", "deploymentGroupName": "hosts", "serviceRoleArn": ROLE, **more}


def of_tasks(**more):
    listener = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/l/1/2"
    pair = {
        "targetGroups": [{"name": "blue"}, {"name": "green"}],
        "prodTrafficRoute": {"listenerArns": [listener]},
    }
    return {
        "applicationName": "tasks",
        "deploymentGroupName": "service",
        "serviceRoleArn": ROLE,
        "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
        "deploymentStyle": BLUE_GREEN,
        "ecsServices": [{"clusterName": "c", "serviceName": "s"}],
        "blueGreenDeploymentConfiguration": {
            "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0},
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 5},
        },
        "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
        **more,
    }


def appspec(function="orders", hook=None, current="1", target="2"):
    properties = {"Name": function, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    content = {"version": 0.0, "Resources": [{"it": {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
    if hook:
        content["Hooks"] = [{"BeforeAllowTraffic": hook}]
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}


def of_deployment(**more):
    return {"applicationName": "store", "deploymentGroupName": "live", "revision": appspec(), **more}


def run():
    urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL_CODEDEPLOY"] + "/run", method="POST"))


def cases():
    done = codedeploy.create_deployment(**of_deployment(deploymentGroupName="done"))["deploymentId"]
    run()
    busy = codedeploy.create_deployment(**of_deployment(deploymentGroupName="busy", revision=appspec("others")))
    busy = busy["deploymentId"]
    shop = {"applicationName": "store"}
    yield from of_names(shop)
    yield from of_catalog()
    yield from of_groups()
    yield from of_revisions(shop)
    yield from of_instances()
    yield from of_deployments(done, busy)
    yield from of_tags()
    # Last, as nothing more can be made then.
    hosts = {"type": "HOST_COUNT", "value": 1}
    until_refused(lambda name: codedeploy.create_application(applicationName=name))
    until_refused(group)
    until_refused(
        lambda name: codedeploy.create_deployment_config(deploymentConfigName=name, minimumHealthyHosts=hosts)
    )
    yield "ApplicationLimitExceededException", "create_application", {"applicationName": "one-more"}
    yield "DeploymentGroupLimitExceededException", "create_deployment_group", of_shop()
    yield (
        "DeploymentConfigLimitExceededException",
        "create_deployment_config",
        {"deploymentConfigName": "one-more", "minimumHealthyHosts": hosts},
    )


def until_refused(make):
    for number in range(30):
        try:
            make(f"more-{number}")
        except codedeploy.exceptions.ClientError:
            return


def of_names(shop):
    yield "ApplicationNameRequiredException", "get_application", {}
    yield "InvalidApplicationNameException", "get_application", {"applicationName": "a b"}
    yield "ApplicationDoesNotExistException", "get_application", {"applicationName": "nobody"}
    yield "ApplicationAlreadyExistsException", "create_application", shop
    yield "DeploymentGroupNameRequiredException", "get_deployment_group", shop
    yield "InvalidDeploymentGroupNameException", "get_deployment_group", {**shop, "deploymentGroupName": "a b"}
    yield "DeploymentGroupDoesNotExistException", "get_deployment_group", {**shop, "deploymentGroupName": "nobody"}
    yield "DeploymentGroupAlreadyExistsException", "create_deployment_group", of_shop(deploymentGroupName="live")
    yield "DeploymentConfigNameRequiredException", "get_deployment_config", {}
    yield "InvalidDeploymentConfigNameException", "get_deployment_config", {"deploymentConfigName": "a b"}
    yield "DeploymentConfigDoesNotExistException", "get_deployment_config", {"deploymentConfigName": "nobody"}
    yield "DeploymentIdRequiredException", "get_deployment", {}
    yield "InvalidDeploymentIdException", "get_deployment", {"deploymentId": "a b"}
    yield "DeploymentDoesNotExistException", "get_deployment", {"deploymentId": "d-NOBODYHAS"}
    yield "BatchLimitExceededException", "batch_get_applications", {"applicationNames": ["store"] * 101}


def of_catalog():
    yield "InvalidComputePlatformException", "create_application", {"applicationName": "new", "computePlatform": "x"}
    yield (
        "InvalidTagsToAddException",
        "create_application",
        {"applicationName": "new", "tags": [{"Key": "", "Value": "v"}]},
    )
    hosts = {"type": "HOST_COUNT", "value": 1}
    config = {"deploymentConfigName": "taken", "minimumHealthyHosts": hosts}
    yield "DeploymentConfigAlreadyExistsException", "create_deployment_config", config
    config = {**config, "deploymentConfigName": "new"}
    wrong = {"type": "HOST_COUNT", "value": -1}
    yield "InvalidMinimumHealthyHostValueException", "create_deployment_config", {**config, "minimumHealthyHosts": wrong}
    yield (
        "InvalidZonalDeploymentConfigurationException",
        "create_deployment_config",
        {**config, "zonalConfig": {"monitorDurationInSeconds": -1}},
    )
    routing = {"type": "TimeBasedCanary"}
    yield (
        "InvalidTrafficRoutingConfigurationException",
        "create_deployment_config",
        {"deploymentConfigName": "new", "computePlatform": "Lambda", "trafficRoutingConfig": routing},
    )
    yield "DeploymentConfigInUseException", "delete_deployment_config", {"deploymentConfigName": "taken"}
    name = "CodeDeployDefault.OneAtATime"
    yield "InvalidOperationException", "delete_deployment_config", {"deploymentConfigName": name}
    yield "InvalidNextTokenException", "list_applications", {"nextToken": "x"}
    yield "GitHubAccountTokenNameRequiredException", "delete_git_hub_account_token", {}
    yield "InvalidGitHubAccountTokenNameException", "delete_git_hub_account_token", {"tokenName": ""}
    yield "GitHubAccountTokenDoesNotExistException", "delete_git_hub_account_token", {"tokenName": "nobody"}


def of_groups():
    def refused(name, **more):
        return name, "create_deployment_group", of_shop(**more)

    def fleet(name, **more):
        return name, "create_deployment_group", of_fleet(deploymentGroupName="new", **more)

    def tasks(name, **more):
        arguments = of_tasks(deploymentGroupName="new", **{"ecsServices": [{"clusterName": "c", "serviceName": "t"}], **more})
        return name, "create_deployment_group", arguments

    yield "RoleRequiredException", "create_deployment_group", {"applicationName": "store", "deploymentGroupName": "new"}
    yield refused("InvalidRoleException", serviceRoleArn="nobody")
    yield refused("InvalidDeploymentStyleException", deploymentStyle={"deploymentType": "IN_PLACE"})
    yield refused("InvalidAlarmConfigException", alarmConfiguration={"enabled": True})
    many = [{"name": f"alarm-{number}"} for number in range(51)]
    yield refused("AlarmsLimitExceededException", alarmConfiguration={"enabled": True, "alarms": many})
    yield refused("InvalidAutoRollbackConfigException", autoRollbackConfiguration={"enabled": True})
    trigger = {"triggerName": "t", "triggerTargetArn": "x", "triggerEvents": ["DeploymentStart"]}
    yield refused("InvalidTriggerConfigException", triggerConfigurations=[trigger])
    topic = "arn:aws:sns:us-east-1:111122223333:topic"
    triggers = [
        {**trigger, "triggerName": f"t{number}", "triggerTargetArn": f"{topic}-{number}"} for number in range(11)
    ]
    yield refused("TriggerTargetsLimitExceededException", triggerConfigurations=triggers)
    ready = {"deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"}}
    yield refused("InvalidBlueGreenDeploymentConfigurationException", blueGreenDeploymentConfiguration=ready)
    yield refused("InvalidInputException", outdatedInstancesStrategy="x")
    yield tasks("InvalidLoadBalancerInfoException", loadBalancerInfo={"elbInfoList": [{"name": "l"}]})
    pair = {"targetGroups": [{"name": "blue"}], "prodTrafficRoute": {"listenerArns": ["x"]}}
    yield tasks("InvalidTargetGroupPairException", loadBalancerInfo={"targetGroupPairInfoList": [pair]})
    yield fleet("InvalidECSServiceException", ecsServices=[{"clusterName": "c", "serviceName": "s"}])
    yield tasks("ECSServiceMappingLimitExceededException", ecsServices=[{"clusterName": "c", "serviceName": "s"}])
    yield fleet("InvalidEC2TagException", ec2TagFilters=[{**FILTER, "Type": "x"}])
    yield fleet("InvalidTagException", onPremisesInstanceTagFilters=[{**FILTER, "Type": "x"}])
    yield fleet("InvalidAutoScalingGroupException", autoScalingGroups=[""])
    both = {"ec2TagFilters": [FILTER], "ec2TagSet": {"ec2TagSetList": [[FILTER]]}}
    yield fleet("InvalidEC2TagCombinationException", **both)
    both = {"onPremisesInstanceTagFilters": [FILTER], "onPremisesTagSet": {"onPremisesTagSetList": [[FILTER]]}}
    yield fleet("InvalidOnPremisesTagCombinationException", **both)
    yield fleet("TagSetListLimitExceededException", ec2TagSet={"ec2TagSetList": [[FILTER]] * 4})


def of_revisions(shop):
    list_all = "list_application_revisions"
    yield "RevisionRequiredException", "get_application_revision", shop
    yield "InvalidRevisionException", "get_application_revision", {**shop, "revision": {"revisionType": "x"}}
    yield "RevisionDoesNotExistException", "get_application_revision", {**shop, "revision": S3}
    revision = {"applicationName": "fleet", "revision": S3}
    yield "DescriptionTooLongException", "register_application_revision", {**revision, "description": "x" * 3000}
    yield "InvalidSortByException", list_all, {**shop, "sortBy": "x"}
    yield "InvalidSortOrderException", list_all, {**shop, "sortOrder": "x"}
    yield "InvalidDeployedStateFilterException", list_all, {**shop, "deployed": "x"}
    yield "BucketNameFilterRequiredException", list_all, {**shop, "s3KeyPrefix": "x"}
    yield "InvalidBucketNameFilterException", list_all, {**shop, "s3Bucket": ""}
    yield "InvalidKeyPrefixFilterException", list_all, {**shop, "s3Bucket": "bucket", "s3KeyPrefix": ""}


def of_instances():
    register, tag = "register_on_premises_instance", "add_tags_to_on_premises_instances"
    yield "InstanceNameRequiredException", "get_on_premises_instance", {}
    yield "InvalidInstanceNameException", "get_on_premises_instance", {"instanceName": ""}
    yield "InstanceNotRegisteredException", "get_on_premises_instance", {"instanceName": "nobody"}
    yield "InstanceNameAlreadyRegisteredException", register, {"instanceName": "rack", "iamUserArn": USER + "-2"}
    yield "IamArnRequiredException", register, {"instanceName": "new"}
    yield "IamUserArnRequiredException", register, {"instanceName": "new", "iamUserArn": ""}
    yield "InvalidIamUserArnException", register, {"instanceName": "new", "iamUserArn": "x"}
    yield "InvalidIamSessionArnException", register, {"instanceName": "new", "iamSessionArn": "x"}
    yield "IamUserArnAlreadyRegisteredException", register, {"instanceName": "new", "iamUserArn": USER}
    yield "IamSessionArnAlreadyRegisteredException", register, {"instanceName": "new", "iamSessionArn": SESSION}
    both = {"instanceName": "new", "iamUserArn": USER, "iamSessionArn": SESSION}
    yield "MultipleIamArnsProvidedException", register, both
    yield "TagRequiredException", tag, {"instanceNames": ["rack"]}
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(60)]
    yield "TagLimitExceededException", tag, {"instanceNames": ["rack"], "tags": many}
    names = [f"rack-{number}" for number in range(200)]
    yield "InstanceLimitExceededException", tag, {"instanceNames": names, "tags": [TAG]}
    list_all = "list_on_premises_instances"
    yield "InvalidRegistrationStatusException", list_all, {"registrationStatus": "x"}
    yield "InvalidTagFilterException", list_all, {"tagFilters": [{**FILTER, "Type": "x"}]}


def of_deployments(done, busy):
    def refused(name, **more):
        return name, "create_deployment", of_deployment(**more)

    yield refused("DeploymentLimitExceededException", deploymentGroupName="busy")
    yield refused("InvalidTargetInstancesException", targetInstances={"autoScalingGroups": ["a"]})
    yield refused("InvalidFileExistsBehaviorException", fileExistsBehavior="x")
    yield refused("InvalidUpdateOutdatedInstancesOnlyValueException", updateOutdatedInstancesOnly=True)
    yield refused("InvalidIgnoreApplicationStopFailuresValueException", ignoreApplicationStopFailures=True)
    yield "InvalidDeploymentStatusException", "list_deployments", {"includeOnlyStatuses": ["x"]}
    yield "InvalidTimeRangeException", "list_deployments", {"createTimeRange": {"start": 2, "end": 1}}
    yield "InvalidExternalIdException", "list_deployments", {"externalId": ""}
    one, some, both = "get_deployment_target", "batch_get_deployment_targets", ["orders:live", "others:live"]
    of_done, of_busy = {"deploymentId": done}, {"deploymentId": busy}
    yield "DeploymentTargetIdRequiredException", one, of_done
    yield "InvalidDeploymentTargetIdException", one, {**of_done, "targetId": ""}
    yield "DeploymentTargetDoesNotExistException", one, {**of_done, "targetId": "nobody:live"}
    yield "DeploymentTargetListSizeExceededException", some, {**of_done, "targetIds": both}
    yield "InstanceIdRequiredException", "get_deployment_instance", of_done
    list_all, status, label = "list_deployment_targets", "TargetStatus", "ServerInstanceLabel"
    yield "InvalidInstanceStatusException", list_all, {**of_done, "targetFilters": {status: ["x"]}}
    yield "InvalidInstanceTypeException", "list_deployment_instances", {**of_done, "instanceTypeFilter": ["x"]}
    yield "InvalidDeploymentInstanceTypeException", list_all, {**of_done, "targetFilters": {label: ["Blue"]}}
    yield "InvalidTargetFilterNameException", list_all, {**of_done, "targetFilters": {"x": ["y"]}}
    yield "DeploymentAlreadyCompletedException", "stop_deployment", of_done
    wait = {**of_busy, "deploymentWaitType": "x"}
    yield "InvalidDeploymentWaitTypeException", "continue_deployment", wait
    yield "UnsupportedActionForDeploymentTypeException", "continue_deployment", of_busy
    put = "put_lifecycle_event_hook_execution_status"
    hook = {**of_done, "lifecycleEventHookExecutionId": "x", "status": "Succeeded"}
    yield "InvalidLifecycleEventHookExecutionIdException", put, hook
    yield "InvalidLifecycleEventHookExecutionStatusException", put, {**hook, "status": "Pending"}
    hooked = codedeploy.create_deployment(**of_deployment(revision=appspec("orders", "pre-9", "2", "1")))["deploymentId"]
    run()
    target = codedeploy.get_deployment_target(deploymentId=hooked, targetId="orders:live")
    assert target["deploymentTarget"]["lambdaTarget"]["status"] == "Succeeded", target
    over = {**hook, "deploymentId": hooked, "lifecycleEventHookExecutionId": f"{hooked}.BeforeAllowTraffic"}
    yield "LifecycleEventAlreadyCompletedException", put, over


def of_tags():
    yield "ResourceArnRequiredException", "list_tags_for_resource", {}
    yield "InvalidArnException", "list_tags_for_resource", {"ResourceArn": "x"}
    config = "arn:aws:codedeploy:us-east-1:111122223333:deploymentconfig:taken"
    yield "ArnNotSupportedException", "tag_resource", {"ResourceArn": config, "Tags": [TAG]}
    yield "TagRequiredException", "tag_resource", {"ResourceArn": APPLICATION}


main()
