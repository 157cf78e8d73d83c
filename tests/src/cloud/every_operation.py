"""Every operation of CodeDeploy, called with boto3. Usage: every_operation.py NAME ROLE, where function NAME has
versions 1 to 3 and an alias live, and application and group NAME are there. Says `well` when all is.
"""

import json
import sys
import time

import boto3

from execution_ids import execution_id

name, role, secret = sys.argv[1:]
codedeploy = boto3.client("codedeploy")
called = set()
codedeploy.meta.events.register("before-call.codedeploy.*", lambda model, **_: called.add(model.name))

GROUP = {"applicationName": name, "deploymentGroupName": name}
FLEET, TASKS, BUCKET = f"{name}-fleet", f"{name}-tasks", f"{name}-artifacts"
BLUE_GREEN = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}


def main():
    makes()
    deploys()
    reads()
    changes()
    ends()
    left = set(codedeploy.meta.service_model.operation_names) - called
    assert not left, f"never called: {sorted(left)}"
    print("well")


def makes():
    for application, platform in [(FLEET, "Server"), (TASKS, "ECS")]:
        tags = [{"Key": "team", "Value": "red"}]
        codedeploy.create_application(applicationName=application, computePlatform=platform, tags=tags)
    hosts = {"type": "FLEET_PERCENT", "value": 50}
    codedeploy.create_deployment_config(deploymentConfigName=FLEET, minimumHealthyHosts=hosts)
    tag = {"Key": "role", "Value": "web", "Type": "KEY_AND_VALUE"}
    codedeploy.create_deployment_group(
        applicationName=FLEET,
        deploymentGroupName="hosts",
        serviceRoleArn=role,
        deploymentConfigName=FLEET,
        ec2TagFilters=[tag],
    )
    codedeploy.register_on_premises_instance(instanceName=f"{name}-rack", iamUserArn=f"arn:aws:iam::000000000000:user/{name}")
    tags = {"tags": [{"Key": "role", "Value": "web"}], "instanceNames": [f"{name}-rack"]}
    codedeploy.add_tags_to_on_premises_instances(**tags)
    codedeploy.register_application_revision(applicationName=FLEET, revision=in_s3("bundle.zip", "zip"))


def in_s3(key, kind):
    return {"revisionType": "S3", "s3Location": {"bucket": BUCKET, "key": key, "bundleType": kind}}


def appspec(current, target, hook=None):
    properties = {"Name": name, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    resource = {"it": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    return {"version": 0.0, "Resources": [resource], "Hooks": [{"BeforeAllowTraffic": hook}] if hook else []}


def text(content):
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}


def deploys():
    """Once with a hook that this script answers for, once without."""
    first = codedeploy.create_deployment(**GROUP, revision=text(appspec("1", "2", "hook-is-silent")))["deploymentId"]
    refused("UnsupportedActionForDeploymentTypeException", codedeploy.continue_deployment, deploymentId=first)
    skip = codedeploy.skip_wait_time_for_instance_termination
    refused("UnsupportedActionForDeploymentTypeException", skip, deploymentId=first)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, "the hook is never asked"
        try:
            codedeploy.put_lifecycle_event_hook_execution_status(
                deploymentId=first,
                lifecycleEventHookExecutionId=execution_id(secret, first, "BeforeAllowTraffic"),
                status="Succeeded",
            )
            break
        except codedeploy.exceptions.InvalidLifecycleEventHookExecutionIdException:
            time.sleep(0.2)
    wait(first)
    target = {"deploymentId": first, "targetId": f"{name}:live"}
    one = codedeploy.get_deployment_target(**target)["deploymentTarget"]
    some = codedeploy.batch_get_deployment_targets(deploymentId=first, targetIds=[f"{name}:live"])["deploymentTargets"]
    assert some == [one] and one["lambdaTarget"]["lifecycleEvents"][0]["status"] == "Succeeded", one
    assert codedeploy.list_deployment_targets(deploymentId=first)["targetIds"] == [f"{name}:live"]
    codedeploy.list_deployment_instances(deploymentId=first)
    for call, which in [
        (codedeploy.get_deployment_instance, {"instanceId": "i-0"}),
        (codedeploy.batch_get_deployment_instances, {"instanceIds": ["i-0"]}),
    ]:
        refused("InvalidComputePlatformException", call, deploymentId=first, **which)
    second = codedeploy.create_deployment(**GROUP, revision=text(appspec("2", "3")))["deploymentId"]
    wait(second)
    refused("DeploymentAlreadyCompletedException", codedeploy.stop_deployment, deploymentId=second)
    found = codedeploy.batch_get_deployments(deploymentIds=[first, second])["deploymentsInfo"]
    assert [info["status"] for info in found] == ["Succeeded", "Succeeded"], found
    assert codedeploy.list_deployments(**GROUP)["deployments"] == [second, first]
    assert codedeploy.get_deployment(deploymentId=second)["deploymentInfo"]["status"] == "Succeeded"


def wait(deployment):
    codedeploy.get_waiter("deployment_successful").wait(
        deploymentId=deployment, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def reads():
    application = codedeploy.get_application(applicationName=FLEET)["application"]
    assert codedeploy.batch_get_applications(applicationNames=[FLEET])["applicationsInfo"] == [application]
    group = codedeploy.get_deployment_group(**GROUP)["deploymentGroupInfo"]
    groups = codedeploy.batch_get_deployment_groups(applicationName=name, deploymentGroupNames=[name])
    assert groups["deploymentGroupsInfo"] == [group], groups
    config = codedeploy.get_deployment_config(deploymentConfigName=FLEET)["deploymentConfigInfo"]
    assert config["minimumHealthyHosts"] == {"type": "FLEET_PERCENT", "value": 50}, config
    revision = in_s3("bundle.zip", "zip")
    found = codedeploy.get_application_revision(applicationName=FLEET, revision=revision)
    assert found["revisionInfo"]["registerTime"], found
    found = codedeploy.batch_get_application_revisions(applicationName=FLEET, revisions=[revision])
    assert len(found["revisions"]) == 1, found
    assert len(codedeploy.list_application_revisions(applicationName=name)["revisions"]) == 2
    instance = codedeploy.get_on_premises_instance(instanceName=f"{name}-rack")["instanceInfo"]
    found = codedeploy.batch_get_on_premises_instances(instanceNames=[f"{name}-rack"])["instanceInfos"]
    assert found == [instance] and instance["tags"] == [{"Key": "role", "Value": "web"}], found
    assert f"{name}-rack" in codedeploy.list_on_premises_instances()["instanceNames"]
    assert FLEET in codedeploy.list_applications()["applications"]
    assert codedeploy.list_deployment_groups(applicationName=FLEET)["deploymentGroups"] == ["hosts"]
    assert FLEET in codedeploy.list_deployment_configs()["deploymentConfigsList"]
    assert codedeploy.list_git_hub_account_token_names()["tokenNameList"] == []


def changes():
    arn = f"arn:aws:codedeploy:us-east-1:000000000000:application:{FLEET}"
    codedeploy.tag_resource(ResourceArn=arn, Tags=[{"Key": "tier", "Value": "1"}])
    tags = codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert sorted(tag["Key"] for tag in tags) == ["team", "tier"], tags
    codedeploy.untag_resource(ResourceArn=arn, TagKeys=["tier"])
    codedeploy.update_deployment_group(
        applicationName=FLEET, currentDeploymentGroupName="hosts", newDeploymentGroupName="machines"
    )
    codedeploy.update_application(applicationName=FLEET, newApplicationName=f"{FLEET}-2")
    found = codedeploy.get_deployment_group(applicationName=f"{FLEET}-2", deploymentGroupName="machines")
    assert found["deploymentGroupInfo"]["applicationName"] == f"{FLEET}-2", found


def ends():
    tags = {"tags": [{"Key": "role", "Value": "web"}], "instanceNames": [f"{name}-rack"]}
    codedeploy.remove_tags_from_on_premises_instances(**tags)
    codedeploy.deregister_on_premises_instance(instanceName=f"{name}-rack")
    codedeploy.delete_deployment_group(applicationName=f"{FLEET}-2", deploymentGroupName="machines")
    codedeploy.delete_deployment_config(deploymentConfigName=FLEET)
    for application in [f"{FLEET}-2", TASKS]:
        codedeploy.delete_application(applicationName=application)
    codedeploy.delete_resources_by_external_id(externalId="a-stack")
    token = codedeploy.delete_git_hub_account_token
    refused("GitHubAccountTokenDoesNotExistException", token, tokenName="nobody")


def refused(kind, call, **arguments):
    try:
        call(**arguments)
    except getattr(codedeploy.exceptions, kind):
        return
    raise AssertionError(f"not refused: {kind}")


main()
