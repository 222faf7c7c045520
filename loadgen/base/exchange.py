"""One exchange with the target: the Request, the Outcome, and the Protocol of a client.

Clients template instants and say what they saw. They never pace, retry, judge or print, and never raise for what a
server did.
"""

from collections.abc import Callable, Iterator
from dataclasses import field, fields
from enum import StrEnum
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any, Literal, Protocol

from loadgen.base.dataclass import dataclass
from loadgen.base.dialing import Dialing
from loadgen.base.units import counted


class ErrorClass(StrEnum):
    """Everything that can keep a request from passing, a row each; the value is the name in a Result.

    `text` says it to a person. `fault` is whose it is: `target` counts against thresholds, `generator` and `unknown`
    never do.
    """

    text: str
    fault: str

    def __new__(cls, name: str, text: str = "", fault: str = "target") -> "ErrorClass":
        error = str.__new__(cls, name)
        error._value_ = name
        error.text, error.fault = text, fault
        return error

    CONNECTION_REFUSED = "connection_refused", "connection refused"
    CONNECTION_RESET = "connection_reset", "connection reset by the server"
    UNREACHABLE = "unreachable", "host or network unreachable"
    CONNECT_TIMEOUT = "connect_timeout", "no connection within --connect-timeout"
    PROXY = "proxy_error", "the proxy opened no way to the target", "generator"
    TLS = "tls_error", "TLS handshake or certificate failed"
    TIMEOUT = "timeout", "no complete reply within --timeout"
    MALFORMED_REPLY = "malformed_reply", "the reply is not HTTP as it was asked for"
    EARLY_CLOSE = "early_close", "connection closed in the middle of a reply"
    STALE_CONNECTION = (
        "stale_connection",
        "the server had already closed the reused connection; --no-keepalive reuses none",
    )
    REFUSED_STREAM = "refused_stream", "the server refused the stream, without looking at the request"
    STREAM_RESET = "stream_reset", "the server reset the stream before its reply was whole"
    GRPC_STATUS = "grpc_status", "the call ended with another gRPC status than was expected"
    STREAM_BROKEN = "stream_broken", "the reply's parts did not come to the end that was asked for"
    STREAM_STALLED = "stream_stalled", "no further part of the reply within --timeout"
    UNEXPECTED_STATUS = "unexpected_status", "status not among the expected ones"
    UNEXPECTED_BODY = "unexpected_body", "body lacks the expected text"
    UNEXPECTED_HEADER = "unexpected_header", "a header is not the expected one"
    UNEXPECTED_TIME = "unexpected_time", "the reply took longer than expected"
    UNEXPECTED_LENGTH = "unexpected_length", "body length differs from the expected one"
    UNDECODABLE = "undecodable", "the body is not what its Content-Encoding says, or holds more than 64 MiB"
    WRONG_CONTENT = "wrong_content", "the object differs from what was put"
    PROCESSING = "processing_failed", "the function failed on an object"
    CALL_FAILED = "call_failed", "a call of the scenario failed"
    CHECK_FAILED = "check_failed", "a check of the scenario failed"
    NO_DESCRIPTORS = "no_descriptors", "this machine ran out of file descriptors", "generator"
    NO_PORTS = "no_ports", "this machine ran out of ephemeral ports", "generator"
    GENERATOR = "generator_error", "the generator itself failed", "generator"
    SCRIPT_ERROR = "script_error", "the scenario's own code raised an exception", "generator"
    CUT = "cut", "still running when the grace period ended", "unknown"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go: `scheme` is http or https, `host` a name or address without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The Host header: the port is left out where it is the scheme's own; IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether `host` is an IP address: there is nothing to look up."""
        try:
            inet_pton(AF_INET6 if ":" in self.host else AF_INET, self.host.partition("%")[0])
        except (OSError, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Check:
    """What else a reply is to have: a value of JSON at the path `where`, a header of that name, a match of a regular
    expression in its body, or a body of that SHA-256. `wanted` is the value, for `json` as JSON; None: any is good.
    With `regex` a header is to match it.
    """

    kind: Literal["json", "header", "regex", "sha256"]
    where: str = ""
    wanted: str | None = None
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """What is a good reply. Statuses are inclusive ranges; `body_contains` is looked for in the first MiB.

    With `decoded`, body and length are what the Content-Encoding hides, of the first MiB that comes of that. `checks`
    and `within_s`, the time that it may take, are looked at by a kind of its own, in the workloads.
    """

    statuses: tuple[tuple[int, int], ...] = ((200, 399),)
    body_contains: bytes | None = None
    length: int | None = None
    decoded: bool = False
    checks: tuple[Check, ...] = ()
    within_s: float | None = None

    def judge(self, reply: "Reply", took_ns: int = 0) -> ErrorClass | None:
        """None for a good reply, which took so long, else what is wrong with it."""
        del took_ns
        body_length, kept = reply.body_length, reply.kept
        if self.decoded and b"encoding:" in reply.head.lower():
            from loadgen.base.decoding import DecodingError, decoded_body

            try:
                kept = decoded_body(reply.head, kept)
            except DecodingError:
                return ErrorClass.UNDECODABLE
            if kept is not reply.kept:
                body_length = len(kept)
        return self.verdict(reply.status, body_length, kept)

    def explain(self, reply: "Reply", error: ErrorClass, code: str, took_ns: int = 0) -> str:
        """What is wrong with a bad reply, and what was found instead, on one line."""
        del took_ns
        if error is ErrorClass.UNEXPECTED_LENGTH and self.length is not None and not code and not self.decoded:
            return f"a body of {counted(reply.body_length, 'byte')}, expected {self.length}"
        if error is ErrorClass.UNEXPECTED_BODY and self.body_contains is not None and not code:
            encoded = b"content-encoding:" in reply.head.lower()
            begins = "" if encoded else f": it begins {reply.kept[:_SHOWN_BYTES].decode('utf-8', 'replace')!r}"
            there = begins if reply.body_length else ": it is empty"
            return f"the body lacks {self.body_contains[:_SHOWN_BYTES].decode('utf-8', 'replace')!r}{there}"
        return error.text if error is ErrorClass.UNDECODABLE else self.describe(reply.status, code)

    def verdict(self, status: int, body_length: int, kept: bytes) -> ErrorClass | None:
        """The same of its parts. `kept` are the first bytes of the body."""
        for low, high in self.statuses:
            if low <= status <= high:
                break
        else:
            return ErrorClass.UNEXPECTED_STATUS
        if self.length is not None and body_length != self.length:
            return ErrorClass.UNEXPECTED_LENGTH
        if self.body_contains is not None and self.body_contains not in kept:
            return ErrorClass.UNEXPECTED_BODY
        return None

    @property
    def reads_body(self) -> bool:
        """Whether it takes more than its status and its length to call a reply good."""
        return self.searches or self.within_s is not None

    @property
    def searches(self) -> bool:
        """Whether the body itself is to be kept for it."""
        return self.body_contains is not None or bool(self.checks) or (self.decoded and self.length is not None)

    def code(self, kept: bytes) -> str:
        """The application's own name for what is wrong with a bad reply, where its protocol has one."""
        del kept
        return ""

    def code_of(self, reply: "Reply") -> str:
        """The same, also of its head."""
        return self.code(reply.kept)

    def describe(self, status: int, code: str) -> str:
        """What is wrong with a bad reply, on one line."""
        return f"status {status}, {code}" if code else f"status {status}"

    def details(self, code: str, kept: bytes) -> str:
        """What else a bad reply with this code says, to be put behind that."""
        del code, kept
        return ""


KEEP_TO_SEARCH = 1 << 20
_SHOWN_BYTES = 60
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
class Reply:
    """A complete reply. `wire_length` counts every byte from the status line on; `head` are the first of them
    but for those of interim replies, up to 4096. That of replies which say the same in other words has the `head` of
    one of them, and nothing `kept`.
    """

    status: int
    body_length: int
    wire_length: int
    kept: bytes = b""
    head: bytes = b""
    keep_alive: bool = True


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


@dataclass(frozen=True, slots=True)
class Tls:
    """How TLS is done. Paths are of PEM files; `verify` False accepts every certificate.

    `server_name` is asked for, and the certificate must be for it, in place of the origin's host. Versions are "1.0"
    to "1.3"; `ciphers` are OpenSSL's names for those up to 1.2. `resume`: a user's next connection takes up its last
    session.
    """

    verify: bool = True
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    min_version: str | None = None
    max_version: str | None = None
    ciphers: str | None = None
    resume: bool = False


Address = tuple[int, tuple[str, int]]
"""A family and a socket's address: a host and a port; of AF_UNIX a path and 0."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything a client needs to reach the target; addresses are resolved `(family, sockaddr)` pairs.

    `phases`: also time the parts of an opening and the first byte of each reply. Where a proxy stands before it,
    `addresses` are the proxy's, and `asked` the target's own, if the proxy is to be asked for that and not for a name.
    """

    origin: Origin
    addresses: tuple[Address, ...]
    tls: Tls = field(default_factory=Tls)
    timeout_s: float = 10.0
    connect_timeout_s: float = 5.0
    keep_alive: bool = True
    phases: bool = False
    dialing: Dialing = field(default_factory=Dialing)
    asked: str = ""


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
