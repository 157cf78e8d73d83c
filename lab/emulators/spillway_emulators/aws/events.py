"""The gap of ministack's EventBridge: events of services that another emulator emulates.

POST /_events takes the JSON of PutEvents, {"Entries": [...]}, and answers as it does.
"""

import json

from ministack import app
from ministack.services import eventbridge

PATH = "/_events"


def take_events():
    """Gap: nobody but ministack itself can send an event from a source of AWS."""
    answer = app.app

    async def answer_or_take(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == PATH:
            await take(scope, receive, send)
        else:
            await answer(scope, receive, send)

    app.app = answer_or_take


async def take(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status, headers, said = 405, {}, b""
    if scope["method"] == "POST":
        try:
            status, headers, said = eventbridge._put_events(json.loads(body), allow_aws_source=True)
        except (ValueError, AttributeError):
            status, said = 400, b"that is no JSON of PutEvents\n"
    said = said if isinstance(said, bytes) else said.encode()
    told = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": said})
