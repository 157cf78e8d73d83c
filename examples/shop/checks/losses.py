"""After traffic has moved: no order may have been lost on the way. A hook that raises has said no as well."""

import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    name = "ApproximateNumberOfMessages"
    lost = sqs.get_queue_attributes(QueueUrl=os.environ["QUEUE_URL"], AttributeNames=[name])["Attributes"][name]
    if lost != "0":
        raise RuntimeError(f"{lost} orders were lost since version {event['TargetVersion']}")
    return {"status": "Succeeded"}
