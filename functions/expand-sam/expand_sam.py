"""Expand SAM: a template as SAM's own translator expands it, for the macro, which runs before SAM where it is listed
before SAM.
"""

import os

# The translator asks boto3 for the Region, which takes it from here, and for nothing else.
os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", ""))

from samtranslator.model.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402


class BundledPolicies:
    """AWS's managed policies by name. The translator brings a list of its own, and asks only for what is not in it."""

    def load(self):
        return {}


def handler(event, _context):
    """Takes {fragment, parameters}, and answers {fragment}, or {error} in SAM's words."""
    fragment = event["fragment"]
    applications = take_applications(fragment["Resources"])
    try:
        expanded = transform(fragment, event["parameters"], BundledPolicies())
    except InvalidDocumentException as invalid:
        return {"error": " ".join([invalid.message, *sorted(cause.message for cause in invalid.causes)])}
    expanded["Resources"].update(applications)
    return {"fragment": expanded}


def take_applications(resources):
    """Takes out what SAM asks the Serverless Application Repository for. That is left to SAM, which comes after."""
    of_kind = [
        name
        for name, resource in resources.items()
        if isinstance(resource, dict) and resource.get("Type") == "AWS::Serverless::Application"
    ]
    return {name: resources.pop(name) for name in of_kind}
