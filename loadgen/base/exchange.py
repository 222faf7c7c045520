"""One exchange with the target: the Request, the Outcome, and the Protocol of a client.

Clients template instants and say what they saw. They never pace, retry, judge or print, and never raise for what a
server did.
"""

from collections.abc import Callable, Iterator
from dataclasses import field, fields
from typing import Any, Protocol

from loadgen.base.dataclass import dataclass
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.base.reply import Expect, Reply

KEEP_TO_SEARCH = 1 << 20
JOINED_BODY_BYTES = 65536

BodyPiece = bytes | memoryview


class BodySource(Protocol):
    """An upload body that is made or read piece by piece. `length` is bytes, None means chunked encoding."""

    length: int | None

    def chunks(self) -> Iterator[BodyPiece]:
        """Start again from the first chunk; chunks may have any size above zero.

        A chunk may be lent: it stays as it is until the next one is asked for, and no longer.
        """


class Fields:
    """The header fields of a request in their wire form: each line of `block` ends with CRLF.

    `closes`: they ask for the end of the connection after the reply. `expect_continue`: a body waits until the server
    asks for it (RFC 9110, 10.1.1).
    """

    __slots__ = ("block", "closes", "expect_continue", "names_host")

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.names_host = any(name.lower() == "host" for name, _ in pairs)
        self.closes = any(name.lower() == "connection" and "close" in value.lower() for name, value in pairs)
        self.expect_continue = any(is_continue(name, value) for name, value in pairs)
        self.block = "".join(f"{name}: {value}\r\n" for name, value in pairs).encode("latin-1")

    def with_block(self, block: bytes) -> "Fields":
        """The same names with other values."""
        fields = Fields.__new__(Fields)
        fields.names_host, fields.closes, fields.expect_continue = self.names_host, self.closes, self.expect_continue
        fields.block = block
        return fields

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values, in order."""
        lines = (line.partition(": ") for line in self.block.decode("latin-1").split("\r\n")[:-1])
        return tuple((name, value) for name, _, value in lines)


def is_continue(name: str, value: str) -> bool:
    """Whether a header field has the body wait until the server asks for it."""
    return name.lower() == "expect" and value.strip().lower() == "100-continue"


class RequestGroup:
    """Requests of one method that expect the same: a good reply to one of them says what others like it mean.

    Belongs to one thread. `repeats` is False where no two replies are equal. `cache` is the client's, for what it knows
    of the last replies. The rest is whoever's who records: `add` and `add_lag` take the latency and send lag, in
    nanoseconds, of one more reply like the last good one, which is `reply`, `add_all` the latencies of many, and
    `resize` its bytes on the wire, where they are not as many as before. A reply may be like one before the last; the
    client then puts back what was set with that one.

    `data` up to `body_at` is the whole head of a reply in other words, and from there its body; with `keeps_body` also
    that of each reply that is read: its body as it is without chunks, and if it came in pieces, no more than the
    request's `keep`. An equal reply leaves them as they are. Not `recorded`: the script that sends its requests writes
    down what came of them, but for those that are cut.
    """

    recorded = True

    def __init__(self, *, repeats: bool = True, keeps_body: bool = False) -> None:
        self.repeats = repeats
        self.keeps_body = keeps_body
        self.data = b""
        self.body_at = 0
        self.cache: Any = None
        self.reply: Reply | None = None
        self._twins: dict[int, RequestGroup] | None = None
        self.add: Callable[[int], None] = _nothing
        self.add_all: Callable[[list[int]], None] = _nothing
        self.add_lag: Callable[[int], None] = _nothing
        self.resize: Callable[[int], None] = _nothing

    def twin(self, place: int) -> "RequestGroup":
        """Another group of the same requests, for a thread of its own: the same for each `place`, and itself for 0."""
        twins = self._twins = self._twins or {0: self}
        twin = twins.get(place)
        if twin is None:
            twin = twins[place] = type(self)(repeats=self.repeats, keeps_body=self.keeps_body)
            twin.recorded, twin._twins = self.recorded, twins
        return twin


def _nothing(_value: object) -> None:
    """Stands in until a reply has been seen."""


class Request:
    """What to send. `target` is in origin form ("/path?query"); `name_id` indexes the plan's request names.

    `body` is bytes or a BodySource. The reply's body is counted; its first `keep` bytes are kept; every piece goes to
    `sink` when there is one. `group` is shared by requests that expect the same, or None where each reply must be
    handed over whole. `wire` is what HTTP/1.1 sends in one piece, once that is known. A Host field among `fields` takes
    the place of the origin's. `streams` says that the body does not go out in one piece with the head. `awaited`: the
    script that sent it is given its outcome, with a `group` that of the last reply like it. `payload` are the bytes of
    the application's data that a good reply means were moved, in either direction. `timeout_ns`, for all of the
    exchange, and `origin` take the place of the endpoint's; `plain` says that the first does not, nor does it stream.
    """

    __slots__ = (
        "awaited", "body", "expect", "fields", "group", "keep", "method", "name_id", "origin", "payload", "plain",
        "sink", "streams", "target", "timeout_ns", "wire",
    )  # fmt: skip

    def __init__(
        self,
        name_id: int,
        method: str,
        target: str,
        fields: Fields,
        *,
        body: "bytes | BodySource" = b"",
        expect: Expect | None = None,
        keep: int = 0,
        sink: Callable[[bytes], None] | None = None,
        group: RequestGroup | None = None,
        awaited: bool = False,
        timeout_ns: int | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.name_id = name_id
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.expect = expect or Expect()
        self.keep = max(keep, KEEP_TO_SEARCH if self.expect.searches else 0)
        self.sink = sink
        self.awaited = awaited
        self.group = group if sink is None else None
        self.streams = is_apart(body, fields)
        self.timeout_ns = timeout_ns
        self.origin = origin
        self.plain = not self.streams and timeout_ns is None
        self.wire: bytes | None = None
        self.payload = 0

    def varied(self, target: str, fields: Fields, body: "bytes | BodySource", wire: bytes | None = None) -> "Request":
        """The same request with other values in it; a body keeps its kind and rough size."""
        request = Request.__new__(Request)
        request.name_id, request.method, request.expect = self.name_id, self.method, self.expect
        request.keep, request.sink, request.group, request.streams = self.keep, self.sink, self.group, self.streams
        request.awaited, request.payload = self.awaited, self.payload
        request.timeout_ns, request.origin, request.plain = self.timeout_ns, self.origin, self.plain
        request.target, request.fields, request.body, request.wire = target, fields, body, wire
        return request

    def send_apart(self) -> None:
        """Have the body follow the head."""
        self.streams, self.plain = True, False

    def twin(self) -> "Request":
        """The same request as an object of its own."""
        request = self.varied(self.target, self.fields, self.body)
        request.wire = self.wire
        return request


def is_apart(body: "bytes | BodySource", fields: Fields) -> bool:
    """Whether a body does not go out in one piece with the head."""
    return not isinstance(body, bytes) or len(body) > JOINED_BODY_BYTES or (fields.expect_continue and body != b"")


@dataclass(slots=True)
class Outcome:
    """What one exchange came to: a Reply, or an error with what was seen of the reply so far.

    Instants are CLOCK_MONOTONIC nanoseconds: `sent_ns` when the connect or write was attempted, `done_ns` at the
    reply's last byte or the error; `first_ns` when the first piece of a reply came that took several, else 0.
    `reused`: whether its connection had carried a request before, where that is known.
    Whether a reply is good is decided by the driver, with the request's `expect`: a client gives no `error` with it.
    """

    sent_ns: int
    done_ns: int
    reply: Reply | None = None
    error: ErrorClass | None = None
    detail: str = ""
    head: bytes = b""
    bytes_sent: int = 0
    bytes_received: int = 0
    first_ns: int = 0
    reused: bool | None = None


@dataclass(slots=True)
class ConnectionCounts:
    """What one worker's connections did; merged by adding. `used` of those opened carried a request, `resumed` took up
    a session of TLS. `desynced` ended because bytes came that were no part of a reply; `bare_lf` are replies whose
    heads had lines that ended in LF alone. `addresses` has for each of several addresses how often a connect to it
    failed for which reason; those without a reason opened.

    With `Endpoint.phases`, `connect_ns` and `tls_ns` take how long each TCP connect and each TLS handshake took.
    """

    opened: int = 0
    used: int = 0
    failed: int = 0
    reconnected: int = 0
    idle_closed: int = 0
    desynced: int = 0
    bare_lf: int = 0
    resumed: int = 0
    connect_ns: list[int] = field(default_factory=list)
    tls_ns: list[int] = field(default_factory=list)
    addresses: dict[str, dict[str, int]] = field(default_factory=dict)

    def note_address(self, address: str, reason: str, times: int = 1) -> None:
        """Count connects to one of several addresses: those that failed for a reason, or with "" those that opened."""
        reasons = self.addresses.setdefault(address, {})
        reasons[reason] = reasons.get(reason, 0) + times

    def move_from(self, other: "ConnectionCounts") -> None:
        """Add another's counts to these and leave nothing there."""
        for item in fields(self):
            moved = getattr(other, item.name)
            setattr(other, item.name, type(moved)())
            if item.name == "addresses":
                for address, reasons in moved.items():
                    for reason, times in reasons.items():
                        self.note_address(address, reason, times)
            else:
                setattr(self, item.name, getattr(self, item.name) + moved)


class Client(Protocol):
    """One virtual user's connection, driven by `await`. A blocking client never suspends.

    `counts` is shared by the users of one worker or owned by one thread.
    """

    counts: ConnectionCounts

    async def connect(self) -> ErrorClass | None:
        """Open the connection ahead of the first request; None when it is open."""

    async def exchange(self, request: Request) -> Outcome:
        """Send one request and await its reply, opening the connection where there is none. Never raises."""

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        """The last request once more, without a coroutine; None where it takes `exchange`. Never raises."""

    def cut(self) -> None:
        """End a running exchange from outside (any thread): it returns soon, with an error."""

    def drop(self) -> None:
        """Close the connection between two exchanges; the next one opens another."""

    async def close(self) -> None:
        """Close the connection; the client is not used afterwards."""
