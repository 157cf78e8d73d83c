"""The emulated AWS: ministack 1.5.33.

What closes a gap touches private names of that one version, which is why it is pinned in lab/requirements.
"""

import asyncio
import resource
from collections.abc import Callable

import hypercorn.asyncio
from hypercorn.config import Config
from ministack import app

from .. import loopback
from . import alarms, aliases, events, function_urls, roles, state_machines

GAPS: list[Callable[[], None]] = [
    aliases.split_weighted_aliases,
    aliases.refuse_missing_versions,
    alarms.send_alarm_events,
    events.take_events,
    state_machines.resolve_timeout_paths,
    state_machines.wait_for_tokens_as_aws_does,
    state_machines.start_again_as_aws_does,
    state_machines.tell_of_children_as_aws_does,
    roles.replace_role_policies,
    function_urls.name_callers,
]


def serve(listener: int) -> None:
    """What app.main does, on a socket that is open already, and for no web page."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    asyncio.run(hypercorn.asyncio.serve(loopback.guard_asgi(app.app), config))
