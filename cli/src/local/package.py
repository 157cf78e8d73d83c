"""Writes a SAM template with CodeUri in S3, which is what `sam package` does, and nothing else changed.

Usage: package.py TEMPLATE BUCKET, with {"<binary>": "<key>"} on standard input; the result, in JSON, on standard output.
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
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        binary = resource["Metadata"]["BuildProperties"]["Binary"]
        if binary not in keys:
            sys.exit(f"{name} wants the binary {binary!r}, which is none of those built: {', '.join(sorted(keys))}")
        resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": keys[binary]}
    json.dump(template, sys.stdout)


if __name__ == "__main__":
    main()
