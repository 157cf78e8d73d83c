"""Runs the emulated AWS: ministack 1.5.33, with its gaps closed that matter to Spillway.

Everything below touches private names of that one version, which is why it is pinned in requirements.txt.
The process ends when its standard input ends, so that nothing outlives whoever started it.
"""

import asyncio
import contextvars
import json
import random
import resource
import threading
import time

import hypercorn.asyncio
import lifetime
import loopback
from hypercorn.config import Config
from ministack import app
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch, eventbridge, lambda_svc
from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import provisioners


def main():
    listener = lifetime.take_listener()
    lifetime.end_with_standard_input()
    loopback.guard_http_servers()
    app.app = loopback.guard_asgi(app.app)
    split_weighted_aliases()
    refuse_missing_versions()
    send_alarm_events()
    resolve_timeout_paths()
    wait_for_tokens_as_aws_does()
    start_again_as_aws_does()
    tell_of_children_as_aws_does()
    replace_role_policies()
    try:
        serve(listener)
    finally:
        lifetime.end()


def serve(listener):
    """What app.main does, on a socket that is open already."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    asyncio.run(hypercorn.asyncio.serve(app.app, config))


def split_weighted_aliases():
    """Gap: an invoke through an alias with two versions always reaches the main one."""
    invoke = lambda_svc._invoke

    async def split(name, event, headers, path_qualifier=None, query_params=None):
        qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params)
        aliases = (lambda_svc._functions.get(name) or {}).get("aliases", {})
        routing = aliases.get(qualifier, {}).get("RoutingConfig") or {}
        point = random.random()
        for version, weight in (routing.get("AdditionalVersionWeights") or {}).items():
            if point < weight:
                path_qualifier = version
                break
            point -= weight
        return await invoke(name, event, headers, path_qualifier, query_params)

    lambda_svc._invoke = split


def refuse_missing_versions():
    """Gap: an alias is made for, or pointed at, versions that do not exist."""
    create, update = lambda_svc._create_alias, lambda_svc._update_alias

    def missing(name, data):
        versions = (lambda_svc._functions.get(name) or {}).get("versions", {})
        weights = (data.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        for version in [data.get("FunctionVersion", "$LATEST"), *weights]:
            if name in lambda_svc._functions and version != "$LATEST" and version not in versions:
                return lambda_svc._function_qualifier_not_found(name, version)
        return None

    lambda_svc._create_alias = lambda name, data: missing(name, data) or create(name, data)
    lambda_svc._update_alias = lambda name, alias, data: missing(name, data) or update(name, alias, data)


def send_alarm_events():
    """Gap: an alarm that changes state sends no event to the default event bus."""
    record = cloudwatch._record_history
    states = {}

    def record_and_send(alarm_name, old_state, new_state, reason, alarm_type="MetricAlarm", reason_data=None):
        record(alarm_name, old_state, new_state, reason, alarm_type, reason_data)
        alarm = cloudwatch._alarms.get(alarm_name) or cloudwatch._composite_alarms.get(alarm_name)
        if alarm is None or old_state == new_state:
            return
        now = time.time()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}+0000"
        state = {"value": new_state, "reason": reason, "timestamp": moment}
        if reason_data or alarm.get("StateReasonData"):
            state["reasonData"] = reason_data or alarm["StateReasonData"]
        arn = alarm["AlarmArn"]
        previous = states.get(arn) or {"value": old_state, "reason": "", "timestamp": moment}
        states[arn] = state
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Resources": [arn],
            "Detail": json.dumps(
                {
                    "alarmName": alarm_name,
                    "configuration": alarm_configuration(alarm),
                    "previousState": previous,
                    "state": state,
                }
            ),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    cloudwatch._record_history = record_and_send


def alarm_configuration(alarm):
    description = {"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        return {"alarmRule": alarm["AlarmRule"], **description}
    dimensions = alarm.get("Dimensions") or {}
    if isinstance(dimensions, list):
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in dimensions}
    metric = {
        "namespace": alarm.get("Namespace", ""),
        "name": alarm.get("MetricName", ""),
        "dimensions": dimensions,
    }
    statistic = {"metric": metric, "period": int(alarm.get("Period") or 60), "stat": alarm.get("Statistic", "")}
    return {"metrics": [{"id": "m1", "metricStat": statistic, "returnData": True}], **description}


def resolve_timeout_paths():
    """Gap: TimeoutSecondsPath is read by nobody."""
    execute = sfn._execute_task

    def execute_with_timeout(state_def, raw_input, execution, ctx):
        path = state_def.get("TimeoutSecondsPath")
        if path is None:
            return execute(state_def, raw_input, execution, ctx)
        seconds = sfn._resolve_path_or_ctx(path, raw_input, ctx)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
            raise sfn._ExecutionError(
                "States.Runtime", f"TimeoutSecondsPath {path} does not lead to a positive integer: {seconds!r}"
            )
        return execute({**state_def, "TimeoutSeconds": seconds}, raw_input, execution, ctx)

    sfn._execute_task = execute_with_timeout


def wait_for_tokens_as_aws_does():
    """Gap: a function that fails does not fail its waiting task; a function that still runs keeps
    the task from ending although its token was answered; and a retry gets the token of the first try."""
    invoke_with_callback = sfn._invoke_with_callback
    apply_parameters = sfn._apply_parameters

    def apply_with_new_token(state_def, data, ctx=None):
        if ctx is not None and ".waitForTaskToken" in state_def.get("Resource", ""):
            ctx["Task"] = {"Token": new_uuid()}
        return apply_parameters(state_def, data, ctx)

    def invoke_beside(resource, input_data, token, state_def):
        if ":states:::lambda:invoke" not in resource:
            return invoke_with_callback(resource, input_data, token, state_def)
        function = sfn._resolve_lambda_function_ref(input_data.get("FunctionName", ""), optimized=True)
        ended = threading.Event()
        task = {"event": ended, "result": None, "error": None, "heartbeat": None}
        sfn._task_tokens[token] = task

        def call():
            try:
                sfn._call_lambda(function, input_data.get("Payload", {}))
            except sfn._ExecutionError as failure:
                if not ended.is_set():
                    task["error"] = {"Error": failure.error, "Cause": failure.cause}
                    ended.set()

        threading.Thread(target=contextvars.copy_context().run, args=(call,), daemon=True).start()
        in_time = ended.wait(timeout=state_def.get("TimeoutSeconds", 99999999))
        sfn._task_tokens.pop(token, None)
        if not in_time:
            raise sfn._ExecutionError("States.Timeout", "")
        if task["error"]:
            raise sfn._ExecutionError(task["error"]["Error"], task["error"]["Cause"])
        return json.loads(task["result"])

    sfn._apply_parameters = apply_with_new_token
    sfn._invoke_with_callback = invoke_beside


def start_again_as_aws_does():
    """Gap: starting a running execution again, by the same name with the same input, is refused."""
    start = sfn._start_execution

    def start_or_find(data):
        machine = sfn._state_machines.get(data.get("stateMachineArn", ""))
        arn = (
            f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{data.get('name')}"
            if machine
            else None
        )
        running = sfn._executions.get(arn)
        if running and running["status"] == "RUNNING" and running["input"] == data.get("input", "{}"):
            return sfn.json_response({"executionArn": arn, "startDate": running["startDate"]})
        return start(data)

    sfn._start_execution = start_or_find


def tell_of_children_as_aws_does():
    """Gap: a task that waits for an execution that fails has the error of that execution. On AWS it has
    States.TaskFailed, and the execution, as JSON, is the cause."""

    def failure(execution):
        described = {name[0].upper() + name[1:]: value for name, value in execution.items() if name != "output"}
        return "States.TaskFailed", json.dumps(described)

    sfn._nested_execution_failure = failure


def replace_role_policies():
    """Gap: there is no AWS::IAM::RolePolicy. Another name, or another role, is another policy, which is made before the
    old one goes."""

    def create(_logical_id, props, _stack_name):
        policy = {"Roles": [props["RoleName"]], "PolicyDocument": props["PolicyDocument"]}
        provisioners._iam_policy_require_entities(policy)
        provisioners._iam_policy_require_valid_document(policy)
        provisioners._iam_policy_put(policy, props["PolicyName"])
        return f"{props['PolicyName']}|{props['RoleName']}", {}

    def update(_physical_id, _old_props, new_props, stack_name, logical_id=None):
        return create(logical_id, new_props, stack_name)

    def delete(_physical_id, props):
        provisioners._iam_policy_drop({"Roles": [props["RoleName"]]}, props["PolicyName"])

    provisioners._RESOURCE_HANDLERS["AWS::IAM::RolePolicy"] = {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }


if __name__ == "__main__":
    main()
