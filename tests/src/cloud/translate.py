"""Translates a SAM template to CloudFormation, which is what AWS does with it. Usage: translate.py TEMPLATE [packaged],
with the result, in JSON, on standard output; of what is only packaged, what AWS is given to translate.
"""

import json
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class BundledPolicies:
    """AWS's managed policies by name: the translator has a list of its own."""

    def load(self):
        return {}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml_parse(file.read())
    # As `sam package` leaves it, but for state machines, which can be looked over where they are in the template.
    properties = [resource.get("Properties", {}) for resource in template["Resources"].values()]
    for code in [template["Globals"]["Function"], *(own for own in properties if "CodeUri" in own)]:
        code["CodeUri"] = {"Bucket": "artifacts", "Key": "code.zip"}
    for own in properties:
        if "DefinitionUri" in own:
            with open(os.path.join(os.path.dirname(sys.argv[1]), own.pop("DefinitionUri")), encoding="utf-8") as file:
                own["Definition"] = yaml_parse(file.read())
    if sys.argv[2:] == ["packaged"]:
        template.pop("Transform")
        json.dump(template, sys.stdout, indent=1)
        return
    json.dump(transform(template, {}, BundledPolicies()), sys.stdout, indent=1)


main()
