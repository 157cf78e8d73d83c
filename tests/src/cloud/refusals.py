"""Every exception of CodeDeploy's model, raised by class in boto3, or the reason why it cannot be. Says `well` when all
is. Usage: refusals.py NAME ROLE URL FUNCTION, where function NAME has versions 1 to 3 and an alias live, and application
and group NAME are there. URL is another API, of FUNCTION, where nothing that is deployed ever begins: it has room for one
application, one group and one configuration.
"""

import json
import sys

import boto3
from botocore.config import Config

from execution_ids import execution_id

NAME, ROLE, URL, FUNCTION, SECRET = sys.argv[1:]
# What boto3 would refuse by itself is sent all the same.
WHATEVER = Config(parameter_validation=False, retries={"total_max_attempts": 1})
codedeploy = boto3.client("codedeploy", config=WHATEVER)
aside = boto3.client("codedeploy", config=WHATEVER, endpoint_url=URL)

FLEET, TASKS, CONFIG, RACK, SHIP = (f"{NAME}-{what}" for what in ["fleet", "tasks", "config", "rack", "ship"])
USER = f"arn:aws:iam::000000000000:user/{RACK}"
SESSION = f"arn:aws:sts::000000000000:assumed-role/racks/{SHIP}"
APPLICATION = f"arn:aws:codedeploy:us-east-1:000000000000:application:{NAME}"
BLUE_GREEN = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
HOSTS = {"type": "HOST_COUNT", "value": 1}
S3 = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"}}
TAG = {"Key": "team", "Value": "red"}
FILTER = {"Key": "team", "Value": "red", "Type": "KEY_AND_VALUE"}

CANNOT_BE = {
    "LifecycleHookLimitExceededException": "no lifecycle hook is put on an Auto Scaling group before fleets can be deployed to",
    "DeploymentIsNotInReadyStateException": "no deployment has such a wait before task sets and fleets can be deployed to",
    "InvalidGitHubAccountTokenException": "GitHub revisions are for fleets, which cannot be deployed to yet",
    "InstanceDoesNotExistException": "no deployment has instances before fleets can be deployed to",
    "OperationNotSupportedException": "both operations that list it are there",
    "ResourceValidationException": "the one member of the two operations has an exception of its own",
}


def main():
    furnish()
    provoked = provoke(codedeploy, cases()) | provoke(aside, cases_aside())
    model = codedeploy.meta.service_model
    shapes = {name for name in model.shape_names if model.shape_for(name).metadata.get("exception")}
    assert len(shapes) >= 113, len(shapes)
    operations = [model.operation_model(name) for name in model.operation_names]
    listed = {error.name for operation in operations for error in operation.error_shapes}
    assert provoked | set(CANNOT_BE) == listed, provoked ^ set(CANNOT_BE) ^ listed
    assert not provoked & set(CANNOT_BE), provoked & set(CANNOT_BE)
    print("well")


def provoke(client, cases):
    """The exceptions, each of which the call beside it raised."""
    provoked, model = set(), client.meta.service_model
    for name, method, arguments in cases:
        operation = model.operation_model(client.meta.method_to_api_mapping[method])
        case = f"{name} by {method} {arguments}"
        assert name in {error.name for error in operation.error_shapes}, f"{case}: is not of that operation"
        try:
            getattr(client, method)(**arguments)
        except client.exceptions.ClientError as error:
            assert isinstance(error, getattr(client.exceptions, name)), f"{case}: {error}"
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, case
            assert error.response["ResponseMetadata"]["RequestId"], case
            assert len(error.response["Error"]["Message"]) > 10, case
        else:
            raise AssertionError(f"{case}: not refused")
        provoked.add(name)
    return provoked


def furnish():
    for name, platform in [(FLEET, "Server"), (TASKS, "ECS")]:
        codedeploy.create_application(applicationName=name, computePlatform=platform)
    codedeploy.create_deployment_group(**of_fleet())
    codedeploy.create_deployment_group(**of_tasks())
    codedeploy.create_deployment_config(deploymentConfigName=CONFIG, minimumHealthyHosts=HOSTS)
    codedeploy.update_deployment_group(
        applicationName=FLEET, currentDeploymentGroupName="hosts", deploymentConfigName=CONFIG
    )
    for name, arn in [(RACK, {"iamUserArn": USER}), (SHIP, {"iamSessionArn": SESSION})]:
        codedeploy.register_on_premises_instance(instanceName=name, **arn)


def of_shop(**more):
    return {
        "applicationName": NAME,
        "deploymentGroupName": "new",
        "serviceRoleArn": ROLE,
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "deploymentStyle": BLUE_GREEN,
        **more,
    }


def of_fleet(**more):
    return {"applicationName": FLEET, "deploymentGroupName": "hosts", "serviceRoleArn": ROLE, **more}


def of_tasks(**more):
    listener = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/l/1/2"
    pair = {
        "targetGroups": [{"name": "blue"}, {"name": "green"}],
        "prodTrafficRoute": {"listenerArns": [listener]},
    }
    return {
        "applicationName": TASKS,
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


def deploy(current, target, hook):
    properties = {"Name": NAME, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    resource = {"it": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    content = {"version": 0.0, "Resources": [resource], "Hooks": [{"BeforeAllowTraffic": hook}]}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}
    made = codedeploy.create_deployment(applicationName=NAME, deploymentGroupName=NAME, revision=revision)
    return made["deploymentId"]


def of_deployment(**more):
    location = {"bucket": "b", "key": "k", "bundleType": "YAML"}
    revision = {"revisionType": "S3", "s3Location": location}
    return {"applicationName": NAME, "deploymentGroupName": NAME, "revision": revision, **more}


def cases():
    shop = {"applicationName": NAME}
    yield from of_names(shop)
    yield from of_catalog()
    yield from of_groups()
    yield from of_revisions(shop)
    yield from of_instances()
    done = deploy("1", "2", "hook-succeeds")
    waiter = codedeploy.get_waiter("deployment_successful")
    waiter.wait(deploymentId=done, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    busy = deploy("2", "3", "hook-is-silent")
    yield from of_deployments(done, busy)
    codedeploy.stop_deployment(deploymentId=busy)
    yield from of_tags()


def cases_aside():
    """Where everything is full, nothing begins, and at last nobody is let in."""
    one = {"applicationName": NAME, "deploymentGroupName": NAME}
    config = {"minimumHealthyHosts": HOSTS}
    aside.create_application(applicationName=NAME, computePlatform="Lambda")
    aside.create_deployment_group(**of_shop(**one))
    aside.create_deployment_config(deploymentConfigName=CONFIG, **config)
    yield "ApplicationLimitExceededException", "create_application", {"applicationName": "new"}
    yield "DeploymentGroupLimitExceededException", "create_deployment_group", of_shop()
    yield "DeploymentConfigLimitExceededException", "create_deployment_config", {"deploymentConfigName": "new", **config}
    created = aside.create_deployment(**of_deployment())["deploymentId"]
    target = {"deploymentId": created, "targetId": f"{NAME}:live"}
    yield "DeploymentNotStartedException", "get_deployment_target", target
    boto3.client("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)
    yield "ThrottlingException", "create_application", {"applicationName": "new"}


def of_names(shop):
    yield "ApplicationNameRequiredException", "get_application", {}
    yield "InvalidApplicationNameException", "get_application", {"applicationName": "a b"}
    yield "ApplicationDoesNotExistException", "get_application", {"applicationName": "nobody"}
    yield "ApplicationAlreadyExistsException", "create_application", shop
    yield "DeploymentGroupNameRequiredException", "get_deployment_group", shop
    yield "InvalidDeploymentGroupNameException", "get_deployment_group", {**shop, "deploymentGroupName": "a b"}
    yield "DeploymentGroupDoesNotExistException", "get_deployment_group", {**shop, "deploymentGroupName": "nobody"}
    yield "DeploymentGroupAlreadyExistsException", "create_deployment_group", of_shop(deploymentGroupName=NAME)
    yield "DeploymentConfigNameRequiredException", "get_deployment_config", {}
    yield "InvalidDeploymentConfigNameException", "get_deployment_config", {"deploymentConfigName": "a b"}
    yield "DeploymentConfigDoesNotExistException", "get_deployment_config", {"deploymentConfigName": "nobody"}
    yield "DeploymentIdRequiredException", "get_deployment", {}
    yield "InvalidDeploymentIdException", "get_deployment", {"deploymentId": "a b"}
    yield "DeploymentDoesNotExistException", "get_deployment", {"deploymentId": "d-NOBODYHAS"}
    yield "BatchLimitExceededException", "batch_get_applications", {"applicationNames": [NAME] * 101}


def of_catalog():
    yield "InvalidComputePlatformException", "create_application", {"applicationName": "new", "computePlatform": "x"}
    yield (
        "InvalidTagsToAddException",
        "create_application",
        {"applicationName": "new", "tags": [{"Key": "", "Value": "v"}]},
    )
    config = {"deploymentConfigName": CONFIG, "minimumHealthyHosts": HOSTS}
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
    yield "DeploymentConfigInUseException", "delete_deployment_config", {"deploymentConfigName": CONFIG}
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

    yield "RoleRequiredException", "create_deployment_group", {"applicationName": NAME, "deploymentGroupName": "new"}
    yield refused("InvalidRoleException", serviceRoleArn="nobody")
    yield refused("InvalidDeploymentStyleException", deploymentStyle={"deploymentType": "IN_PLACE"})
    yield refused("InvalidAlarmConfigException", alarmConfiguration={"enabled": True})
    many = [{"name": f"alarm-{number}"} for number in range(51)]
    yield refused("AlarmsLimitExceededException", alarmConfiguration={"enabled": True, "alarms": many})
    yield refused("InvalidAutoRollbackConfigException", autoRollbackConfiguration={"enabled": True})
    trigger = {"triggerName": "t", "triggerTargetArn": "x", "triggerEvents": ["DeploymentStart"]}
    yield refused("InvalidTriggerConfigException", triggerConfigurations=[trigger])
    topic = "arn:aws:sns:us-east-1:000000000000:topic"
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
    processes = {"autoScalingGroupProcessesToSuspend": ["Launch"]}
    yield fleet("InvalidAutoScalingGroupProcessToSuspendException", ec2DeploymentOptions=processes)
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
    revision = {"applicationName": FLEET, "revision": S3}
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
    yield "InstanceNameAlreadyRegisteredException", register, {"instanceName": RACK, "iamUserArn": USER + "-2"}
    yield "IamArnRequiredException", register, {"instanceName": "new"}
    yield "IamUserArnRequiredException", register, {"instanceName": "new", "iamUserArn": ""}
    yield "InvalidIamUserArnException", register, {"instanceName": "new", "iamUserArn": "x"}
    yield "InvalidIamSessionArnException", register, {"instanceName": "new", "iamSessionArn": "x"}
    yield "IamUserArnAlreadyRegisteredException", register, {"instanceName": "new", "iamUserArn": USER}
    yield "IamSessionArnAlreadyRegisteredException", register, {"instanceName": "new", "iamSessionArn": SESSION}
    both = {"instanceName": "new", "iamUserArn": USER, "iamSessionArn": SESSION}
    yield "MultipleIamArnsProvidedException", register, both
    yield "TagRequiredException", tag, {"instanceNames": [RACK]}
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(60)]
    yield "TagLimitExceededException", tag, {"instanceNames": [RACK], "tags": many}
    names = [f"{RACK}-{number}" for number in range(200)]
    yield "InstanceLimitExceededException", tag, {"instanceNames": names, "tags": [TAG]}
    list_all = "list_on_premises_instances"
    yield "InvalidRegistrationStatusException", list_all, {"registrationStatus": "x"}
    yield "InvalidTagFilterException", list_all, {"tagFilters": [{**FILTER, "Type": "x"}]}


def of_deployments(done, busy):
    def refused(name, **more):
        return name, "create_deployment", of_deployment(**more)

    yield refused("DeploymentLimitExceededException")
    yield refused("InvalidTargetInstancesException", targetInstances={"autoScalingGroups": ["a"]})
    yield refused("InvalidFileExistsBehaviorException", fileExistsBehavior="x")
    yield refused("InvalidUpdateOutdatedInstancesOnlyValueException", updateOutdatedInstancesOnly=True)
    yield refused("InvalidIgnoreApplicationStopFailuresValueException", ignoreApplicationStopFailures=True)
    yield "InvalidDeploymentStatusException", "list_deployments", {"includeOnlyStatuses": ["x"]}
    yield "InvalidTimeRangeException", "list_deployments", {"createTimeRange": {"start": 2, "end": 1}}
    yield "InvalidExternalIdException", "list_deployments", {"externalId": ""}
    one, some, both = "get_deployment_target", "batch_get_deployment_targets", [f"{NAME}:live", "nobody:live"]
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
    over = {**hook, "lifecycleEventHookExecutionId": execution_id(SECRET, done, "BeforeAllowTraffic")}
    yield "LifecycleEventAlreadyCompletedException", put, over


def of_tags():
    yield "ResourceArnRequiredException", "list_tags_for_resource", {}
    yield "InvalidArnException", "list_tags_for_resource", {"ResourceArn": "x"}
    config = f"arn:aws:codedeploy:us-east-1:000000000000:deploymentconfig:{CONFIG}"
    yield "ArnNotSupportedException", "tag_resource", {"ResourceArn": config, "Tags": [TAG]}
    yield "TagRequiredException", "tag_resource", {"ResourceArn": APPLICATION}


main()
