"""A hook on test traffic: tries the new task set through the test listener. Its return value is its verdict."""

import json
import os
import urllib.error
import urllib.request

TEST_ORDERS = 5


def handler(event, context):
    expected, definition = event["ReplacementTaskSet"], event["TargetTaskDefinition"]
    for _ in range(TEST_ORDERS):
        status, body = get(os.environ["LOAD_BALANCER"] + event["TestListenerArn"])
        if status != 200:
            return failed(f"{definition} answered a test order with an error: status {status}, {body}")
        if json.loads(body)["taskSet"] != expected:
            return failed(f"the test listener does not lead to task set {expected} of {definition}: {body}")
    return {"status": "Succeeded"}


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def failed(words):
    return {"status": "Failed", "message": words}
