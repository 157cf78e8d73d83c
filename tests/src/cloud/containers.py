"""The emulated ECS and its load balancers are as strict as AWS's, as seen by boto3. Says `well` when they are.
Usage: containers.py URL, where they answer.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv[1]
ONCE = Config(retries={"total_max_attempts": 1})
ecs, elb, ec2 = (boto3.client(name, endpoint_url=URL, config=ONCE) for name in ["ecs", "elbv2", "ec2"])
CLUSTER = "strict"
EXTERNAL, CODE_DEPLOY = "EXTERNAL", "CODE_DEPLOY"
ALL = {"value": 100.0, "unit": "PERCENT"}
OIDC = {
    "Issuer": "https://people.example",
    "AuthorizationEndpoint": "https://people.example/authorize",
    "TokenEndpoint": "https://people.example/token",
    "UserInfoEndpoint": "https://people.example/people",
    "ClientId": "shop",
}


def main():
    furnish()
    for story in [
        a_task_set_takes_time_and_follows_the_desired_count,
        one_task_set_is_primary_and_the_service_follows_it,
        a_deleted_task_set_drains,
        only_external_services_have_task_sets,
        a_task_set_is_made_once_and_of_what_there_is,
        tasks_die_and_say_why,
        tasks_that_cannot_be_placed_are_an_event,
        forwards_are_kept_and_told_in_full,
        what_is_not_a_forward_is_kept_and_its_secret_is_not_told,
        a_network_load_balancer_forwards_to_one_group,
        the_load_balancer_answers_by_weight,
    ]:
        story()
    print("well")


def furnish():
    global vpc, subnets, balancer, blue, green
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    zones = [("10.1.1.0/24", "us-east-1a"), ("10.1.2.0/24", "us-east-1b")]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone) for cidr, zone in zones]
    subnets = [subnet["Subnet"]["SubnetId"] for subnet in made]
    balancer = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    blue, green = target_group("blue"), target_group("green")
    new_listener(80, forward((blue, 1), (green, 0)))
    ecs.create_cluster(clusterName=CLUSTER)


def target_group(name, protocol="HTTP"):
    made = elb.create_target_group(Name=name, Protocol=protocol, Port=80, VpcId=vpc, TargetType="ip")
    return made["TargetGroups"][0]["TargetGroupArn"]


def new_listener(port, *actions, protocol="HTTP", of=None, **more):
    made = elb.create_listener(
        LoadBalancerArn=of or balancer, Protocol=protocol, Port=port, DefaultActions=list(actions), **more
    )
    return made["Listeners"][0]["ListenerArn"]


def forward(*groups, **config):
    pairs = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": pairs, **config}}


def new_service(name, controller=EXTERNAL, count=3):
    ecs.create_service(
        cluster=CLUSTER, serviceName=name, desiredCount=count, deploymentController={"type": controller}
    )
    return name


def definition(**variables):
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    container = {"name": "web", "image": "web", "memory": 64, "portMappings": [{"containerPort": 80}]}
    made = ecs.register_task_definition(family="web", containerDefinitions=[{**container, "environment": environment}])
    return made["taskDefinition"]["taskDefinitionArn"]


def behind(group, name="web", port=80):
    return [{"targetGroupArn": group, "containerName": name, "containerPort": port}]


def new_task_set(service, task_definition, **more):
    settings = {"scale": ALL, **more}
    return ecs.create_task_set(cluster=CLUSTER, service=service, taskDefinition=task_definition, **settings)["taskSet"]


def described(service):
    return ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]


def counts(service):
    """Of each task set: pending, running, status and stability."""
    members = ["pendingCount", "runningCount", "status", "stabilityStatus"]
    return [tuple(task_set[member] for member in members) for task_set in service["taskSets"]]


def seen(service):
    return counts(described(service))


def until(what, look):
    began = time.monotonic()
    while not (found := look()):
        assert time.monotonic() - began < 30, what
        time.sleep(0.05)
    return found


def until_seen(service, *expected):
    until(f"{service}: {expected}, not {seen(service)}", lambda: seen(service) == list(expected))


def refused(code, words, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == code and re.search(words, told["Message"]), told
    else:
        raise AssertionError(f"{arguments} is not refused")


def a_task_set_takes_time_and_follows_the_desired_count():
    service = new_service("slow")
    made = new_task_set(service, definition(), externalId="d-1", scale={"value": 50.0, "unit": "PERCENT"})
    assert re.fullmatch(r"ecs-svc/\d{19}", made["id"]) and made["taskSetArn"].endswith(f"/{service}/{made['id']}")
    assert (made["externalId"], made["computedDesiredCount"], made["launchType"]) == ("d-1", 2, "EC2")
    assert (made["pendingCount"], made["runningCount"], made["stabilityStatus"]) == (2, 0, "STABILIZING")
    until_seen(service, (0, 2, "ACTIVE", "STEADY_STATE"))
    took = described(service)["taskSets"][0]["stabilityStatusAt"] - made["createdAt"]
    assert 0.9 < took.total_seconds() < 1.1, took
    changed = ecs.update_service(cluster=CLUSTER, service=service, desiredCount=7)["service"]
    assert counts(changed) == [(2, 2, "ACTIVE", "STABILIZING")]
    until_seen(service, (0, 4, "ACTIVE", "STEADY_STATE"))
    found = described(service)
    assert (found["runningCount"], found["pendingCount"]) == (4, 0)
    unscaled = ecs.create_task_set(cluster=CLUSTER, service=service, taskDefinition=definition(STARTS_IN="0"))
    assert unscaled["taskSet"]["scale"]["value"] == 0
    named = {"cluster": CLUSTER, "service": service, "taskSet": unscaled["taskSet"]["taskSetArn"]}
    assert ecs.update_task_set(**named, scale=ALL)["taskSet"]["runningCount"] == 7


def one_task_set_is_primary_and_the_service_follows_it():
    service = new_service("primary")
    assert "taskDefinition" not in described(service) and "launchType" not in described(service)
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    settings = {"launchType": "FARGATE", "networkConfiguration": network, "loadBalancers": behind(blue)}
    one, other = new_task_set(service, definition(), **settings), new_task_set(service, definition())
    for primary, statuses in [(one, ["PRIMARY", "ACTIVE"]), (other, ["ACTIVE", "PRIMARY"]), (one, ["PRIMARY", "ACTIVE"])]:
        named = {"cluster": CLUSTER, "service": service, "primaryTaskSet": primary["id"]}
        assert ecs.update_service_primary_task_set(**named)["taskSet"]["status"] == "PRIMARY"
        found = described(service)
        assert [task_set["status"] for task_set in found["taskSets"]] == statuses
        assert found["taskDefinition"] == primary["taskDefinition"]
    assert found["loadBalancers"] == found["taskSets"][0]["loadBalancers"] == behind(blue)
    assert found["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == subnets
    assert found["launchType"] == "FARGATE" and found["taskSets"][0]["platformVersion"] == "LATEST"
    missing = {"cluster": CLUSTER, "service": service, "primaryTaskSet": "ecs-svc/1"}
    refused("TaskSetNotFoundException", "does not exist", ecs.update_service_primary_task_set, **missing)


def a_deleted_task_set_drains():
    service = new_service("drained")
    made = new_task_set(service, definition(STARTS_IN="0", DRAINS_IN="5"), loadBalancers=behind(green))
    named = {"cluster": CLUSTER, "service": service, "taskSet": made["id"]}
    refused("InvalidParameterException", "force", ecs.delete_task_set, **named)
    deleted = ecs.delete_task_set(**named, force=True)["taskSet"]
    assert (deleted["status"], deleted["runningCount"], deleted["computedDesiredCount"]) == ("DRAINING", 3, 0)
    assert ecs.delete_task_set(**named, force=True)["taskSet"]["status"] == "DRAINING"
    primary = {"cluster": CLUSTER, "service": service, "primaryTaskSet": made["id"]}
    refused("InvalidParameterException", "draining", ecs.update_service_primary_task_set, **primary)
    running = []
    until("it is gone", lambda: (found := seen(service)) == [] or running.append(found[0][1]))
    assert {1, 2} <= set(running) and running == sorted(running, reverse=True), running
    refused("TaskSetNotFoundException", "does not exist", ecs.delete_task_set, **named, force=True)


def only_external_services_have_task_sets():
    words = "Amazon ECS only supports task set management on services configured to use external deployment controllers."
    web = definition()
    for controller in ["ECS", CODE_DEPLOY]:
        service = {"cluster": CLUSTER, "service": new_service(f"not-{controller}", controller)}
        for call, arguments in [
            (ecs.create_task_set, {"taskDefinition": web}),
            (ecs.describe_task_sets, {}),
            (ecs.update_task_set, {"taskSet": "ecs-svc/1", "scale": ALL}),
            (ecs.update_service_primary_task_set, {"primaryTaskSet": "ecs-svc/1"}),
            (ecs.delete_task_set, {"taskSet": "ecs-svc/1"}),
        ]:
            refused("InvalidParameterException", f"^{words}$", call, **service, **arguments)
    words = "^Unable to update task definition on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy"
    refused("InvalidParameterException", words, ecs.update_service, **service, taskDefinition=web)
    external = {"cluster": CLUSTER, "service": new_service("described")}
    assert ecs.describe_task_sets(**external)["taskSets"] == []
    ecs.delete_service(**external, force=True)
    refused("ServiceNotActiveException", "ACTIVE", ecs.create_task_set, **external, taskDefinition=web)


def a_task_set_is_made_once_and_of_what_there_is():
    service, web = new_service("once"), definition()
    one, same = (new_task_set(service, web, clientToken="d-1") for _ in range(2))
    assert one["id"] == same["id"] != new_task_set(service, web, clientToken="d-2")["id"]
    unused, gone = target_group("unused"), target_group("gone")
    elb.delete_target_group(TargetGroupArn=gone)
    for words, settings in [
        (f"^The target group with targetGroupArn {unused} does not have an associated load balancer.$", behind(unused)),
        (f"{gone} does not exist", behind(gone)),
        ("^The container api does not exist in the task definition.$", behind(blue, "api")),
        ("^The container web did not have a container port 81 defined.$", behind(blue, port=81)),
    ]:
        settings = {"service": service, "task_definition": web, "loadBalancers": settings}
        refused("InvalidParameterException", words, new_task_set, **settings)
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    settings = {"service": service, "task_definition": web, "capacityProviderStrategy": strategy}
    refused("InvalidParameterException", "not associated with the cluster", new_task_set, **settings)
    refused("InvalidParameterException", "launch type and capacity", new_task_set, **settings, launchType="FARGATE")
    for _ in range(3):
        new_task_set(service, web)
    refused("InvalidParameterException", "5 task sets", new_task_set, service=service, task_definition=web)


def tasks_die_and_say_why():
    service = new_service("dying")
    made = new_task_set(service, definition(DIES="exec /web: no such file"))
    stopped = {"cluster": CLUSTER, "serviceName": service, "desiredStatus": "STOPPED"}
    of_one = {"cluster": CLUSTER, "startedBy": made["id"], "desiredStatus": "STOPPED"}
    refused("InvalidParameterException", "startedBy", ecs.list_tasks, **of_one)
    arns = until("three have died", lambda: len(found := ecs.list_tasks(**stopped)["taskArns"]) >= 3 and found)
    for task in ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]:
        assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "EssentialContainerExited")
        assert task["stoppedReason"] == "exec /web: no such file"
        assert (task["startedBy"], task["taskDefinitionArn"]) == (made["id"], made["taskDefinition"])
        container = task["containers"][0]
        assert (container["name"], container["exitCode"]) == ("web", 1) and container["reason"], container
    assert ecs.list_tasks(cluster=CLUSTER, serviceName=service)["taskArns"] == []
    until("steady state would have come", lambda: is_past(made["createdAt"], 1.2))
    assert seen(service) == [(3, 0, "ACTIVE", "STABILIZING")]


def is_past(moment, seconds):
    return (datetime.now(timezone.utc) - moment).total_seconds() > seconds


def tasks_that_cannot_be_placed_are_an_event():
    service = new_service("homeless")
    made = new_task_set(service, definition(UNPLACEABLE="no container instance met all of its requirements."))
    assert seen(service) == [(0, 0, "ACTIVE", "STABILIZING")]
    event = described(service)["events"][0]
    reason = "was unable to place a task because no container instance met all of its requirements."
    assert event["message"] == f"(service {service}, taskSet {made['id']}) {reason}" and event["id"], event


def forwards_are_kept_and_told_in_full():
    port_81 = new_listener(81, {"Type": "forward", "TargetGroupArn": blue})
    told = default_actions(port_81)[0]
    plain = {"TargetGroups": [{"TargetGroupArn": blue, "Weight": 1}], "TargetGroupStickinessConfig": {"Enabled": False}}
    assert (told["TargetGroupArn"], told["ForwardConfig"]) == (blue, plain), told
    sticky = {"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}
    split = forward((blue, 999), (green, 1), **sticky)
    elb.modify_listener(ListenerArn=port_81, DefaultActions=[split])
    assert default_actions(port_81) == [split]
    conditions = [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/new/*"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Try", "Values": ["new"]}},
    ]
    rule = elb.create_rule(ListenerArn=port_81, Priority=5, Conditions=conditions, Actions=[forward((green, 1))])
    rule = rule["Rules"][0]["RuleArn"]
    elb.modify_rule(RuleArn=rule, Actions=[split])
    found, default = elb.describe_rules(ListenerArn=port_81)["Rules"]
    assert (found["Conditions"], found["Actions"], found["Priority"]) == (conditions, [split], "5")
    assert default["IsDefault"] and default["Actions"] == [split]
    both = {**split, "TargetGroupArn": blue}
    for code, actions in [
        ("InvalidLoadBalancerAction", [both]),
        ("InvalidLoadBalancerAction", [split, split]),
        ("ValidationError", [forward((blue, 1000))]),
        ("TargetGroupNotFound", [forward((blue.replace("blue", "pink"), 1))]),
    ]:
        refused(code, "", elb.modify_listener, ListenerArn=port_81, DefaultActions=actions)
        refused(code, "", elb.modify_rule, RuleArn=rule, Actions=actions)
    refused("OperationNotPermitted", "Default rule", elb.modify_rule, RuleArn=default["RuleArn"], Actions=[split])
    assert default_actions(port_81) == [split]
    users = elb.describe_target_groups(TargetGroupArns=[green])["TargetGroups"][0]["LoadBalancerArns"]
    assert users == [balancer]


def default_actions(arn):
    return elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]["DefaultActions"]


def what_is_not_a_forward_is_kept_and_its_secret_is_not_told():
    def login(**secret):
        return {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {**OIDC, **secret}}

    to_blue, to_green = {**forward((blue, 1)), "Order": 2}, {**forward((green, 1)), "Order": 2}
    certificate = [{"CertificateArn": "arn:aws:iam::000000000000:server-certificate/front"}]
    secure = {"protocol": "HTTPS", "Certificates": certificate}
    refused("InvalidLoadBalancerAction", "ClientSecret", lambda: new_listener(443, login(), to_blue, **secure))
    port_443 = new_listener(443, login(ClientSecret="s3cret"), to_blue, **secure)
    told = default_actions(port_443)
    assert told[0] == login() and told[1]["TargetGroupArn"] == blue, told
    words, modified = "UseExistingClientSecret", {"ListenerArn": port_443, "DefaultActions": [told[0], to_green]}
    refused("InvalidLoadBalancerAction", words, elb.modify_listener, **modified)
    modified["DefaultActions"][0] = login(UseExistingClientSecret=True)
    elb.modify_listener(**modified)
    told = default_actions(port_443)
    assert told[0] == login() and told[1]["TargetGroupArn"] == green, told


def a_network_load_balancer_forwards_to_one_group():
    network = elb.create_load_balancer(Name="network", Type="network", Subnets=subnets)["LoadBalancers"][0]
    one, other = (target_group(name, "TCP") for name in ["tcp-one", "tcp-other"])
    tcp = new_listener(80, forward((one, 1)), protocol="TCP", of=network["LoadBalancerArn"])
    split = [forward((one, 1), (other, 1))]
    refused("InvalidLoadBalancerAction", "one target group", elb.modify_listener, ListenerArn=tcp, DefaultActions=split)
    elb.modify_listener(ListenerArn=tcp, DefaultActions=[forward((other, 1))])
    assert default_actions(tcp)[0]["TargetGroupArn"] == other


def the_load_balancer_answers_by_weight():
    old, new = target_group("old"), target_group("new")
    port_82 = new_listener(82, forward((old, 1), (new, 0)))
    service = new_service("served")
    assert answered(port_82)[0] == 503
    good = new_task_set(service, definition(STARTS_IN="0", VERSION="1"), loadBalancers=behind(old))
    bad = new_task_set(service, definition(STARTS_IN="0", VERSION="2", FAILS="yes"), loadBalancers=behind(new))
    from_good, from_bad = (200, {"version": "1", "taskSet": good["id"]}), (500, {"version": "2", "taskSet": bad["id"]})
    assert [answered(port_82) for _ in range(20)] == 20 * [from_good]
    elb.modify_listener(ListenerArn=port_82, DefaultActions=[forward((old, 500), (new, 499))])
    until("some answers are bad", lambda: answered(port_82) == from_bad)
    until("some answers are good", lambda: answered(port_82) == from_good)
    elb.modify_listener(ListenerArn=port_82, DefaultActions=[forward((old, 1))])
    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
    for priority, condition in [
        (2, {"Field": "path-pattern", "Values": ["/admin/*"]}),
        (1, {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Old", "Values": ["y?s"]}}),
    ]:
        elb.create_rule(ListenerArn=port_82, Priority=priority, Conditions=[condition], Actions=[refuse])
    for status, request in [
        (403, {"path": "/admin/users"}),
        (403, {"header": "x-old:YES"}),
        (200, {"path": "/administration", "header": "x-old:no"}),
    ]:
        assert answered(port_82, **request)[0] == status, request
    assert answered(port_82.replace("front", "back"))[0] == 404
    ecs.delete_task_set(cluster=CLUSTER, service=service, taskSet=good["id"], force=True)
    assert answered(port_82)[0] == 503


def answered(arn, **request):
    url = f"{URL}/_load-balancer?{urllib.parse.urlencode({'listener': arn, **request})}"
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        told = error.read()
        return error.code, json.loads(told) if error.headers.get_content_type() == "application/json" else told


main()
