"""A hook. What it does, its environment says."""

import os


def handler(event, context):
    if os.environ["BEHAVIOR"] == "throws":
        raise ValueError(f"{event['FunctionName']} has no table")
    succeeds = os.environ["BEHAVIOR"] == "succeeds"
    return {"status": "Succeeded" if succeeds else "Failed", "message": f"the hook {os.environ['BEHAVIOR']}"}
