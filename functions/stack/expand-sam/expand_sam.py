"""Expand SAM: a template as SAM's own translator expands it, for the macro, which runs before SAM where it is listed
before SAM.
"""

import os
import re

# The translator asks boto3 for the Region, which takes it from here, and for nothing else.
os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", ""))

from samtranslator.intrinsics.actions import FindInMapAction  # noqa: E402
from samtranslator.intrinsics.resolver import IntrinsicsResolver  # noqa: E402
from samtranslator.model.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402

FUNCTION = "AWS::Serverless::Function"
APPLICATION = "AWS::Serverless::Application"
# What SAM asks the Serverless Application Repository for is left to SAM, which comes after. Under a type that the
# translator does not know, it resolves in such a resource what refers to others, and does nothing else with it.
LEFT_TO_SAM = "Custom::ServerlessApplication"
PREFERENCE = "DeploymentPreference"


class BundledPolicies:
    """AWS's managed policies by name. The translator brings a list of its own, and asks only for what is not in it."""

    def load(self):
        return {}


def handler(event, _context):
    """Takes {fragment, parameters}, and answers {fragment}, or {error} in SAM's words."""
    fragment, parameters = event["fragment"], event["parameters"]
    applications = of_type(fragment["Resources"], APPLICATION)
    for name in applications:
        fragment["Resources"][name]["Type"] = LEFT_TO_SAM
    switched_off = switch_to_all_at_once(fragment, parameters)
    try:
        expanded = transform(fragment, parameters, BundledPolicies())
    except InvalidDocumentException as invalid:
        return {"error": " ".join([invalid.message, *sorted(cause.message for cause in invalid.causes)])}
    for name in applications:
        expanded["Resources"][name]["Type"] = APPLICATION
    for name in switched_off:
        drop_checks(expanded["Resources"], name)
    return {"fragment": expanded}


def of_type(resources, kind):
    return [
        name for name, resource in resources.items() if isinstance(resource, dict) and resource.get("Type") == kind
    ]


def switch_to_all_at_once(fragment, parameters):
    """Has functions whose preference is switched off deployed all at once, and says which. SAM would give them an alias
    without a deployment, which is another resource: switching would delete the alias and make it anew. A hook is switched
    off for good, as SAM's documentation has it, and stays as it is.
    """
    resources = fragment["Resources"]
    everywhere = fragment.get("Globals", {}).get("Function", {})
    functions = {name: resources[name].setdefault("Properties", {}) for name in of_type(resources, FUNCTION)}
    preferences = {name: merged(everywhere.get(PREFERENCE), own.get(PREFERENCE)) for name, own in functions.items()}
    hooks = {hook for preference in preferences.values() for hook in named(preference.get("Hooks", {}))}

    def is_switched_off(name):
        enabled = resolved(preferences[name].get("Enabled", True), fragment, parameters)
        has_alias = functions[name].get("AutoPublishAlias", everywhere.get("AutoPublishAlias"))
        return bool(has_alias) and name not in hooks and (not enabled or enabled in ("false", "False"))

    switched_off = [name for name in functions if is_switched_off(name)]
    for name in switched_off:
        own = functions[name].setdefault(PREFERENCE, {})
        for check in ("Alarms", "Hooks", "TriggerConfigurations"):
            own.pop(check, None)
        own.update({"Enabled": True, "Type": "AllAtOnce"})
    return switched_off


def merged(everywhere, own):
    both = [one for one in (everywhere, own) if isinstance(one, dict)]
    return {key: value for one in both for key, value in one.items()}


def resolved(value, fragment, parameters):
    """A value as SAM resolves it: parameters, and mappings by them."""
    value = IntrinsicsResolver(parameters).resolve_parameter_refs(value)
    find = {FindInMapAction.intrinsic_name: FindInMapAction()}
    return IntrinsicsResolver(fragment.get("Mappings", {}), find).resolve_parameter_refs(value)


def named(value):
    """The logical ids that a value refers to."""
    if isinstance(value, list):
        return {name for item in value for name in named(item)}
    if not isinstance(value, dict):
        return set()
    names = {name for item in value.values() for name in named(item)}
    for function in ("Ref", "Fn::GetAtt", "Fn::Sub"):
        argument = value.get(function)
        text = argument[0] if isinstance(argument, list) and argument else argument
        if isinstance(text, str):
            names.update(re.findall(r"\$\{(\w+)", text) if function == "Fn::Sub" else [text.split(".")[0]])
    return names


def drop_checks(resources, function):
    """Takes from a function's deployments what Globals say of alarms, triggers and hooks."""
    group = f"{function}DeploymentGroup"
    for check in ("AlarmConfiguration", "TriggerConfigurations"):
        resources[group]["Properties"].pop(check, None)
    for resource in resources.values():
        policy = resource.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        if policy.get("DeploymentGroupName") == {"Ref": group}:
            for hook in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook"):
                policy.pop(hook, None)
