"""A hook before traffic moves: tries the new version. Its return value is its verdict."""

import json

import boto3

TEST_ORDER = {"items": 12}

functions = boto3.client("lambda")


def handler(event, context):
    version = event["TargetVersion"]
    answer = functions.invoke(
        FunctionName=event["FunctionName"], Qualifier=version, Payload=json.dumps(TEST_ORDER).encode()
    )
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        words = said["errorMessage"]
        return {"status": "Failed", "message": f"version {version} answered a test order with an error: {words}"}
    return {"status": "Succeeded"}
