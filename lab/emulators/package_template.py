"""Writes a SAM template with CodeUri in S3 and its state machines in it, which is what `sam package` does, and nothing
else changed but for what the emulated AWS does not know: a macro, which is called there with CloudFormation's own event
instead, and state machines in S3 that are written in YAML.

Usage: package_template.py TEMPLATE BUCKET, with {"<function>": "<key>"} on standard input; the result, in JSON, on
standard output.
"""

import json
import os
import sys

from samtranslator.yaml_helper import yaml_parse


def main():
    template_path, bucket = sys.argv[1:]
    keys = json.load(sys.stdin)
    with open(template_path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    template["Globals"]["Function"].pop("CodeUri", None)
    del template["Resources"]["Macro"]
    for name, resource in template["Resources"].items():
        if "DefinitionUri" in resource.get("Properties", {}):
            definition = os.path.join(os.path.dirname(template_path), resource["Properties"].pop("DefinitionUri"))
            with open(definition, encoding="utf-8") as file:
                resource["Properties"]["Definition"] = yaml_parse(file.read())
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        binary = resource["Metadata"].get("BuildProperties", {}).get("Binary")
        package = binary or os.path.basename(properties["CodeUri"])
        if package not in keys:
            sys.exit(f"{name} wants {package!r}, which is none of what was built: {', '.join(sorted(keys))}")
        properties["CodeUri"] = {"Bucket": bucket, "Key": keys[package]}
    json.dump(template, sys.stdout)


if __name__ == "__main__":
    main()
