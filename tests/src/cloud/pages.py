"""Every list of CodeDeploy to its end, with boto3's paginators. Says `well` when all is. Usage: pages.py URL, where an
API is at which there is nothing yet, and where nothing that is deployed ever begins.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

codedeploy = boto3.client("codedeploy", endpoint_url=sys.argv[1])
MANY = 105
NAMES = [f"n{number:03}" for number in range(MANY)]
ROLE = "arn:aws:iam::000000000000:role/deployer"
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}


def main():
    for_each(lambda name: codedeploy.create_application(applicationName=name, computePlatform="Lambda"))
    every("list_applications", NAMES)
    for_each(create_group)
    every("list_deployment_groups", NAMES, applicationName="n000")
    for_each(create_config)
    configs = [name for name in every("list_deployment_configs") if not name.startswith("CodeDeployDefault.")]
    assert sorted(configs) == NAMES, configs
    for_each(register_instance)
    every("list_on_premises_instances", NAMES)
    for_each(register_revision)
    revisions = every("list_application_revisions", applicationName="n001")
    assert sorted(revision["s3Location"]["key"] for revision in revisions) == NAMES, revisions
    made = for_each(deploy)
    every("list_deployments", sorted(made))
    every("list_deployments", sorted(made), includeOnlyStatuses=["Created"])
    every("list_deployments", made[:1], pages=1, applicationName="n000", deploymentGroupName="n000")
    # There can be no second page of these: a Lambda deployment has one target, and there is no GitHub.
    every("list_deployment_targets", ["others-n000:live"], pages=1, deploymentId=made[0])
    every("list_deployment_instances", ["others-n000:live"], pages=1, deploymentId=made[0])
    every("list_git_hub_account_token_names", [], pages=1)
    tokens_do_not_cross()
    all_lists = {name for name in codedeploy.meta.method_to_api_mapping if codedeploy.can_paginate(name)}
    assert tried == all_lists, tried ^ all_lists
    print("well")


def for_each(make):
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(make, NAMES))


tried = set()


def every(operation, expected=None, pages=2, **arguments):
    tried.add(operation)
    paginator = codedeploy.get_paginator(operation)
    turned = list(paginator.paginate(**arguments))
    member = paginator.result_keys[0].expression
    items = [item for page in turned for item in page[member]]
    assert len(turned) == pages, (operation, len(turned))
    if expected is not None:
        assert sorted(items) == expected, (operation, items)
    return items


def create_group(name):
    codedeploy.create_deployment_group(
        applicationName="n000",
        deploymentGroupName=name,
        serviceRoleArn=ROLE,
        deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
        deploymentStyle=STYLE,
    )


def create_config(name):
    hosts = {"type": "HOST_COUNT", "value": 1}
    codedeploy.create_deployment_config(deploymentConfigName=name, minimumHealthyHosts=hosts)


def register_instance(name):
    codedeploy.register_on_premises_instance(instanceName=name, iamUserArn=f"arn:aws:iam::000000000000:user/{name}")


def register_revision(name):
    revision = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": name, "bundleType": "YAML"}}
    codedeploy.register_application_revision(applicationName="n001", revision=revision)


def deploy(group):
    properties = {"Name": f"others-{group}", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
    content = {"version": 0.0, "Resources": [{"it": {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}
    made = codedeploy.create_deployment(applicationName="n000", deploymentGroupName=group, revision=revision)
    return made["deploymentId"]


def tokens_do_not_cross():
    """A token is good for its own list only."""
    token = codedeploy.list_applications()["nextToken"]
    for call in [
        lambda: codedeploy.list_deployments(nextToken=token),
        lambda: codedeploy.list_on_premises_instances(nextToken=token),
        lambda: codedeploy.list_deployment_groups(applicationName="n000", nextToken=token),
        lambda: codedeploy.list_applications(nextToken=token[:-2] + "xx"),
    ]:
        try:
            call()
        except codedeploy.exceptions.InvalidNextTokenException:
            pass
        else:
            raise AssertionError("a token of another list is taken")


main()
