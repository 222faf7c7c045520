"""Requests to bytes."""

from collections.abc import Iterator

from loadgen.base.exchange import Origin, Request

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class Encoder:
    """Encodes requests: Host, the request's fields, the body's length, and Connection: close.

    They go to one origin, unless they name another. `host` is that field's line, and `end` what ends a head.
    """

    def __init__(self, origin: Origin, *, keep_alive: bool) -> None:
        self.host = host_line(origin)
        self.end = b"\r\n" if keep_alive else b"Connection: close\r\n\r\n"

    def head(self, request: Request) -> bytes:
        """The request line and header block, with the empty line."""
        length = length_field(request)
        return self._joined(request, "" if length is None else f"{length[0]}: {length[1]}\r\n", b"")

    def _joined(self, request: Request, framing: str, body: bytes) -> bytes:
        fields = request.fields
        host = "" if fields.names_host else self.host if request.origin is None else host_line(request.origin)
        start = f"{request.method} {request.target} HTTP/1.1\r\n{host}".encode("latin-1")
        return b"".join((start, fields.block, framing.encode(), self.end, body))

    def wire(self, request: Request) -> bytes:
        """All that is sent in one piece: the head and a short body; kept on the request."""
        body = request.body
        if request.streams or not body:
            request.wire = wire = self.head(request)
        else:
            request.wire = wire = self._joined(request, f"Content-Length: {len(body)}\r\n", body)  # type: ignore[arg-type]
        return wire


def host_line(origin: Origin) -> str:
    """The Host field with its end."""
    return f"Host: {origin.authority}\r\n"


def length_field(request: Request) -> tuple[str, str] | None:
    """The field that says how the request's body is delimited, or None where there is no body."""
    body = request.body
    if isinstance(body, bytes):
        return ("Content-Length", str(len(body))) if body or request.method in _BODY_METHODS else None
    return ("Transfer-Encoding", "chunked") if body.length is None else ("Content-Length", str(body.length))


def rest_of_body(request: Request) -> Iterator[bytes] | None:
    """The pieces to send after `wire`, or None where it held everything."""
    body = request.body
    if isinstance(body, bytes):
        return iter((body,)) if request.streams else None
    return body.chunks() if body.length is not None else _chunked(body.chunks())


def _chunked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"
