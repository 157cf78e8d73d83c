"""The emulated ECS, load balancers and Auto Scaling: moto 5.2.5.

What closes a gap touches private names of that one version, which is why it is pinned in lab/requirements.
"""

from collections.abc import Callable

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from . import autoscaling, lifecycle_events, listeners, requests, services, traffic

GAPS: list[Callable[[], None]] = [
    *requests.GAPS,
    *listeners.GAPS,
    *services.GAPS,
    *autoscaling.GAPS,
    *lifecycle_events.GAPS,
]


def serve(listener: int) -> None:
    """What moto's own server does, with answers of ours beside it."""
    moto = DomainDispatcherApplication(create_backend_app)
    application = besides(moto, {"/_health": lambda _: Response("well"), "/_load-balancer": traffic.answer})
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler, fd=listener)
    server.serve_forever()


def besides(application: Callable, own: dict[str, Callable[[Request], Response]]) -> Callable:
    """The application, and our own answers, by path."""

    def route(environ, start_response):
        answer = own.get(environ["PATH_INFO"])
        return (answer(Request(environ)) if answer else application)(environ, start_response)

    return route
