"""Requests to bytes."""

from collections.abc import Iterator

from loadgen.base.dialing import DIRECT, Dialing
from loadgen.base.endpoint import Origin
from loadgen.base.exchange import BodyPiece, Request

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


class ForwardedEncoder(Encoder):
    """For an HTTP proxy that reads requests and forwards them (RFC 9112, 3.2.2): they name their origin, and who asks.

    Those that go through a tunnel are as ever.
    """

    def __init__(self, origin: Origin, *, keep_alive: bool, dialing: Dialing) -> None:
        super().__init__(origin, keep_alive=keep_alive)
        self._origin = origin
        self._dialing = dialing

    def _joined(self, request: Request, framing: str, body: bytes) -> bytes:
        origin, fields = request.origin or self._origin, request.fields
        proxy = self._dialing.forwarder_for(origin.scheme, origin.host)
        if proxy is None:
            return super()._joined(request, framing, body)
        host = "" if fields.names_host else host_line(origin)
        start = f"{request.method} {origin}{request.target} HTTP/1.1\r\n{host}{proxy.authorization}".encode("latin-1")
        return b"".join((start, fields.block, framing.encode(), self.end, body))


def make_encoder(origin: Origin, *, keep_alive: bool, dialing: Dialing = DIRECT) -> Encoder:
    """That of the connections of a plan: where an HTTP proxy reads requests, they tell it where to."""
    if dialing.http_proxy is None or dialing.http_proxy.scheme != "http":
        return Encoder(origin, keep_alive=keep_alive)
    return ForwardedEncoder(origin, keep_alive=keep_alive, dialing=dialing)


def host_line(origin: Origin) -> str:
    """The Host field with its end."""
    return f"Host: {origin.authority}\r\n"


def length_field(request: Request) -> tuple[str, str] | None:
    """The field that says how the request's body is delimited, or None where there is no body."""
    body = request.body
    if isinstance(body, bytes):
        return ("Content-Length", str(len(body))) if body or request.method in _BODY_METHODS else None
    return ("Transfer-Encoding", "chunked") if body.length is None else ("Content-Length", str(body.length))


def rest_of_body(request: Request) -> Iterator[BodyPiece] | None:
    """The pieces to send after `wire`, or None where it held everything."""
    body = request.body
    if isinstance(body, bytes):
        return iter((body,)) if request.streams else None
    return body.chunks() if body.length is not None else _chunked(body.chunks())


def _chunked(chunks: Iterator[BodyPiece]) -> Iterator[bytes]:
    for chunk in chunks:
        yield b"".join((b"%x\r\n" % len(chunk), chunk, b"\r\n"))
    yield b"0\r\n\r\n"
