"""Orders and quotes, by HTTP. A quote is an order that nothing comes of."""

import json
import os

import boto3

PRICES = {"tea": 300, "coffee": 450}

sqs = boto3.client("sqs")


def handler(event, context):
    order = json.loads(event["body"])
    total = PRICES[order["item"]] * order["count"]
    if event["resource"] == "/orders":
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(order))
    answer = {"total": total, "version": context.function_version}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
