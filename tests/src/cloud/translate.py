"""Translates a SAM template to CloudFormation, which is what AWS does with it. Usage: translate.py TEMPLATE, with
the result, in JSON, on standard output.
"""

import json
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml_parse(file.read())
    # As `sam package` leaves it.
    template["Globals"]["Function"]["CodeUri"] = {"Bucket": "artifacts", "Key": "code.zip"}
    # It knows AWS's managed policies by name, if one is used.
    translated = Translator({}, Parser()).translate(template, {})
    json.dump(translated, sys.stdout, indent=1)


main()
