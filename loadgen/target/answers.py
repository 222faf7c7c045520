"""What each path of the demo server means, and how that is written. Pure: no sockets and no clock."""

import re
from enum import Enum
from http import HTTPStatus

from loadgen.base.clock import NS_PER_MS
from loadgen.base.dataclass import dataclass

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FILLER = memoryview(b"0123456789abcdef" * 4096)
HELLO = b"hello world\n"
MAX_BYTES = 1 << 30
MAX_WAIT_MS = 3_600_000.0
MAX_PARTS = 10_000
"""Events of one stream, which are kept while they go out."""
UPLOADS = (b"POST", b"PUT", b"PATCH")
PATHS = (
    "paths: /  /bytes/N (up to 1 GiB)  /status/N (200 to 599)  /delay/MS  /error-rate/PERCENT  "
    "/drip?bytes=N&ms=M  /stream?parts=N&ms=M&first=MS  /queue/MS  /_stats  POST /_reset; "
    "POST or PUT anywhere else uploads\n"
    "shop: POST /login {user, password: secret}  /search?q=TEXT  /items/N  /recommendations/N  POST /cart {item}  "
    "/cart/N  /cart/N/shipping  /shipping  /vat  POST /cart/N/pay  /orders/N  POST /logout  POST /admin/seed {items}  "
    "/shop/counts\n"
)
_WITH_NUMBER = re.compile(rb"/(bytes|status|delay|error-rate|queue)/([0-9]{1,10}(?:\.[0-9]{1,6})?)")
_TIMED_FIELD = re.compile(rb"(bytes|parts|ms|first)=([0-9]{1,10}(?:\.[0-9]{1,6})?)")


class Control(Enum):
    """Requests about the server itself, which are not counted."""

    STATS = "stats"
    RESET = "reset"
    SHOP_COUNTS = "shop counts"
    SHOP_RESET = "shop reset"


_OF_COUNTS = {b"GET": Control.SHOP_COUNTS, b"HEAD": Control.SHOP_COUNTS, b"DELETE": Control.SHOP_RESET}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gets. The body is `body`, or `filler` bytes of filler when that is not None.

    The reply leaves `delay_ns` after its arrival, or when a single server that takes `service_ns` for each request
    has got to it. `error_share` is the probability (0 to 1) of a 500 in its place. With `drip_ns` the filler goes
    out one byte at a time, that far apart. `fields` stand in the head
    beside the usual ones; `json` says what the body is. `parts` go out that far apart in the place of bytes: events.
    """

    status: int = 200
    body: bytes = b""
    filler: int | None = None
    delay_ns: int = 0
    service_ns: int | None = None
    error_share: float = 0.0
    drip_ns: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    json: bool = False
    parts: tuple[bytes, ...] = ()

    @property
    def length(self) -> int:
        """Bytes of the body."""
        if self.parts:
            return sum(map(len, self.parts))
        return len(self.body) if self.filler is None else self.filler

    @property
    def constant(self) -> bool:
        """Whether each such request gets the same bytes, at once."""
        return not (self.delay_ns or self.error_share) and self.service_ns is None and self.drip_ns is None


def answer_to(method: bytes, target: bytes, received: int) -> Answer | Control:
    """The meaning of a request whose body had `received` bytes. `target` is in origin or in absolute form."""
    path, _, query = origin_form(target).partition(b"?")
    if path == b"/_stats" and method in (b"GET", b"HEAD"):
        return Control.STATS
    if path == b"/_reset" and method == b"POST":
        return Control.RESET
    if path == b"/shop/counts" and method in _OF_COUNTS:
        return _OF_COUNTS[method]
    special = _timed(path, query) if path in (b"/drip", b"/stream") else _with_number(path)
    if special is not None:
        return special
    if method in UPLOADS:
        return Answer(body=b"received %d\n" % received)
    return Answer(body=HELLO) if path == b"/" else Answer(status=404, body=PATHS.encode("ascii"))


def origin_form(target: bytes) -> bytes:
    """The path with its query, of a target that may be a whole URL."""
    if target.startswith(b"/"):
        return target
    _, scheme_end, rest = target.partition(b"://")
    return b"/" + rest.partition(b"/")[2] if scheme_end else target


def error(status: int) -> Answer:
    """A reply whose body names its status, where that status allows a body."""
    if status in (204, 205, 304):
        return Answer(status=status)
    return Answer(status=status, body=f"{status} {phrase(status)}\n".encode("ascii"))


def phrase(status: int) -> str:
    """The reason phrase of a status, also of one nobody has named."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unnamed"


def head_of(answer: Answer, *, keep_alive: bool, old_client: bool = False) -> bytes:
    """Status line and fields. `old_client`: the request was HTTP/1.0, where keep-alive has to be said."""
    lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
    if answer.status != 204:
        kind = "text/event-stream" if answer.parts else "application/json" if answer.json else "text/plain"
        lines.append(f"Content-Type: {kind}")
    if answer.status not in (204, 304):
        lines.append(f"Content-Length: {answer.length}")
    lines += [f"{name}: {value}" for name, value in answer.fields]
    if not keep_alive:
        lines.append("Connection: close")
    elif old_client:
        lines.append("Connection: keep-alive")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def body_of(answer: Answer) -> bytes | memoryview:
    """The whole body; filler up to 64 KiB only."""
    return answer.body if answer.filler is None else FILLER[: answer.filler]


def _with_number(path: bytes) -> Answer | None:
    """The paths that end in a number; None where the number is out of range, as for any other path."""
    match = _WITH_NUMBER.fullmatch(path)
    if match is None:
        return None
    number = float(match[2])
    whole = int(number) if number.is_integer() else -1
    match match[1]:
        case b"bytes" if 0 <= whole <= MAX_BYTES:
            return Answer(filler=whole)
        case b"status" if 200 <= whole <= 599:
            return error(whole)
        case b"delay" if number <= MAX_WAIT_MS:
            return Answer(body=HELLO, delay_ns=round(number * NS_PER_MS))
        case b"error-rate" if number <= 100:
            return Answer(body=HELLO, error_share=number / 100)
        case b"queue" if number <= MAX_WAIT_MS:
            return Answer(body=HELLO, service_ns=round(number * NS_PER_MS))
    return None


def _timed(path: bytes, query: bytes) -> Answer | None:
    """`bytes=N&ms=M` of a drip, `parts=N&ms=M&first=MS` of a stream, in any order; 10 of them, 100 ms apart and the
    first at once, where they are left out."""
    drips = path == b"/drip"
    values = {b"bytes" if drips else b"parts": 10.0, b"ms": 100.0} | ({} if drips else {b"first": 0.0})
    for part in query.split(b"&") if query else ():
        match = _TIMED_FIELD.fullmatch(part)
        if match is None or match[1] not in values:
            return None
        values[match[1]] = float(match[2])
    count, gap_ms = values[b"bytes" if drips else b"parts"], values[b"ms"]
    if not count.is_integer() or count > (MAX_BYTES if drips else MAX_PARTS) or gap_ms > MAX_WAIT_MS:
        return None
    gap_ns = round(gap_ms * NS_PER_MS)
    if drips:
        return Answer(filler=int(count), drip_ns=gap_ns)
    events = (b'data: {"choices":[{"delta":{"content":"part %d"}}]}\n\n' % number for number in range(int(count)))
    first_ms = min(values[b"first"], MAX_WAIT_MS)
    return Answer(parts=(*events, b"data: [DONE]\n\n"), delay_ns=round(first_ms * NS_PER_MS), drip_ns=gap_ns)
