"""Before traffic moves: asks the new version, which gets no traffic yet, for a quote. What it returns is the verdict."""

import json

import boto3

QUOTE = {"resource": "/quotes", "body": json.dumps({"item": "tea", "count": 3})}
EXPECTED = 900

functions = boto3.client("lambda")


def handler(event, context):
    version = event["TargetVersion"]
    answer = functions.invoke(
        FunctionName=event["FunctionName"], Qualifier=version, Payload=json.dumps(QUOTE).encode()
    )
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return {"status": "Failed", "message": f"version {version} gives no quote: {said['errorMessage']}"}
    total = json.loads(said["body"])["total"]
    if total != EXPECTED:
        return {"status": "Failed", "message": f"version {version} wants {total} for three teas, not {EXPECTED}"}
    return {"status": "Succeeded"}
