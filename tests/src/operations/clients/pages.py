"""Every list of CodeDeploy to its end, with boto3's paginators. Says `well` when all is."""

import json
import os
import urllib.request

import boto3

codedeploy = boto3.client("codedeploy")
MANY = 205
ROLE = "arn:aws:iam::111122223333:role/deployer"
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
# What there can be no second page of: a Lambda deployment has one target, and there is no GitHub.
ONE_PAGE = {"list_deployment_targets", "list_deployment_instances", "list_git_hub_account_token_names"}


def main():
    names = [f"n{number:03}" for number in range(MANY)]
    for name in names:
        codedeploy.create_application(applicationName=name, computePlatform="Lambda")
    every("list_applications", names)
    for name in names:
        codedeploy.create_deployment_group(
            applicationName="n000",
            deploymentGroupName=name,
            serviceRoleArn=ROLE,
            deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
            deploymentStyle=STYLE,
        )
    every("list_deployment_groups", names, applicationName="n000")
    for name in names:
        codedeploy.create_deployment_config(
            deploymentConfigName=name, minimumHealthyHosts={"type": "HOST_COUNT", "value": 1}
        )
    configs = every("list_deployment_configs", None)
    assert sorted(name for name in configs if not name.startswith("CodeDeployDefault.")) == names, configs
    for name in names:
        codedeploy.register_on_premises_instance(instanceName=name, iamUserArn=f"arn:aws:iam::111122223333:user/{name}")
    every("list_on_premises_instances", names)
    for name in names:
        location = {"bucket": "b", "key": name, "bundleType": "YAML"}
        codedeploy.register_application_revision(
            applicationName="n001", revision={"revisionType": "S3", "s3Location": location}
        )
    revisions = every("list_application_revisions", None, applicationName="n001")
    assert sorted(revision["s3Location"]["key"] for revision in revisions) == names
    made = [deploy(name) for name in names]
    group = every("list_deployments", None, pages=1, applicationName="n000", deploymentGroupName="n000")
    assert group == made[:1], group
    every("list_deployments", sorted(made))
    every("list_deployments", sorted(made), includeOnlyStatuses=["Created"])
    run()
    assert every("list_deployment_targets", None, pages=1, deploymentId=made[-1]) == ["others:live"]
    every("list_git_hub_account_token_names", [], pages=1)
    tokens_do_not_cross()
    unknown = set(codedeploy._PY_TO_OP_NAME) & {name for name in dir(codedeploy) if name.startswith("list_")}
    untried = {name for name in unknown if codedeploy.can_paginate(name)} - tried - {"list_deployment_instances"}
    assert not untried, untried
    print("well")


tried = set()


def every(operation, expected, pages=None, **arguments):
    tried.add(operation)
    paginator = codedeploy.get_paginator(operation)
    turned = list(paginator.paginate(**arguments))
    member = paginator.result_keys[0].expression
    items = [item for page in turned for item in page[member]]
    assert len(turned) == (pages or 3), (operation, len(turned))
    if expected is not None:
        assert sorted(items) == expected, (operation, items)
    return items


def deploy(group):
    properties = {"Name": "others", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}
    content = {"version": 0.0, "Resources": [{"it": {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}
    made = codedeploy.create_deployment(applicationName="n000", deploymentGroupName=group, revision=revision)
    return made["deploymentId"]


def run():
    urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL_CODEDEPLOY"] + "/run", method="POST"))


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
