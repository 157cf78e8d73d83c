"""Task sets that take their time. How they do, the environment of their containers says: STARTS_IN=<seconds>, 1 unless
said; DRAINS_IN=<seconds>, 2 unless said; DIES=<reason>, a task every 0.3 s; UNPLACEABLE=<what stands in the way>.
"""

import math
import random
import time
import uuid
from datetime import datetime, timezone

STARTS_IN = "1"
DRAINS_IN = "2"
DIES_EVERY = 0.3


class TaskSet:
    """What it counts depends on when one looks; only changes are written down."""

    def __init__(self, service, definition, request):
        self.service, self.task_definition = service, definition.arn
        self.id = f"ecs-svc/{random.randrange(10**18, 10**19)}"
        self.task_set_arn = f"{service.arn.replace(':service/', ':task-set/')}/{self.id}"
        self.service_arn, self.cluster_arn = service.arn, service.cluster_arn
        self.status = "ACTIVE"
        self.external_id, self.client_token = request.get("externalId"), request.get("clientToken")
        self.scale = request.get("scale") or {"value": 0.0, "unit": "PERCENT"}
        self.load_balancers = request.get("loadBalancers") or []
        self.service_registries = request.get("serviceRegistries") or []
        self.network_configuration = request.get("networkConfiguration")
        self.capacity_provider_strategy = request.get("capacityProviderStrategy") or []
        self.launch_type = request.get("launchType")
        self.platform_version = request.get("platformVersion") or ("LATEST" if self.launch_type == "FARGATE" else None)
        self.tags = request.get("tags") or []
        variables = [pair for container in definition.container_definitions for pair in container["environment"]]
        self.environment = {pair["name"]: pair["value"] for pair in variables}
        self.starts_in = float(self.environment.get("STARTS_IN", STARTS_IN))
        self.drains_in = float(self.environment.get("DRAINS_IN", DRAINS_IN))
        self.container_names = [container["name"] for container in definition.container_definitions]
        self.created_at = self.updated_at = now()
        self.changed, self.running_before, self.dead = time.time(), 0, 0

    @property
    def computed_desired_count(self):
        return math.ceil(self.service.desired_count * self.scale["value"] / 100)

    @property
    def running_count(self):
        passed = time.time() - self.changed
        if self.status == "DRAINING":
            return math.ceil(self.running_before * max(0, 1 - passed / self.drains_in))
        if "DIES" in self.environment or "UNPLACEABLE" in self.environment:
            return 0
        return self.computed_desired_count if passed >= self.starts_in else self.running_before

    @property
    def pending_count(self):
        return 0 if "UNPLACEABLE" in self.environment else max(0, self.computed_desired_count - self.running_count)

    @property
    def stability_status(self):
        settled = time.time() - self.changed >= self.starts_in
        return "STEADY_STATE" if settled and self.running_count == self.computed_desired_count else "STABILIZING"

    @property
    def stability_status_at(self):
        return moment(self.changed + (self.starts_in if self.stability_status == "STEADY_STATE" else 0))

    @property
    def is_gone(self):
        return self.status == "DRAINING" and time.time() - self.changed >= self.drains_in

    def is_named(self, name):
        return name in (self.id, self.task_set_arn)

    def is_behind(self, target_group):
        """What drains is no target any more."""
        groups = [balancer.get("targetGroupArn") for balancer in self.load_balancers]
        return self.status != "DRAINING" and target_group in groups

    def change(self):
        """What it counts now is where the change begins that is about to be made."""
        self.running_before, self.changed, self.updated_at = self.running_count, time.time(), now()

    def drain(self):
        if self.status != "DRAINING":
            self.change()
            self.status, self.scale = "DRAINING", {"value": 0.0, "unit": "PERCENT"}

    def deaths(self):
        """The tasks that have died since somebody last asked."""
        if "DIES" not in self.environment or self.computed_desired_count == 0:
            return []
        born = self.created_at.timestamp()
        due = int((time.time() - born) / DIES_EVERY)
        died = [StoppedTask(self, born + DIES_EVERY * (n + 1)) for n in range(self.dead, due)]
        self.dead = due
        return died


class StoppedTask:
    """A task whose container has exited with an error. It has the members that moto's own tasks have."""

    def __init__(self, task_set, at):
        service, reason = task_set.service, task_set.environment["DIES"]
        self.id = uuid.uuid4().hex
        self.task_arn = f"{service.arn.split(':service/')[0]}:task/{service.cluster_name}/{self.id}"
        self.cluster_name, self.cluster_arn = service.cluster_name, service.cluster_arn
        self.task_definition_arn, self.launch_type = task_set.task_definition, task_set.launch_type
        self.group, self.started_by = f"service:{service.name}", task_set.id
        self.last_status = self.desired_status = "STOPPED"
        self.stop_code, self.stopped_reason = "EssentialContainerExited", reason
        self.created_at = self.started_at = moment(at - DIES_EVERY)
        self.stopping_at = self.stopped_at = moment(at)
        self.container_instance_arn, self.tags = None, []
        exited = {"taskArn": self.task_arn, "lastStatus": "STOPPED", "exitCode": 1, "reason": reason}
        self.containers = [{"name": name, **exited} for name in task_set.container_names]

    def advance(self):
        """It goes nowhere any more."""


def now():
    return moment(time.time())


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)
