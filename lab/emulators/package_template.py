"""Writes a SAM template with CodeUri in S3, which is what `sam package` does, and nothing else changed but for what the
emulated AWS does not know: a macro, which is called there with CloudFormation's own event instead.

Usage: package_template.py TEMPLATE BUCKET, with {"<folder of functions/>": "<key>"} on standard input; the result, in JSON, on
standard output.
"""

import json
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
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        binary = resource["Metadata"].get("BuildProperties", {}).get("Binary")
        package = binary or properties["CodeUri"].removeprefix("functions/")
        if package not in keys:
            sys.exit(f"{name} wants {package!r}, which is none of what was built: {', '.join(sorted(keys))}")
        properties["CodeUri"] = {"Bucket": bucket, "Key": keys[package]}
    json.dump(template, sys.stdout)


if __name__ == "__main__":
    main()
