"""CodeDeploy as boto3 has it. Usage: clients.py NAME ROLE, where function NAME has versions 1 to 3 and an alias live,
and application and group NAME are there. Says `well` when all is.
"""

import json
import sys

import boto3
from botocore.exceptions import WaiterError

name, role = sys.argv[1:]
codedeploy = boto3.client("codedeploy")


def main():
    pages()
    deploys_and_waits()
    raises()
    deletes()
    print("well")


def pages():
    """Every list to its end."""
    for n in range(3):
        codedeploy.create_application(applicationName=f"{name}-{n}", computePlatform="Lambda")
    applications = every("list_applications", "applications")
    assert {f"{name}-{n}" for n in range(3)} < set(applications), applications
    assert every("list_deployment_groups", "deploymentGroups", applicationName=name) == [name]
    configs = every("list_deployment_configs", "deploymentConfigsList")
    assert len([config for config in configs if config.startswith("CodeDeployDefault.")]) == 17, configs


def every(operation, member, **arguments):
    paginator = codedeploy.get_paginator(operation)
    return [item for page in paginator.paginate(**arguments) for item in page[member]]


def appspec(current, target, hook=None):
    properties = {"Name": name, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    resource = {"it": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    return {"version": 0.0, "Resources": [resource], "Hooks": [{"BeforeAllowTraffic": hook}] if hook else []}


def deploy(content, **settings):
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}
    return codedeploy.create_deployment(
        applicationName=name, deploymentGroupName=name, revision=revision, **settings
    )["deploymentId"]


def wait(deployment):
    codedeploy.get_waiter("deployment_successful").wait(
        deploymentId=deployment, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def deploys_and_waits():
    first = deploy(appspec("1", "2"), deploymentConfigName="Steps.50@1s", description="to the second version")
    wait(first)
    info = codedeploy.get_deployment(deploymentId=first)["deploymentInfo"]
    assert info["status"] == "Succeeded" and info["description"] == "to the second version", info
    assert info["deploymentConfigName"] == "Steps.50@1s" and info["creator"] == "user", info
    assert info["createTime"] <= info["startTime"] <= info["completeTime"], info
    target = codedeploy.get_deployment_target(deploymentId=first, targetId=f"{name}:live")["deploymentTarget"]
    events = [(event["lifecycleEventName"], event["status"]) for event in target["lambdaTarget"]["lifecycleEvents"]]
    names = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
    assert events == [(event, "Succeeded") for event in names], events
    assert target["lambdaTarget"]["lambdaFunctionInfo"]["targetVersionWeight"] == 1.0, target
    assert every("list_deployment_targets", "targetIds", deploymentId=first) == [f"{name}:live"]

    failed = deploy(appspec("2", "3", "hook-throws"))
    try:
        wait(failed)
        raise AssertionError("the waiter does not fail")
    except WaiterError as error:
        assert "terminal failure state" in str(error), error
    deployments = every("list_deployments", "deployments", applicationName=name, deploymentGroupName=name)
    assert failed in deployments and deployments[-1] == first, deployments
    group = codedeploy.get_deployment_group(applicationName=name, deploymentGroupName=name)["deploymentGroupInfo"]
    assert group["lastSuccessfulDeployment"]["status"] == "Succeeded", group


def raises():
    """By class, with CodeDeploy's words."""
    e = codedeploy.exceptions
    refused(
        e.ApplicationAlreadyExistsException,
        f"Application already exists with the name: {name}",
        lambda: codedeploy.create_application(applicationName=name, computePlatform="Lambda"),
    )
    refused(
        e.ApplicationDoesNotExistException,
        "No application found for name: nobody",
        lambda: codedeploy.get_application(applicationName="nobody"),
    )
    refused(
        e.DeploymentGroupDoesNotExistException,
        "No Deployment Group found for name: nobody",
        lambda: codedeploy.get_deployment_group(applicationName=name, deploymentGroupName="nobody"),
    )
    refused(
        e.DeploymentGroupAlreadyExistsException,
        f"Deployment group already exists with the name: {name}",
        lambda: codedeploy.create_deployment_group(
            applicationName=name, deploymentGroupName=name, serviceRoleArn=role
        ),
    )
    refused(
        e.DeploymentConfigDoesNotExistException,
        "No Deployment Configuration found for name: nobody",
        lambda: codedeploy.get_deployment_config(deploymentConfigName="nobody"),
    )
    refused(
        e.DeploymentDoesNotExistException,
        "The deployment d-NOBODYHAS could not be found",
        lambda: codedeploy.get_deployment(deploymentId="d-NOBODYHAS"),
    )
    refused(
        e.InvalidDeploymentConfigNameException,
        "deploymentConfigName: 'Steps.50@1s,40@1s' does not fit Steps.<percent>@<wait>[,<percent>@<wait>...]: "
        "'4' at character 13, percents rise strictly from step to step",
        lambda: codedeploy.get_deployment_config(deploymentConfigName="Steps.50@1s,40@1s"),
    )
    busy = deploy(appspec("2", "3", "hook-is-silent"))
    refused(
        e.DeploymentLimitExceededException,
        f"The Deployment Group '{name}' already has an active Deployment '{busy}'",
        lambda: deploy(appspec("2", "3")),
    )
    codedeploy.stop_deployment(deploymentId=busy)


def refused(kind, words, call):
    try:
        call()
    except kind as error:
        assert error.response["Error"]["Message"] == words, error
        assert error.response["ResponseMetadata"]["RequestId"], error
    else:
        raise AssertionError(f"not refused: {words}")


def deletes():
    for n in range(3):
        codedeploy.delete_application(applicationName=f"{name}-{n}")
    assert f"{name}-1" not in every("list_applications", "applications")


main()
