"""Requests to bytes."""

from collections.abc import Iterator

from loadgen.base.exchange import Endpoint, Request

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class Encoder:
    """Encodes requests for one endpoint: Host, the request's fields, the body's length, and Connection: close."""

    __slots__ = ("_close", "_host")

    def __init__(self, endpoint: Endpoint) -> None:
        self._host = f"Host: {endpoint.origin.authority}\r\n".encode("ascii")
        self._close = b"" if endpoint.keep_alive else b"Connection: close\r\n"

    def head(self, request: Request) -> bytes:
        """The request line and header block, with the empty line."""
        length = length_field(request)
        framing = b"" if length is None else f"{length[0]}: {length[1]}\r\n".encode("ascii")
        return self._joined(request, framing, b"")

    def _joined(self, request: Request, framing: bytes, body: bytes) -> bytes:
        fields = request.fields
        host = b"" if fields.names_host else self._host
        line = f"{request.method} {request.target} HTTP/1.1\r\n".encode("latin-1")
        return b"".join((line, host, fields.block, framing, self._close, b"\r\n", body))

    def wire(self, request: Request) -> bytes:
        """All that is sent in one piece: the head and a short body; kept on the request."""
        body = request.body
        if request.streams or not body:
            request.wire = wire = self.head(request)
        else:
            request.wire = wire = self._joined(request, b"Content-Length: %d\r\n" % len(body), body)  # type: ignore[arg-type]
        return wire


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
