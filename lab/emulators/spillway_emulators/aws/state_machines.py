"""The gaps of ministack's Step Functions."""

import contextvars
import json
import threading

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import stepfunctions as sfn


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
