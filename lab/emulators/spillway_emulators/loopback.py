"""Who may call an emulator: programs on this machine, and no web page.

A browser sends what any web page asks for to loopback, too. Such a request has an Origin or a Sec-Fetch-Site header;
and where the page has its own name lead to 127.0.0.1 (DNS rebinding), its Host is that name. cli/src/loopback.rs has
the same rule for the servers in Rust.
"""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

NAMES = ["127.0.0.1", "localhost", "[::1]"]
OWN_SITES = ["none", "same-origin"]
CORS = "access-control-"


def refusal(headers: list[tuple[str, str]], port: int) -> bytes | None:
    """Why a request is refused; None for one that is not."""

    def given(name):
        return [value for key, value in headers if key.lower() == name]

    hosts = [f"{name}:{port}" for name in NAMES]
    if [host.lower() in hosts for host in given("host")] != [True]:
        why = f"its Host is {json.dumps(', '.join(given('host')))}, and this server is {', '.join(hosts)}"
    elif given("origin"):
        why = f"its Origin is {json.dumps(', '.join(given('origin')))}, so a web page sent it"
    elif any(site not in OWN_SITES for site in given("sec-fetch-site")):
        why = f"its Sec-Fetch-Site is {json.dumps(', '.join(given('sec-fetch-site')))}, so a web page sent it"
    else:
        return None
    words = f"The emulated AWS refused the request, because {why}. Call http://{hosts[0]} from a program."
    return json.dumps({"__type": "AccessDeniedException", "message": words}).encode()


def guard_asgi(application: Callable) -> Callable:
    """An ASGI application that refuses web pages, and sends no CORS headers."""

    async def guarded(scope, receive, send):
        async def send_without_cors(message):
            if "headers" in message:
                kept = [pair for pair in message["headers"] if not pair[0].decode("latin-1").lower().startswith(CORS)]
                message = {**message, "headers": kept}
            await send(message)

        if scope["type"] == "lifespan":
            await application(scope, receive, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        body = refusal(headers, scope["server"][1])
        if body is None:
            await application(scope, receive, send_without_cors)
        elif scope["type"] == "websocket":
            # Before it is accepted, this answers 403.
            await send({"type": "websocket.close"})
        else:
            said = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": said})
            await send({"type": "http.response.body", "body": body})

    return guarded


def guard_http_servers() -> None:
    """Has every server of Python's own http.server refuse web pages, and send no CORS headers: that of moto, and those
    from which functions take their events."""
    parse, send_header = BaseHTTPRequestHandler.parse_request, BaseHTTPRequestHandler.send_header

    def parse_and_guard(self):
        if not parse(self):
            return False
        body = refusal(self.headers.items(), self.server.server_address[1])
        if body is None:
            return True
        # The body of the request is not read, so that nothing can follow it. A client that is not told so sends its
        # next request into a connection that closes.
        self.send_response(403)
        self.send_header("Connection", "close")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return False

    def send_header_unless_cors(self, keyword, value):
        if not keyword.lower().startswith(CORS):
            send_header(self, keyword, value)

    BaseHTTPRequestHandler.parse_request = parse_and_guard
    BaseHTTPRequestHandler.send_header = send_header_unless_cors
