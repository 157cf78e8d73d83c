"""Runs the emulated ECS and load balancers: moto 5.2.5, with its gaps closed that matter to Spillway.

Everything here and in the files beside touches private names of that one version, which is why it is pinned in
requirements.txt. The process ends when its standard input ends, so that nothing outlives whoever started it.
"""

import lifetime

if __name__ == "__main__":
    # Before the imports, which take seconds.
    LISTENER = lifetime.take_listener()
    lifetime.end_with_standard_input()

import threading

import listeners
import loopback
import services
import traffic
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response


def main():
    loopback.guard_http_servers()
    services.close_gaps()
    listeners.close_gaps()
    moto = DomainDispatcherApplication(create_backend_app)
    application = one_at_a_time(besides(moto, {"/_health": lambda _: Response("well"), "/_load-balancer": traffic.answer}))
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler, fd=LISTENER
    )
    try:
        server.serve_forever()
    finally:
        lifetime.end()


def besides(application, own):
    """The application, and our own answers, by path."""

    def route(environ, start_response):
        answer = own.get(environ["PATH_INFO"])
        return (answer(Request(environ)) if answer else application)(environ, start_response)

    return route


def one_at_a_time(application):
    """Gap: requests that come at once find half of what the others write."""
    lock = threading.Lock()

    def wait_and_answer(environ, start_response):
        with lock:
            return application(environ, start_response)

    return wait_and_answer


if __name__ == "__main__":
    main()
