"""What a load balancer would answer: GET /_load-balancer?listener=<ARN>, and, for the conditions of rules, path=<path>,
host=<name> and any number of header=<name>:<value>. It keeps no state: nobody is stuck to a target group.

The answer is JSON, {"version": <variable VERSION of the containers>, "taskSet": <id>}, with status 500 where the
containers have a variable FAILS, and 503 where nothing runs.
"""

import json
import random
import re

from moto.ecs.models import ecs_backends
from moto.elbv2.exceptions import ListenerNotFoundError
from moto.elbv2.models import elbv2_backends
from werkzeug.wrappers import Request, Response


def answer(request: Request) -> Response:
    arn = request.args.get("listener", "")
    _, _, _, region, account, *_ = arn.split(":") + [""] * 5
    if not region or not account:
        return Response(f"{arn!r} is not the ARN of a listener\n", 400)
    try:
        listener = elbv2_backends[account][region].describe_listeners(None, [arn])[0]
    except ListenerNotFoundError:
        return Response(f"there is no listener {arn}\n", 404)
    for action in sorted(actions(listener, request.args), key=lambda action: int(action.data.get("Order") or 0)):
        # Whoever wants to be authenticated is.
        if action.type in PERFORM:
            return PERFORM[action.type](action.data, ecs_backends[account][region])
    return Response("no action answers\n", 503)


def actions(listener, args):
    """The actions of the first rule whose conditions fit, or the default ones."""
    rules = [rule for rule in listener.rules.values() if not rule.is_default]
    for rule in sorted(rules, key=lambda rule: int(rule.priority)):
        if all(fits(condition, args) for condition in rule.conditions):
            return rule.actions
    return listener.default_actions


def fits(condition, args):
    field = condition["Field"]
    if field == "path-pattern":
        values = condition.get("PathPatternConfig", condition)["Values"]
        return any(matches(value, args.get("path", "/")) for value in values)
    if field == "host-header":
        values = condition.get("HostHeaderConfig", condition)["Values"]
        return any(matches(value.lower(), args.get("host", "").lower()) for value in values)
    if field == "http-header":
        config = condition["HttpHeaderConfig"]
        headers = [header.partition(":") for header in args.getlist("header")]
        found = [value for name, _, value in headers if name.lower() == config["HttpHeaderName"].lower()]
        return any(matches(wanted.lower(), value.lower()) for wanted in config["Values"] for value in found)
    return False


def matches(pattern: str, text: str) -> bool:
    """`*` stands for any characters, `?` for one."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def forward(action, ecs):
    groups = action["ForwardConfig"]["TargetGroups"]
    group = choose(groups, [int(group["Weight"]) for group in groups])
    services = [service for service in ecs.services.values() if service.status == "ACTIVE"]
    found = [task_set for service in services for task_set in service.task_sets]
    behind = [task_set for task_set in found if group and task_set.is_behind(group["TargetGroupArn"])]
    task_set = choose(behind, [task_set.running_count for task_set in behind])
    if task_set is None:
        return Response("no task runs behind the target group\n", 503)
    body = json.dumps({"version": task_set.environment.get("VERSION"), "taskSet": task_set.id})
    return Response(body, 500 if "FAILS" in task_set.environment else 200, content_type="application/json")


def choose(things: list, weights: list[int]):
    return random.choices(things, weights)[0] if sum(weights) else None


def respond(action, _):
    config = action["FixedResponseConfig"]
    return Response(config.get("MessageBody", ""), int(config["StatusCode"]), content_type=config.get("ContentType"))


def redirect(action, _):
    return Response("", int(action["RedirectConfig"]["StatusCode"].removeprefix("HTTP_")))


PERFORM = {"forward": forward, "fixed-response": respond, "redirect": redirect}
