"""What is deployed."""

import os


def handler(event, context):
    return {"version": os.environ["VERSION"]}
