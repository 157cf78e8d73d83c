"""What AWS does, and moto does not."""

import json
import os
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

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


def _template(client, **more):
    ec2 = client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(
        LaunchTemplateName="box", LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro", **more}
    )
    return {"LaunchTemplateName": "box", "Version": "$Default"}


def _hook(transition="LAUNCHING", **more):
    return {"LifecycleHookName": "h", "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{transition}", **more}


def _group(client, hooks=(), capacity=1, **more):
    """A group of that many instances, of which each waits for the hooks that are for launching ones."""
    scaling = client("autoscaling")
    _, subnets = _network(client)
    template = more.pop("LaunchTemplate", None) or _template(client)
    made = {"LaunchTemplate": template, "VPCZoneIdentifier": subnets[0], **more}
    scaling.create_auto_scaling_group(AutoScalingGroupName="g", MinSize=0, MaxSize=9, DesiredCapacity=0, **made)
    for hook in hooks:
        scaling.put_lifecycle_hook(AutoScalingGroupName="g", **hook)
    scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=capacity)
    return scaling


def _instances(scaling):
    """The lifecycle states of the group's instances by their ids."""
    group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["g"])["AutoScalingGroups"][0]
    return {instance["InstanceId"]: instance["LifecycleState"] for instance in group["Instances"]}


def _is_terminated(client, instance):
    filters = [{"Name": "instance-id", "Values": [instance]}]
    found = client("ec2").describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]
    return found["State"]["Name"] == "terminated"


def _complete(scaling, instance, result="CONTINUE", hook="h"):
    scaling.complete_lifecycle_action(
        AutoScalingGroupName="g", LifecycleHookName=hook, InstanceId=instance, LifecycleActionResult=result
    )


def keep_hooks_as_aws_does(client):
    given = _hook(HeartbeatTimeout=600, DefaultResult="CONTINUE", NotificationMetadata="app")
    told = _group(client, [given]).describe_lifecycle_hooks(AutoScalingGroupName="g")["LifecycleHooks"]
    assert told == [{**given, "AutoScalingGroupName": "g", "GlobalTimeout": 172800}], told


def keep_hooks_as_aws_does__and_changes_them(client):
    target = {
        "NotificationTargetARN": "arn:aws:sns:us-east-1:000000000000:t",
        "RoleARN": "arn:aws:iam::000000000000:role/r",
    }
    scaling = _group(client, [_hook(NotificationMetadata="app", **target)])
    scaling.put_lifecycle_hook(AutoScalingGroupName="g", LifecycleHookName="h", HeartbeatTimeout=60)
    told = scaling.describe_lifecycle_hooks(AutoScalingGroupName="g")["LifecycleHooks"][0]
    assert told["HeartbeatTimeout"] == 60 and told["DefaultResult"] == "ABANDON", told
    assert told.items() >= {"NotificationMetadata": "app", **target}.items(), told


def keep_hooks_as_aws_does__of_groups_that_there_are(client):
    scaling = client("autoscaling")
    code = refused(lambda: scaling.put_lifecycle_hook(AutoScalingGroupName="none", **_hook()))
    assert code == "ValidationError", code


def keep_hooks_as_aws_does__as_long_as_the_group(client):
    specification = [_hook(), {**_hook("TERMINATING"), "LifecycleHookName": "e"}]
    scaling = _group(client, LifecycleHookSpecificationList=specification, capacity=2)
    one, two = _instances(scaling)
    _complete(scaling, one)
    scaling.terminate_instance_in_auto_scaling_group(InstanceId=one, ShouldDecrementDesiredCapacity=True)
    assert _instances(scaling) == {one: "Terminating:Wait", two: "Pending:Wait"}
    scaling.delete_auto_scaling_group(AutoScalingGroupName="g", ForceDelete=True)
    assert _is_terminated(client, one) and _is_terminated(client, two)
    assert scaling.describe_lifecycle_hooks(AutoScalingGroupName="g")["LifecycleHooks"] == []


def give_instance_profiles(client):
    client("iam").create_instance_profile(InstanceProfileName="p")
    template = _template(client, IamInstanceProfile={"Name": "p"})
    (instance,) = _instances(_group(client, LaunchTemplate=template))
    found = client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    assert found["IamInstanceProfile"]["Arn"].endswith(":instance-profile/p"), found


def wait_for_launching_hooks(client):
    elb, _, groups, _ = _balancer(client)
    scaling = _group(client, [_hook(), {**_hook(), "LifecycleHookName": "i"}], 2, TargetGroupARNs=groups[:1])

    def registered():
        told = elb.describe_target_health(TargetGroupArn=groups[0])["TargetHealthDescriptions"]
        return [target["Target"]["Id"] for target in told]

    one, two = _instances(scaling)
    assert _instances(scaling) == {one: "Pending:Wait", two: "Pending:Wait"}
    scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=2)
    assert len(_instances(scaling)) == 2, "those that wait count"
    _complete(scaling, two)
    assert _instances(scaling)[two] == "Pending:Wait" and registered() == [], "one hook of two is not enough"
    _complete(scaling, two, hook="i")
    assert _instances(scaling) == {one: "Pending:Wait", two: "InService"}
    assert registered() == [two], registered()


def wait_for_launching_hooks__and_replaces_what_is_abandoned(client):
    scaling = _group(client, [_hook()])
    (one,) = _instances(scaling)
    _complete(scaling, one, "ABANDON")
    ((other, state),) = _instances(scaling).items()
    assert other != one and state == "Pending:Wait", (one, other, state)
    assert _is_terminated(client, one)


def wait_for_launching_hooks__only_so_long(client):
    scaling = _group(client, [_hook(HeartbeatTimeout=2, DefaultResult="CONTINUE")])
    (one,) = _instances(scaling)
    assert _instances(scaling) == {one: "Pending:Wait"}
    until("the end of the wait", lambda: _instances(scaling) == {one: "InService"}, 5)


def wait_for_terminating_hooks(client):
    scaling = _group(client, [_hook("TERMINATING")], 2)
    one, two = _instances(scaling)
    scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=1)
    assert _instances(scaling) == {one: "Terminating:Wait", two: "InService"}
    scaling.terminate_instance_in_auto_scaling_group(InstanceId=two, ShouldDecrementDesiredCapacity=False)
    states = _instances(scaling)
    assert (states.pop(one), states.pop(two)) == ("Terminating:Wait", "Terminating:Wait")
    assert list(states.values()) == ["InService"], states
    assert not _is_terminated(client, one)
    _complete(scaling, one)
    _complete(scaling, two, "ABANDON")
    assert _instances(scaling) == states and _is_terminated(client, one) and _is_terminated(client, two)


def wait_for_terminating_hooks__without_traffic(client):
    elb, _, groups, _ = _balancer(client)
    scaling = _group(client, capacity=2, TargetGroupARNs=groups[:1])
    scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=1)
    told = elb.describe_target_health(TargetGroupArn=groups[0])["TargetHealthDescriptions"]
    assert [target["Target"]["Id"] for target in told] == list(_instances(scaling)), told


def complete_lifecycle_actions(client):
    scaling = _group(client, [_hook()])
    (one,) = _instances(scaling)
    _complete(scaling, one)
    try:
        _complete(scaling, one)
    except scaling.exceptions.ClientError as error:
        told = error.response["Error"]
    expected = ("ValidationError", f"No active Lifecycle Action found with instance ID {one}")
    assert (told["Code"], told["Message"]) == expected, told


def complete_lifecycle_actions__or_prolongs_them(client):
    scaling = _group(client, [_hook(HeartbeatTimeout=2)])
    (one,) = _instances(scaling)
    for _ in range(3):
        time.sleep(1)
        scaling.record_lifecycle_action_heartbeat(AutoScalingGroupName="g", LifecycleHookName="h", InstanceId=one)
    assert _instances(scaling) == {one: "Pending:Wait"}
    until("its replacement", lambda: one not in _instances(scaling), 5)


def complete_lifecycle_actions__of_hooks_that_go(client):
    scaling = _group(client, [_hook("TERMINATING")])
    scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=0)
    assert list(_instances(scaling).values()) == ["Terminating:Wait"]
    scaling.delete_lifecycle_hook(AutoScalingGroupName="g", LifecycleHookName="h")
    assert _instances(scaling) == {}


def keep_mixed_instances_policies(client):
    scaling, (_, subnets) = client("autoscaling"), _network(client)
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": _template(client),
            "Overrides": [{"InstanceType": "t3.small", "WeightedCapacity": "2"}],
        }
    }
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="g", MinSize=0, MaxSize=9, VPCZoneIdentifier=subnets[0], MixedInstancesPolicy=policy
    )

    def told():
        return scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["g"])["AutoScalingGroups"][0]

    before = told()["MixedInstancesPolicy"]
    scaling.update_auto_scaling_group(AutoScalingGroupName="g", MinSize=1, DesiredCapacity=4)
    assert told().get("MixedInstancesPolicy") == before, told()
    assert len(_instances(scaling)) == 2, "each counts for two"


def send_lifecycle_events(client):
    sent = []

    class Bus(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Entries"])
            self.send_response(200)
            self.end_headers()

    bus = HTTPServer(("127.0.0.1", 0), Bus)
    threading.Thread(target=bus.serve_forever, daemon=True).start()
    os.environ["SPILLWAY_EVENTS_URL"] = f"http://127.0.0.1:{bus.server_port}/_events"
    hooks = [_hook(NotificationMetadata="app"), {**_hook("TERMINATING"), "LifecycleHookName": "e"}]
    scaling = _group(client, hooks)
    (one,) = _instances(scaling)
    launch = until("the event of the launch", lambda: sent and sent.pop(), 5)
    arn = scaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["AutoScalingGroupARN"]
    assert (launch["Source"], launch["Resources"]) == ("aws.autoscaling", [arn]), launch
    assert launch["DetailType"] == "EC2 Instance-launch Lifecycle Action", launch
    detail = json.loads(launch["Detail"])
    token = detail.pop("LifecycleActionToken")
    assert detail == {
        "AutoScalingGroupName": "g",
        "LifecycleHookName": "h",
        "EC2InstanceId": one,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "NotificationMetadata": "app",
        "Origin": "EC2",
        "Destination": "AutoScalingGroup",
    }, detail
    named = {"AutoScalingGroupName": "g", "LifecycleHookName": "h", "LifecycleActionToken": token}
    scaling.complete_lifecycle_action(**named, LifecycleActionResult="CONTINUE")
    scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=0)
    end = until("the event of the termination", lambda: sent and sent.pop(), 5)
    assert end["DetailType"] == "EC2 Instance-terminate Lifecycle Action", end
    detail = json.loads(end["Detail"])
    assert (detail["Origin"], detail["Destination"]) == ("AutoScalingGroup", "EC2"), detail
    assert "NotificationMetadata" not in detail, detail
