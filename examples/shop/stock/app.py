"""The stock: counts what was ordered."""

import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        table.update_item(
            Key={"item": order["item"]},
            UpdateExpression="ADD ordered :count",
            ExpressionAttributeValues={":count": order["count"]},
        )
