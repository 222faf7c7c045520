"""The server of a page: who may ask, and what is refused.

Whoever asks has to know the token of its address, and to use a name of this machine, which keeps out a page of another
origin, also after DNS rebinding. What changes something is a POST with the token in a header, which no other origin can
send; there are no CORS headers.
"""

import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from loadgen.base.dataclass import dataclass
from loadgen.base.errors import UsageError
from loadgen.observe.web.place import WebPlace

POLL_S = 0.05
STALE_S = 5.0
"""A connection on which nothing is taken, or said, for so long is let go."""

MOST_CONNECTIONS = 64
LONGEST_BODY = 1 << 16
TOKEN = "X-Loadgen-Token"
HTML, JSON, PLAIN = "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets; with a `file`, to be saved under this name."""

    body: bytes
    kind: str = HTML
    status: int = 200
    file: str = ""


Query = list[tuple[str, str]]


class Site(Protocol):
    """What is served. It is asked on threads of the server, for those that know the token."""

    def get(self, path: str, query: Query) -> Answer | None:
        """A page or a file; None for a path that there is not."""

    def post(self, path: str, values: Mapping[str, Any]) -> Answer | None:
        """Do something."""

    def follow(self, write: Callable[[bytes], None]) -> None:
        """Write events, until there are no more; what `write` raises ends it."""


class WebServer:
    """Serves a site until it is closed; `url` has its token. Raises UsageError where it cannot listen."""

    def __init__(self, place: WebPlace, site: Site) -> None:
        self.token = secrets.token_urlsafe(16)
        context = place.context()
        try:
            self._server = _Server(place, site, self.token, context)
        except OSError as error:
            raise UsageError(f"cannot listen on {place.address}: {error.strerror or error}") from None
        port = self._server.server_address[1]
        host = socket.gethostname() if place.host in ("0.0.0.0", "::") else place.host
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'http' if context is None else 'https'}://{shown}:{port}/?t={self.token}"
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True).start()

    def close(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = MOST_CONNECTIONS  # of 5, as it is without, those that come at once wait for seconds

    def __init__(self, place: WebPlace, site: Site, token: str, context: ssl.SSLContext | None) -> None:
        self.address_family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        self.site = site
        self.token = token
        self.scheme = "http" if context is None else "https"
        self.names = {"localhost", place.host.lower(), socket.gethostname().lower()}
        self._context = context
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((place.host, place.port), _Handler)

    def server_bind(self) -> None:
        """Without asking DNS for the name of the address, which may take long."""
        TCPServer.server_bind(self)

    def get_request(self) -> tuple[Any, Any]:
        """A connection; a handshake is made where it is served, and holds up no other."""
        connection, client = super().get_request()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

    def process_request(self, request: Any, client_address: Any) -> None:
        """On a thread of its own, if there are not too many."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def knows(self, host: str) -> bool:
        """Whether a Host header has a name of ours. An address is no name that somebody else could give us."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            if name in self.names:
                return True
            ip_address(name)
        except ValueError:
            return False
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        """A tab that is closed is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    timeout = STALE_S
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query)
        if not self.server.knows(self.headers.get("Host", "")) or not self._has(dict(query).get("t", "")):
            self.send_error(403)
        elif parts.path == "/events":
            self._head(200, "text/event-stream")
            self.end_headers()
            self.server.site.follow(self._write)
        else:
            self._send(self.server.site.get(parts.path, query))

    def do_POST(self) -> None:
        if not self._may_change():
            self.send_error(403)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.send_error(413)
            return
        try:
            values = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError:
            values = None
        if not isinstance(values, dict):
            self.send_error(400)
            return
        self._send(self.server.site.post(urlsplit(self.path).path, values))

    def _may_change(self) -> bool:
        """Whether it comes from a page of ours, or from a program that knows the token."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        return (
            self.server.knows(host)
            and origin in (None, f"{self.server.scheme}://{host}")
            and self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
            and self._has(self.headers.get(TOKEN, ""))
        )

    def _has(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.server.token.encode())

    def _send(self, answer: Answer | None) -> None:
        if answer is None:
            self.send_error(404)
            return
        self._head(answer.status, answer.kind)
        if answer.file:
            self.send_header("Content-Disposition", f'attachment; filename="{answer.file}"')
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(answer.body)

    def _head(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in HEADERS.items():
            self.send_header(name, value)

    def end_headers(self) -> None:
        """Errors have them as well, but those that are there already."""
        self.send_header("Content-Security-Policy", "frame-ancestors 'none'")
        super().end_headers()

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def version_string(self) -> str:
        """Not which Python."""
        return "loadgen"

    def log_message(self, *_: object) -> None:
        """Standard error is not ours."""
