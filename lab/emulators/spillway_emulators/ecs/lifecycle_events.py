"""The gap of moto's Auto Scaling and the event bus, which another emulator has.

The variable SPILLWAY_EVENTS_URL says where that takes events; `aws/events.py` is what answers there. Without it nothing
is sent.
"""

import json
import os
import queue
import sys
import threading
import time
import urllib.request

from .lifecycle import LAUNCHING, Action

PATIENCE = 60

outgoing = queue.SimpleQueue()


def send_lifecycle_events():
    """Gap: nobody hears that an instance waits."""
    start = Action.start
    senders = []

    def start_and_tell(self):
        start(self)
        url = os.environ.get("SPILLWAY_EVENTS_URL")
        if not url:
            return
        # Not here: whoever takes events may have something to ask of us first, and would wait for our answer.
        outgoing.put((url, event(self)))
        if not senders:
            senders.append(threading.Thread(target=send_all, daemon=True))
            senders[0].start()

    Action.start = start_and_tell


def event(action):
    """An entry of PutEvents."""
    ways = ["EC2", "AutoScalingGroup"]
    origin, destination = ways if action.transition == LAUNCHING else reversed(ways)
    detail = {
        "LifecycleActionToken": action.token,
        "AutoScalingGroupName": action.group.name,
        "LifecycleHookName": action.hook_name,
        "EC2InstanceId": action.state.instance.id,
        "LifecycleTransition": action.transition,
        "Origin": origin,
        "Destination": destination,
    }
    if action.metadata:
        detail["NotificationMetadata"] = action.metadata
    kind = "launch" if action.transition == LAUNCHING else "terminate"
    return {
        "Source": "aws.autoscaling",
        "DetailType": f"EC2 Instance-{kind} Lifecycle Action",
        "Resources": [action.group.arn],
        "Detail": json.dumps(detail),
    }


def send_all():
    while True:
        send(*outgoing.get())


def send(url, entry):
    """Sends an event, also to one who does not answer yet."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps({"Entries": [entry]}).encode(), headers)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                answer.read()
            return
        except OSError as error:
            if time.monotonic() > end:
                print(f"no event could be sent to {url}: {error}", file=sys.stderr, flush=True)
                return
            time.sleep(0.1)


GAPS = [send_lifecycle_events]
