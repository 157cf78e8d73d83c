"""The gaps of moto's ECS: it makes any task set, for any service, and that is steady at once."""

import uuid

from moto.core.responses import ActionResult
from moto.ecs import models
from moto.ecs.exceptions import ECSException, InvalidParameterException, ServiceNotFoundException
from moto.ecs.models import EC2ContainerServiceBackend as Backend
from moto.ecs.responses import EC2ContainerServiceResponse as Responses
from moto.elbv2.models import elbv2_backends

from .task_sets import TaskSet, now

MOST_TASK_SETS = 5
LONGEST_TOKEN = 36


class Service(models.Service):
    """A service with the counts of its task sets, where it has any. moto's serializer goes by the name of the class,
    and its registry by that of the module."""

    __module__ = models.__name__
    _task_sets = ()

    def __init__(self, **properties):
        super().__init__(**properties)
        self.created_at = now()
        self.deployment_configuration = {"maximumPercent": 200, "minimumHealthyPercent": 100}
        if self.is_external:
            self.launch_type = self.platform_version = self.network_configuration = None

    @property
    def is_external(self):
        return self.deployment_controller["type"] == "EXTERNAL"

    @property
    def task_sets(self):
        self._task_sets[:] = [task_set for task_set in self._task_sets if not task_set.is_gone]
        return self._task_sets

    @task_sets.setter
    def task_sets(self, task_sets):
        self._task_sets = task_sets

    @property
    def desired_count(self):
        return self._desired_count

    @desired_count.setter
    def desired_count(self, count):
        for task_set in self._task_sets:
            if task_set.status != "DRAINING" and count != self._desired_count:
                task_set.change()
        self._desired_count = count

    @property
    def running_count(self):
        return sum(task_set.running_count for task_set in self.task_sets) if self.is_external else self._running_count

    @running_count.setter
    def running_count(self, count):
        self._running_count = count

    @property
    def pending_count(self):
        return sum(task_set.pending_count for task_set in self.task_sets) if self.is_external else self._pending_count

    @pending_count.setter
    def pending_count(self, count):
        self._pending_count = count

    def follow(self, primary):
        """Takes over what its primary task set has."""
        for member in [
            "task_definition",
            "load_balancers",
            "service_registries",
            "network_configuration",
            "launch_type",
            "platform_version",
            "capacity_provider_strategy",
        ]:
            setattr(self, member, getattr(primary, member))

    def tell(self, words):
        self.events.insert(0, {"id": str(uuid.uuid4()), "createdAt": now(), "message": f"(service {self.name}{words}"})


def count_as_aws_does():
    """Gap: the counts of an external service have nothing to do with its task sets."""
    models.Service = Service


def make_task_sets_as_aws_does():
    """Gap: a task set is made of anything, as often as one asks, and is steady at once."""

    def create(self):
        backend, request = self.ecs_backend, self._get_params()
        service = external_service(backend, request)
        token = request.get("clientToken")
        if token and len(token) > LONGEST_TOKEN:
            raise InvalidParameterException(f"clientToken must be at most {LONGEST_TOKEN} characters long.")
        same = [task_set for task_set in service.task_sets if token and task_set.client_token == token]
        return ActionResult({"taskSet": same[0] if same else new_task_set(backend, service, request)})

    Responses.create_task_set = create


def new_task_set(backend, service, request):
    if len(service.task_sets) >= MOST_TASK_SETS:
        raise InvalidParameterException(f"The service has {MOST_TASK_SETS} task sets, which is the most it can have.")
    definition = backend.describe_task_definition(request.get("taskDefinition") or "")
    if definition.status != "ACTIVE":
        raise ECSException("ClientException", "TaskDefinition is inactive")
    request = placed(backend, service, request)
    if definition.network_mode == "awsvpc" and not request.get("networkConfiguration"):
        words = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        raise InvalidParameterException(words)
    if network := request.get("networkConfiguration"):
        service._validate_network({"awsvpcConfiguration": {"securityGroups": [], **network["awsvpcConfiguration"]}})
    for balancer in request.get("loadBalancers") or []:
        check_load_balancer(backend, definition, balancer)
    task_set = TaskSet(service, definition, request)
    service.task_sets.append(task_set)
    if obstacle := task_set.environment.get("UNPLACEABLE"):
        service.tell(f", taskSet {task_set.id}) was unable to place a task because {obstacle}")
    return task_set


def placed(backend, service, request):
    """The request with a launch type or a strategy, of which there is one."""
    cluster = backend._get_cluster(service.cluster_name)
    launch_type, strategy = request.get("launchType"), request.get("capacityProviderStrategy")
    if launch_type and strategy:
        words = (
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
        raise InvalidParameterException(words)
    strategy = strategy or (None if launch_type else cluster.default_capacity_provider_strategy)
    if any(part["capacityProvider"] not in (cluster.capacity_providers or []) for part in strategy or []):
        words = (
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
            "with the cluster. Associate the capacity provider with the cluster and try again."
        )
        raise InvalidParameterException(words)
    return {**request, "launchType": None if strategy else launch_type or "EC2", "capacityProviderStrategy": strategy}


def check_load_balancer(backend, definition, balancer):
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    named = [container for container in definition.container_definitions if container["name"] == name]
    if not named:
        raise InvalidParameterException(f"The container {name} does not exist in the task definition.")
    if port not in [mapping.get("containerPort") for mapping in named[0]["portMappings"]]:
        raise InvalidParameterException(f"The container {name} did not have a container port {port} defined.")
    elb, group = elbv2_backends[backend.account_id][backend.region_name], balancer.get("targetGroupArn")
    if group not in elb.target_groups:
        raise InvalidParameterException(f"The target group with targetGroupArn {group} does not exist.")
    if not elb._any_listener_using(group):
        words = f"The target group with targetGroupArn {group} does not have an associated load balancer."
        raise InvalidParameterException(words)


def change_task_sets_as_aws_does():
    """Gap: the primary never reads PRIMARY when it is named by its id, and a new scale is there at once."""

    def update(self):
        request = self._get_params()
        found = task_set_that_stays(external_service(self.ecs_backend, request), request["taskSet"])
        found.change()
        found.scale = request["scale"]
        return ActionResult({"taskSet": found})

    def make_primary(self):
        request = self._get_params()
        service = external_service(self.ecs_backend, request)
        primary = task_set_that_stays(service, request["primaryTaskSet"])
        for other in service.task_sets:
            if other.status != "DRAINING":
                other.status = "PRIMARY" if other is primary else "ACTIVE"
        primary.updated_at = now()
        service.follow(primary)
        return ActionResult({"taskSet": primary})

    Responses.update_task_set = update
    Responses.update_service_primary_task_set = make_primary


def delete_task_sets_as_aws_does():
    """Gap: a task set is gone at once, also one that serves, and whether or not it is forced."""

    def delete(self):
        request = self._get_params()
        found = task_set(external_service(self.ecs_backend, request), request["taskSet"])
        if found.scale["value"] > 0 and not request.get("force"):
            words = f"The task set {found.id} has a scale above 0. Scale it to 0 first, or delete it with force."
            raise InvalidParameterException(words)
        found.drain()
        return ActionResult({"taskSet": found})

    Responses.delete_task_set = delete


def show_task_sets_to_whom_aws_does():
    """Gap: the task sets of every service are described."""
    describe = Responses.describe_task_sets

    def describe_external(self):
        external_service(self.ecs_backend, self._get_params())
        return describe(self)

    Responses.describe_task_sets = describe_external


def external_service(backend, request):
    cluster = backend._get_cluster(request.get("cluster", "default"))
    service = backend.services.get(f"{cluster.name}:{request['service'].split('/')[-1]}")
    if service is None:
        raise ServiceNotFoundException
    if service.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    if not service.is_external:
        words = (
            "Amazon ECS only supports task set management on services configured to use external deployment "
            "controllers."
        )
        raise InvalidParameterException(words)
    return service


def task_set(service, name):
    for found in service.task_sets:
        if found.is_named(name):
            return found
    raise ECSException("TaskSetNotFoundException", "The specified task set does not exist.")


def task_set_that_stays(service, name):
    found = task_set(service, name)
    if found.status == "DRAINING":
        raise InvalidParameterException(f"The task set {found.id} is draining.")
    return found


def refuse_task_definitions():
    """Gap: UpdateService changes the task definition of services that others deploy."""
    update = Backend.update_service

    def update_or_refuse(self, properties):
        service = self._get_service(properties.get("cluster", "default"), properties["service"].split("/")[-1])
        controller = service.deployment_controller["type"]
        if controller != "ECS" and properties.get("task_definition"):
            words = f"Unable to update task definition on services with a {controller} deployment controller."
            way_out = " Use AWS CodeDeploy to trigger a new deployment." if controller == "CODE_DEPLOY" else ""
            raise InvalidParameterException(words + way_out)
        return update(self, properties)

    Backend.update_service = update_or_refuse


def list_tasks_as_aws_does():
    """Gap: no task ever dies, tasks are not told apart by their service, and stopped ones are among the others."""
    list_all = Backend.list_tasks

    def list_also_dead(self, cluster, instance, family, started_by, service, status):
        if started_by and (instance or family or service or status):
            raise InvalidParameterException("startedBy must be the only filter.")
        for found in self.services.values():
            for task in (task for task_set in found.task_sets for task in task_set.deaths()):
                self.tasks.setdefault(found.cluster_name, {})[task.task_arn] = task
        group = f"service:{service.split('/')[-1]}" if service else None
        tasks = list_all(self, cluster, instance, family, started_by, None, status or "RUNNING")
        return [task for task in tasks if group in (None, task.group)]

    Backend.list_tasks = list_also_dead


GAPS = [
    count_as_aws_does,
    make_task_sets_as_aws_does,
    change_task_sets_as_aws_does,
    delete_task_sets_as_aws_does,
    show_task_sets_to_whom_aws_does,
    refuse_task_definitions,
    list_tasks_as_aws_does,
]
