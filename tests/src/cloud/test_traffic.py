"""A hook that tries the replacement where only tests come, and looks that nobody else meets it."""

import json
import os
import urllib.parse
import urllib.request


def handler(event, context):
    tested, met = version_behind(event["TestListenerArn"]), version_behind(event["ListenerArn"])
    status = "SUCCEEDED" if (tested, met) == ("2", "1") else "FAILED"
    return {"hookStatus": status, "message": f"tests meet version {tested}, and everybody else version {met}"}


def version_behind(listener):
    url = f"{os.environ['CONTAINERS']}/_load-balancer?{urllib.parse.urlencode({'listener': listener})}"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["version"]
