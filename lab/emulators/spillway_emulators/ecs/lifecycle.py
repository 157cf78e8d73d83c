"""The waits of instances in Auto Scaling groups for their lifecycle hooks.

An instance that waits has an action for each hook that did not let it go yet. The actions are kept with the instance,
so that they go with it.
"""

import threading
import time
import uuid

from moto.autoscaling.exceptions import ValidationError

from .requests import turn

LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
WAITS = {LAUNCHING: "Pending:Wait", TERMINATING: "Terminating:Wait"}
RESULTS = ["CONTINUE", "ABANDON"]


class Action:
    """What an instance waits for."""

    def __init__(self, state, hook):
        self.state, self.hook_name, self.transition = state, hook.name, hook.lifecycle_transition
        self.timeout, self.default_result = hook.heartbeat_timeout, hook.default_result
        self.metadata = getattr(hook, "notification_metadata", None)
        self.token = str(uuid.uuid4())

    @property
    def group(self):
        return self.state.auto_scaling_group

    @property
    def is_open(self):
        group = self.group
        exists = group.autoscaling_backend.autoscaling_groups.get(group.name) is group
        return exists and self.state in group.instance_states and self in self.state.actions

    def start(self):
        self.beat()
        self.watch()

    def beat(self):
        self.deadline = time.monotonic() + self.timeout

    def watch(self):
        timer = threading.Timer(max(0, self.deadline - time.monotonic()), self.time_out)
        timer.daemon = True
        timer.start()

    def time_out(self):
        with turn:
            if not self.is_open:
                return
            if time.monotonic() < self.deadline:
                self.watch()
            else:
                self.complete(self.default_result)

    def complete(self, result):
        state, group = self.state, self.group
        state.actions = [] if result == "ABANDON" else [action for action in state.actions if action is not self]
        if self.transition == LAUNCHING and result == "ABANDON":
            end(state)
            # Launches another one.
            group.set_desired_capacity(group.desired_capacity)
        elif state.actions:
            return
        elif self.transition == LAUNCHING:
            state.lifecycle_state = "InService"
            group.autoscaling_backend.update_attached_elbs(group.name)
            group.autoscaling_backend.update_attached_target_groups(group.name)
        else:
            end(state)


def wait(state, transition):
    """Has an instance wait for the hooks of a transition, if there are any."""
    group = state.auto_scaling_group
    hooks = group.autoscaling_backend.describe_lifecycle_hooks(group.name)
    state.actions = [Action(state, hook) for hook in hooks if hook.lifecycle_transition == transition]
    if state.actions:
        state.lifecycle_state = WAITS[transition]
    for action in state.actions:
        action.start()
    return bool(state.actions)


def leave(state):
    """Takes an instance out of service, and ends it as soon as its hooks let it go. One that was not in service yet has
    nothing to wait for."""
    if state.lifecycle_state == WAITS[TERMINATING]:
        return
    group = state.auto_scaling_group
    group.autoscaling_backend.elbv2_backend.notify_terminate_instances([state.instance.id])
    if state.lifecycle_state == WAITS[LAUNCHING] or not wait(state, TERMINATING):
        end(state)


def end(state):
    group = state.auto_scaling_group
    group.ec2_backend.terminate_instances([state.instance.id])
    group.instance_states = [other for other in group.instance_states if other is not state]


def open_actions(backend, group_name, hook_name):
    group = backend.autoscaling_groups.get(group_name)
    states = group.instance_states if group else []
    actions = [action for state in states for action in getattr(state, "actions", [])]
    return [action for action in actions if action.hook_name == hook_name]


def open_action(backend, request):
    """The action that a request names, by its token or by its instance."""
    token, instance = request.get("LifecycleActionToken"), request.get("InstanceId")
    for action in open_actions(backend, request["AutoScalingGroupName"], request["LifecycleHookName"]):
        if (action.token == token) if token else (action.state.instance.id == instance):
            return action
    named = f"token {token}" if token else f"instance ID {instance}"
    raise ValidationError(f"No active Lifecycle Action found with {named}")
