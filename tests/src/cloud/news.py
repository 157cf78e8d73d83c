"""What subscribers get of deployments. Usage: news.py make NAME, which prints the ARN of a topic, or news.py read
NAME COUNT, which prints what came by SNS and by EventBridge, as soon as COUNT messages came by each.
"""

import json
import sys
import time

import boto3

sqs, sns, events = boto3.client("sqs"), boto3.client("sns"), boto3.client("events")


def make(name):
    topic = sns.create_topic(Name=name)["TopicArn"]
    _, arn = queue(f"{name}-sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    _, arn = queue(f"{name}-events")
    pattern = {"source": ["spillway"], "detail": {"application": [name]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    print(topic)


def queue(name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def read(name, count):
    print(json.dumps({"sns": drain(f"{name}-sns", int(count)), "events": drain(f"{name}-events", int(count))}))


def drain(name, count):
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    bodies, deadline = [], time.time() + 30
    while len(bodies) < count and time.time() < deadline:
        received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", [])
        bodies += [json.loads(message["Body"]) for message in received]
        for message in received:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


{"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])
