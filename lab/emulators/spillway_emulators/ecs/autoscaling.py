"""The gaps of moto's Auto Scaling: it keeps half of a lifecycle hook, and waits for none."""

import copy

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend as Backend
from moto.autoscaling.models import FakeAutoScalingGroup as Group
from moto.autoscaling.models import TerminateInstanceActivity
from moto.autoscaling.responses import AutoScalingResponse as Responses
from moto.core.responses import EmptyResult

from .lifecycle import LAUNCHING, RESULTS, TERMINATING, WAITS, end, leave, open_action, open_actions, wait


def keep_hooks_as_aws_does():
    """Gap: a hook forgets its metadata and invents whom it notifies, is put on groups that there are not, outlives its
    group, and is dropped where a group is created with it."""
    create, delete = Responses.create_auto_scaling_group, Backend.delete_auto_scaling_group

    def put(self):
        backend, request = self.autoscaling_backend, self._get_params()
        name = request["AutoScalingGroupName"]
        if name not in backend.autoscaling_groups:
            raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
        keep_hook(backend, name, request)
        return EmptyResult()

    def create_with_hooks(self):
        # Before the group, because its instances wait for them.
        backend, request = self.autoscaling_backend, self._get_params()
        name = request["AutoScalingGroupName"]
        existed = name in backend.autoscaling_groups
        for given in request.get("LifecycleHookSpecificationList") or []:
            keep_hook(backend, name, given)
        try:
            return create(self)
        except Exception:
            if not existed:
                forget_hooks(backend, name)
            raise

    def delete_with_hooks(self, group_name):
        if group_name in self.autoscaling_groups:
            forget_hooks(self, group_name)
            for state in list(self.autoscaling_groups[group_name].instance_states):
                state.protected_from_scale_in = False
                if state.lifecycle_state == WAITS[TERMINATING]:
                    end(state)
        return delete(self, group_name)

    Responses.put_lifecycle_hook = put
    Responses.create_auto_scaling_group = create_with_hooks
    Backend.delete_auto_scaling_group = delete_with_hooks


def keep_hook(backend, group_name, given):
    """Makes a hook, or changes what is given of one that there is."""
    name, result = given["LifecycleHookName"], given.get("DefaultResult")
    before = next(iter(backend.describe_lifecycle_hooks(group_name, [name])), None)
    transition = given.get("LifecycleTransition") or (before and before.lifecycle_transition)
    if transition not in WAITS:
        raise ValidationError(f"The lifecycle transition of a hook is one of {', '.join(WAITS)}.")
    if result not in [None, *RESULTS]:
        raise ValidationError(f"The default result of a hook is one of {', '.join(RESULTS)}.")
    hook = backend.create_lifecycle_hook(name, group_name, transition, given.get("HeartbeatTimeout"), result)
    for told, member in [
        ("HeartbeatTimeout", "heartbeat_timeout"),
        ("DefaultResult", "default_result"),
        ("NotificationMetadata", "notification_metadata"),
        ("NotificationTargetARN", "notification_target_arn"),
        ("RoleARN", "role_arn"),
    ]:
        default = getattr(hook, member) if told in ["HeartbeatTimeout", "DefaultResult"] else None
        setattr(hook, member, given.get(told) or (getattr(before, member, None) if before else default))


def forget_hooks(backend, group_name):
    for hook in backend.describe_lifecycle_hooks(group_name):
        backend.lifecycle_hooks.pop(f"{group_name}_{hook.name}")


def give_instance_profiles():
    """Gap: an instance has no instance profile, whatever its group launches it from."""
    launch = Group.replace_autoscaling_group_instances

    def launch_with_profile(self, count_needed, propagated_tags):
        before = len(self.instance_states)
        launch(self, count_needed, propagated_tags)
        profile = profile_of(self)
        if not profile:
            return
        named = {f"iam_instance_profile_{'arn' if profile.startswith('arn:') else 'name'}": profile}
        for state in self.instance_states[before:]:
            self.autoscaling_backend.ec2_backend.associate_iam_instance_profile(state.instance.id, **named)

    Group.replace_autoscaling_group_instances = launch_with_profile


def profile_of(group):
    """The instance profile of what a group launches its instances from, by its name or its ARN."""
    if group.launch_config:
        return group.launch_config.iam_instance_profile
    version = group.ec2_launch_template.get_version(group.launch_template_version or "$Default")
    profile = version.data.get("IamInstanceProfile", {})
    return profile.get("Arn") or profile.get("Name")


def wait_for_launching_hooks():
    """Gap: an instance is in service at once, whatever its group's hooks."""
    launch = Group.replace_autoscaling_group_instances

    def launch_and_wait(self, count_needed, propagated_tags):
        before = len(self.instance_states)
        launch(self, count_needed, propagated_tags)
        for state in self.instance_states[before:]:
            wait(state, LAUNCHING)

    def active(self):
        return [state for state in self.instance_states if state.lifecycle_state in ["InService", WAITS[LAUNCHING]]]

    Group.replace_autoscaling_group_instances = launch_and_wait
    Group.active_instances = active
    Backend.update_attached_elbs = with_those_in_service(Backend.update_attached_elbs)
    Backend.update_attached_target_groups = with_those_in_service(Backend.update_attached_target_groups)


def with_those_in_service(register):
    """How instances are registered with load balancers, but for those that wait."""

    def register_them(self, group_name):
        group = self.autoscaling_groups[group_name]
        states = group.instance_states
        group.instance_states = [state for state in states if state.lifecycle_state == "InService"]
        try:
            register(self, group_name)
        finally:
            group.instance_states = states

    return register_them


def wait_for_terminating_hooks():
    """Gap: an instance that goes is gone at once, whatever its group's hooks, and its target groups never hear of
    it."""
    scale = Group.set_desired_capacity

    def scale_and_wait(self, new_capacity):
        target = self.min_size if new_capacity is None else new_capacity
        if not is_weighted(self):
            surplus = max(0, len(self.active_instances()) - (target or 0))
            unprotected = [state for state in self.active_instances() if not state.protected_from_scale_in]
            for state in unprotected[:surplus]:
                leave(state)
        # moto would choose those that wait for their end as well.
        leaving = [state for state in self.instance_states if state.lifecycle_state == WAITS[TERMINATING]]
        self.instance_states = [state for state in self.instance_states if state not in leaving]
        try:
            scale(self, new_capacity)
        finally:
            self.instance_states = [*self.instance_states, *leaving]

    def terminate(self, instance_id, should_decrement):
        states = self.describe_auto_scaling_instances([instance_id])
        if not states:
            raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
        state, group = states[0], states[0].auto_scaling_group
        capacity = group.desired_capacity
        is_leaving = state.lifecycle_state == WAITS[TERMINATING]
        leave(state)
        self.set_desired_capacity(group.name, capacity - (1 if should_decrement and not is_leaving else 0))
        return TerminateInstanceActivity(state.instance, capacity)

    Group.set_desired_capacity = scale_and_wait
    Backend.terminate_instance = terminate


def is_weighted(group):
    """Whether an instance counts for more than one; then only moto knows how many are too many."""
    overrides = ((group.mixed_instances_policy or {}).get("LaunchTemplate") or {}).get("Overrides") or []
    return any(override.get("WeightedCapacity", "1") != "1" for override in overrides)


def complete_lifecycle_actions():
    """Gap: nobody can say that an instance need not wait any longer, or has to wait longer."""
    delete = Backend.delete_lifecycle_hook

    def complete(self):
        request = self._get_params()
        result = request.get("LifecycleActionResult")
        if result not in RESULTS:
            raise ValidationError(f"The result of a lifecycle action is one of {', '.join(RESULTS)}.")
        open_action(self.autoscaling_backend, request).complete(result)
        return EmptyResult()

    def beat(self):
        open_action(self.autoscaling_backend, self._get_params()).beat()
        return EmptyResult()

    def complete_and_delete(self, as_name, name):
        waiting = open_actions(self, as_name, name)
        delete(self, as_name, name)
        for action in waiting:
            action.complete("ABANDON" if action.transition == LAUNCHING else "CONTINUE")

    Responses.complete_lifecycle_action = complete
    Responses.record_lifecycle_action_heartbeat = beat
    Backend.delete_lifecycle_hook = complete_and_delete


def keep_mixed_instances_policies():
    """Gap: an update that says nothing of the policy erases it."""
    update = Group.update

    def update_and_keep(self, **given):
        named = [given.get(name) for name in ["launch_config_name", "launch_template", "mixed_instances_policy"]]
        if self.mixed_instances_policy and not any(named):
            policy = copy.deepcopy(self.mixed_instances_policy)
            # moto tells both the id and the name, and takes but one of them.
            policy["LaunchTemplate"]["LaunchTemplateSpecification"].pop("LaunchTemplateName", None)
            given["mixed_instances_policy"] = policy
        update(self, **given)

    Group.update = update_and_keep


GAPS = [
    keep_hooks_as_aws_does,
    give_instance_profiles,
    wait_for_launching_hooks,
    wait_for_terminating_hooks,
    complete_lifecycle_actions,
    keep_mixed_instances_policies,
]
