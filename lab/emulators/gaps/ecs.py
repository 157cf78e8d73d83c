"""What AWS does, and moto does not."""

import json
import threading
import time
import uuid

from gaps import refused, until


def _network(client):
    found = client("ec2").describe_subnets()["Subnets"]
    return found[0]["VpcId"], [subnet["SubnetId"] for subnet in found]


def _balancer(client, kind="application", port=80):
    vpc, subnets = _network(client)
    protocol = {"application": "HTTP", "network": "TCP"}[kind]
    elb = client("elbv2")
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets[:2], Type=kind)["LoadBalancers"][0]
    groups = [
        elb.create_target_group(Name=name, Protocol=protocol, Port=port, VpcId=vpc, TargetType="ip")["TargetGroups"][0]
        for name in ["one", "two"]
    ]
    return elb, balancer, [group["TargetGroupArn"] for group in groups], protocol


def _listener(client, kind="application"):
    elb, balancer, groups, protocol = _balancer(client, kind)
    to = [{"Type": "forward", "TargetGroupArn": groups[0]}]
    made = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol=protocol, Port=80, DefaultActions=to
    )
    return elb, balancer["LoadBalancerArn"], made["Listeners"][0]["ListenerArn"], groups


def _service(client, controller="EXTERNAL", **variables):
    """A service of two tasks, and the ARN of its task definition."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName="c")
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    container = {
        "name": "web",
        "image": "i",
        "memory": 1,
        "environment": environment,
        "portMappings": [{"containerPort": 80}],
    }
    made = ecs.register_task_definition(family="f", networkMode="bridge", containerDefinitions=[container])
    definition = made["taskDefinition"]["taskDefinitionArn"]
    own = {"taskDefinition": definition} if controller == "ECS" else {}
    ecs.create_service(cluster="c", serviceName="s", desiredCount=2, deploymentController={"type": controller}, **own)
    return ecs, definition


def _task_set(ecs, definition, **more):
    scale = {"value": 100.0, "unit": "PERCENT"}
    made = ecs.create_task_set(cluster="c", service="s", taskDefinition=definition, scale=scale, **more)
    return made["taskSet"]


def answer_one_at_a_time(client):
    from moto.ecs.models import EC2ContainerServiceBackend as Backend

    at_once, most = [], []
    describe = Backend.list_clusters

    def describe_slowly(self):
        at_once.append(None)
        most.append(len(at_once))
        time.sleep(0.3)
        at_once.pop()
        return describe(self)

    Backend.list_clusters = describe_slowly
    ecs = client("ecs")
    threads = [threading.Thread(target=ecs.list_clusters) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1], most


def tell_actions_as_aws_does(client):
    elb, _, listener, groups = _listener(client)
    told = elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"][0]
    assert told["TargetGroupArn"] == groups[0], told
    assert [group["TargetGroupArn"] for group in told["ForwardConfig"]["TargetGroups"]] == [groups[0]], told


def tell_actions_as_aws_does__and_refuses_weights(client):
    elb, _, listener, groups = _listener(client)
    heavy = {"TargetGroups": [{"TargetGroupArn": groups[0], "Weight": 1000}]}
    to = [{"Type": "forward", "ForwardConfig": heavy}]
    assert refused(lambda: elb.modify_listener(ListenerArn=listener, DefaultActions=to)) == "ValidationError"


def check_actions_as_aws_does(client):
    elb, _, listener, groups = _listener(client)
    rule = elb.describe_rules(ListenerArn=listener)["Rules"][0]["RuleArn"]
    to = [{"Type": "forward", "TargetGroupArn": groups[1]}]
    assert refused(lambda: elb.modify_rule(RuleArn=rule, Actions=to)) == "OperationNotPermitted"


def check_actions_as_aws_does__of_network_load_balancers(client):
    elb, _, listener, groups = _listener(client, "network")
    both = {"TargetGroups": [{"TargetGroupArn": group, "Weight": 1} for group in groups]}
    to = [{"Type": "forward", "ForwardConfig": both}]
    code = refused(lambda: elb.modify_listener(ListenerArn=listener, DefaultActions=to))
    assert code == "InvalidLoadBalancerAction", code


def tell_load_balancers_as_aws_does(client):
    elb, balancer, listener, groups = _listener(client)
    to = [{"Type": "forward", "TargetGroupArn": groups[1]}]
    elb.modify_listener(ListenerArn=listener, DefaultActions=to)
    told = elb.describe_target_groups(TargetGroupArns=groups)["TargetGroups"]
    used = {group["TargetGroupArn"]: group["LoadBalancerArns"] for group in told}
    assert used == {groups[0]: [], groups[1]: [balancer]}, used


def name_load_balancers_as_aws_does(client):
    _, balancer, listener, _ = _listener(client, "network")
    assert ":loadbalancer/net/" in balancer and ":listener/net/" in listener, (balancer, listener)


def count_as_aws_does(client):
    ecs, definition = _service(client, STARTS_IN="0")
    _task_set(ecs, definition)

    def count():
        service = ecs.describe_services(cluster="c", services=["s"])["services"][0]
        return service["runningCount"] == 2 and service["pendingCount"] == 0

    until("the count of the task set's tasks", count, 5)


def make_task_sets_as_aws_does(client):
    ecs, definition = _service(client)
    token = str(uuid.uuid4())
    one, again = (_task_set(ecs, definition, clientToken=token) for _ in range(2))
    assert one["id"] == again["id"], (one, again)
    assert one["stabilityStatus"] == "STABILIZING", one
    to = [{"targetGroupArn": _balancer(client)[2][0], "containerName": "db", "containerPort": 80}]
    assert refused(lambda: _task_set(ecs, definition, loadBalancers=to)) == "InvalidParameterException"


def change_task_sets_as_aws_does(client):
    ecs, definition = _service(client)
    made = _task_set(ecs, definition)
    primary = ecs.update_service_primary_task_set(cluster="c", service="s", primaryTaskSet=made["id"])["taskSet"]
    assert primary["status"] == "PRIMARY", primary


def delete_task_sets_as_aws_does(client):
    ecs, definition = _service(client)
    made = {"cluster": "c", "service": "s", "taskSet": _task_set(ecs, definition)["taskSetArn"]}
    assert refused(lambda: ecs.delete_task_set(**made)) == "InvalidParameterException"
    assert ecs.delete_task_set(**made, force=True)["taskSet"]["status"] == "DRAINING"


def show_task_sets_to_whom_aws_does(client):
    ecs, _ = _service(client, controller="ECS")
    code = refused(lambda: ecs.describe_task_sets(cluster="c", service="s"))
    assert code == "InvalidParameterException", code


def refuse_task_definitions(client):
    ecs, definition = _service(client)
    code = refused(lambda: ecs.update_service(cluster="c", service="s", taskDefinition=definition))
    assert code == "InvalidParameterException", code


def list_tasks_as_aws_does(client):
    ecs, definition = _service(client, DIES="out of memory")
    made = _task_set(ecs, definition)

    def look():
        return ecs.list_tasks(cluster="c", serviceName="s", desiredStatus="STOPPED")["taskArns"]

    died = until("a task that died", look, 5)
    task = ecs.describe_tasks(cluster="c", tasks=died)["tasks"][0]
    assert (task["startedBy"], task["stoppedReason"]) == (made["id"], "out of memory"), json.dumps(task, default=str)
    assert ecs.list_tasks(cluster="c", serviceName="s")["taskArns"] == [], "nothing runs"
