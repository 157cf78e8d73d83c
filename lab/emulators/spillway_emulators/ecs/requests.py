"""The gap of moto's server: requests that come at once."""

import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

# Whoever changes something outside of a request holds it as well.
turn = threading.Lock()


def answer_one_at_a_time():
    """Gap: requests that come at once find half of what the others write."""
    answer = DomainDispatcherApplication.__call__

    def wait_and_answer(self, environ, start_response):
        with turn:
            return answer(self, environ, start_response)

    DomainDispatcherApplication.__call__ = wait_and_answer


GAPS = [answer_one_at_a_time]
