"""From what a scenario says to a WebSocket."""

import ssl
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from loadgen.base.clock import Clock
from loadgen.base.endpoint import Origin, Tls
from loadgen.base.tls import make_context
from loadgen.workloads.scenario.websocket.handshake import Opening
from loadgen.workloads.scenario.websocket.socket import Note, Times, WebSocket

_SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


def make_websocket(
    target: str,
    home: Origin,
    tls: Tls,
    fields: str,
    note: Note,
    clock: Clock,
    *,
    times: Times | None = None,
    subprotocols: Iterable[str],
    compress: bool,
    timeout_s: float,
) -> WebSocket:
    """`target` is a path at `home`, or a whole URL. Raises ValueError for a URL that is none of a WebSocket's."""
    origin = home
    if not target.startswith("/"):
        url = urlsplit(target)
        scheme = _SCHEMES.get(url.scheme)
        if scheme is None or not url.hostname:
            raise ValueError(
                f"websocket: expected a path such as /chat, or a URL that begins with ws:// or wss://, got {target!r}"
            )
        origin = Origin(scheme, url.hostname, url.port or (443 if scheme == "https" else 80))
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host = (
        "" if fields.lower().startswith("host:") or "\r\nhost:" in fields.lower() else f"Host: {origin.authority}\r\n"
    )
    opening = Opening(target, host + fields, subprotocols, compress=compress)
    context = _context(tls) if origin.scheme == "https" else None
    return WebSocket(origin, context, opening, note, clock, timeout_s, times)


@lru_cache(maxsize=8)
def _context(tls: Tls) -> ssl.SSLContext:
    return make_context(tls)
