"""A hook. What it does, its environment says."""

import os
import time

import boto3


def handler(event, context):
    return {
        "succeeds": succeed,
        "fails": fail,
        "throws": throw,
        "hangs": hang,
        "is-silent": be_silent,
        "calls-back": call_back,
    }[os.environ["BEHAVIOR"]](event)


def succeed(event):
    return {"status": "Succeeded"}


def fail(event):
    return {"status": "Failed", "message": f"version {event['TargetVersion']} lost 3 of 7 test orders"}


def throw(event):
    raise ValueError(f"no table for {event['FunctionName']}")


def hang(event):
    time.sleep(60)


def be_silent(event):
    return None


def call_back(event):
    """As hooks of CodeDeploy have always been written."""
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Succeeded",
    )
