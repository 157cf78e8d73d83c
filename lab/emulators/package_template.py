"""Writes the template of a package with its zips in S3 and its state machines in it, which is what `sam package` does,
and nothing else changed but for what the emulated AWS does not know: a macro, which is called there with
CloudFormation's own event instead, and state machines in S3 that are written in YAML.

Usage: package_template.py TEMPLATE BUCKET, with the result, in JSON, on standard output.
"""

import json
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse


def main() -> None:
    path, bucket = Path(sys.argv[1]), sys.argv[2]
    template = yaml_parse(path.read_text(encoding="utf-8"))
    del template["Resources"]["Macro"]
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if "DefinitionUri" in properties:
            definition = path.parent / properties.pop("DefinitionUri")
            properties["Definition"] = yaml_parse(definition.read_text(encoding="utf-8"))
        if resource["Type"] == "AWS::Serverless::Function":
            package = properties["CodeUri"]
            if not (path.parent / package).is_file():
                sys.exit(f"{name} wants {package!r}, which is not beside {path}")
            properties["CodeUri"] = {"Bucket": bucket, "Key": package}
    json.dump(template, sys.stdout)


if __name__ == "__main__":
    main()
