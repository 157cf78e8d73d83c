"""The gaps of moto's load balancers: a listener or a rule forwards as it is told, whatever that is."""

import copy

from moto.elbv2.exceptions import ELBClientError, InvalidLoadBalancerActionException, ValidationError
from moto.elbv2.models import ELBv2Backend as Backend
from moto.elbv2.models import FakeAction, FakeTargetGroup, elbv2_backends

MOST_WEIGHT = 999
LAST_ACTIONS = ["forward", "redirect", "fixed-response"]


def tell_actions_as_aws_does():
    """Gap: actions are told as they were given. On AWS a forward always has a ForwardConfig, and a TargetGroupArn as
    well if it is to one group; and a client secret is never told."""
    keep = FakeAction.__init__

    def keep_what_is_told(self, given):
        action = copy.deepcopy(given)
        if action.get("Type") == "forward":
            forward_as_aws_does(action)
        oidc = action.get("AuthenticateOidcConfig", {})
        oidc.pop("ClientSecret", None)
        oidc.pop("UseExistingClientSecret", None)
        keep(self, action)

    FakeAction.__init__ = keep_what_is_told


def forward_as_aws_does(action):
    named = action.pop("TargetGroupArn", None)
    config = action.setdefault("ForwardConfig", {})
    groups = config.get("TargetGroups") or ([{"TargetGroupArn": named}] if named else [])
    if not groups:
        raise InvalidLoadBalancerActionException("A forward action needs a target group.")
    if named and [group["TargetGroupArn"] for group in groups] != [named]:
        raise InvalidLoadBalancerActionException("TargetGroupArn and ForwardConfig name different target groups.")
    for group in groups:
        if not 0 <= int(group.get("Weight", 1)) <= MOST_WEIGHT:
            raise ValidationError(f"The weight of a target group must be between 0 and {MOST_WEIGHT}.")
    config["TargetGroups"] = groups
    if len(groups) == 1:
        action["TargetGroupArn"] = groups[0]["TargetGroupArn"]


def check_actions_as_aws_does():
    """Gap: a listener is modified to anything; the default rule is modified as a rule; network load balancers split
    traffic; and nobody asks for a client secret."""
    create_listener, modify_listener = Backend.create_listener, Backend.modify_listener
    create_rule, modify_rule = Backend.create_rule, Backend.modify_rule

    def create_checked_listener(self, load_balancer_arn, **given):
        check(self, given["actions"], load_balancer_arn, [])
        return create_listener(self, load_balancer_arn=load_balancer_arn, **given)

    def modify_checked_listener(self, arn, port, protocol, ssl_policy, certificates, actions):
        listener = self.describe_listeners(None, [arn])[0]
        if actions:
            check(self, actions, listener.load_balancer_arn, listener.default_actions)
        return modify_listener(self, arn, port, protocol, ssl_policy, certificates, actions)

    def create_checked_rule(self, listener_arn, **given):
        listener = self.describe_listeners(None, [listener_arn])[0]
        check(self, given["actions"], listener.load_balancer_arn, [])
        return create_rule(self, listener_arn=listener_arn, **given)

    def modify_checked_rule(self, rule_arn, conditions, actions):
        rule = self.describe_rules(None, [rule_arn])[0]
        if rule.is_default:
            raise ELBClientError("OperationNotPermitted", f"Default rule '{rule_arn}' cannot be modified")
        if actions:
            check(self, actions, self.describe_listeners(None, [rule.listener_arn])[0].load_balancer_arn, rule.actions)
        return modify_rule(self, rule_arn, conditions, actions)

    Backend.create_listener, Backend.modify_listener = create_checked_listener, modify_checked_listener
    Backend.create_rule, Backend.modify_rule = create_checked_rule, modify_checked_rule


def check(backend, given, load_balancer_arn, before):
    """Refuses actions that AWS refuses. What was there before may have a client secret."""
    actions = [FakeAction(action) for action in given]
    backend._validate_actions(actions)
    if sum(action.type in LAST_ACTIONS for action in actions) != 1:
        words = "There must be exactly one action of type forward, redirect or fixed-response."
        raise InvalidLoadBalancerActionException(words)
    for action in given:
        oidc = action.get("AuthenticateOidcConfig")
        has_secret = any(action.type == "authenticate-oidc" for action in before)
        if oidc and not oidc.get("ClientSecret") and not (has_secret and oidc.get("UseExistingClientSecret")):
            words = "An authenticate-oidc action needs a ClientSecret, or UseExistingClientSecret where there is one."
            raise InvalidLoadBalancerActionException(words)
    balancer = backend.load_balancers.get(load_balancer_arn)
    if balancer and balancer.type == "network" and any(len(groups(action)) != 1 for action in actions):
        words = "A listener of a Network Load Balancer forwards to one target group."
        raise InvalidLoadBalancerActionException(words)


def groups(action):
    return action.data.get("ForwardConfig", {}).get("TargetGroups", [])


def tell_load_balancers_as_aws_does():
    """Gap: which load balancers use a target group is known from when their listeners were made."""

    def used_by(group):
        balancers = elbv2_backends[group.account_id][group.region_name].load_balancers.values()
        return [balancer.arn for balancer in balancers if group.arn in forwarded_to(balancer)]

    FakeTargetGroup.load_balancer_arns = property(used_by, lambda group, arns: None)


def forwarded_to(balancer):
    rules = [rule for listener in balancer.listeners.values() for rule in listener.rules.values()]
    used = [group for rule in rules for action in rule.actions for group in groups(action)]
    return {group["TargetGroupArn"] for group in used}


def name_load_balancers_as_aws_does():
    """Gap: the ARN of every load balancer, and with it that of its listeners, is that of an application's."""
    create = Backend.create_load_balancer

    def create_named(self, *given, **named):
        balancer = create(self, *given, **named)
        if balancer.type == "network":
            unnamed, balancer.arn = balancer.arn, balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
            self.load_balancers[balancer.arn] = self.load_balancers.pop(unnamed)
            self.tagging_service.copy_tags(unnamed, balancer.arn)
        return balancer

    Backend.create_load_balancer = create_named


GAPS = [
    tell_actions_as_aws_does,
    check_actions_as_aws_does,
    tell_load_balancers_as_aws_does,
    name_load_balancers_as_aws_does,
]
