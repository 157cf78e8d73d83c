"""What is deployed."""

import os


def handler(event, context):
    return os.environ["VERSION"]
