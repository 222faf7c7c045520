"""A grammar of what a server may say to a request, well or badly: each kind draws one of its many forms."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from random import Random


@dataclass(frozen=True)
class Write:
    """Send bytes, in pieces of `piece` bytes (0: all at once) with a pause after each."""

    data: bytes
    piece: int = 0
    pause_s: float = 0.0


@dataclass(frozen=True)
class Flood:
    """Send the same bytes again and again until the client goes away."""

    unit: bytes


@dataclass(frozen=True)
class Wait:
    """Send nothing for a while."""

    seconds: float


Step = Write | Flood | Wait


class End(Enum):
    """What becomes of the connection."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"


@dataclass(frozen=True)
class Answer:
    """What is sent for one request. `passes`: how many good replies a client may take it for; `WHOLE` ones are one.

    What comes late may be taken for the reply to the next request.
    """

    kind: str
    steps: tuple[Step, ...]
    end: End = End.KEEP
    passes: int = 1


@dataclass(frozen=True)
class Message:
    """A good reply as bytes. `until_close`: its end is that of the connection. `head_bytes` are those of the head."""

    data: bytes
    head_bytes: int
    until_close: bool = False


WHOLE = "whole"
ENDLESS = 1_000_000
"""As many replies as there are in a flood of them."""
ECHO = b"{request}"
"""Stands for the head of the request in what is written."""

BREAKS = (End.CLOSE, End.RESET, End.STALL)
OTHER_PROTOCOLS = (
    b"\x15\x03\x01\x00\x02\x02\x0a",  # a TLS alert
    b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x00\x01\x00\x00",  # HTTP/2 settings
    b"SSH-2.0-OpenSSH_9.2p1\r\n",
    b"-ERR unknown command 'GET'\r\n",
    b"220 mail.example.org ESMTP\r\n",
    b"ICY 200 OK\r\n\r\n",
)
BAD_STATUS_LINES = (
    b"HTTP/1.1 abc OK",
    b"HTTP/1.1",
    b"HTTP/1.1 ",
    b"HTTP/1.1 20 OK",
    b"HTTP/1.1 2000 OK",
    b"HTTP/1.1 -200 OK",
    b"HTTP/1.1 099 OK",
    b"HTTP/3 200 OK",
    b"HTTP/1.1\t200\tOK",
    b"http/1.1 200 OK",
    b" HTTP/1.1 200 OK",
    b"HTTP/1.1 200 O\x00K",
    b"HTTP/1.1200 OK",
    b"\xff\xfe\xfd",
    b"200 OK",
)
BAD_LENGTHS = (b"-1", b"+5", b"0x5", b"5, 6", b"five", b"", b"5 5", b"9" * 30, b"5.0", b"\xb2")
BAD_CHUNKS = (b"zz", b"", b"-1", b"0x5", b"f" * 40, b"5 5", b"\x00", b"5;\x00" + b"x" * 300)


def whole(rng: Random, method: str) -> Answer:
    """A good reply in one of the forms that every client must take."""
    message = good_message(rng, method)
    closes = message.until_close
    return Answer(WHOLE, (Write(message.data),), End.CLOSE if closes else End.KEEP)


def good_message(rng: Random, method: str) -> Message:
    """Content-Length, chunks or until the connection ends; perhaps with interim replies, odd fields and no body."""
    status, reason = rng.choice(((200, b"OK"), (200, b"OK"), (200, b"OK"), (201, b"Created"), (204, b"No Content")))
    body = rng.randbytes(rng.choice((0, 1, 12, 12, 300, 5000, 70_000)))
    fields = [b"Server: chaos", b"X-Long: " + b"v" * rng.choice((0, 10, 3000))][: rng.randrange(3)]
    interim = rng.choice(
        (b"",) * 8 + (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    )
    framing = rng.choice(("length", "length", "length", "chunked", "close"))
    until_close = framing == "close"
    if status == 204:
        until_close, body = False, b""
    elif framing == "length":
        fields.append(rng.choice((b"Content-Length: %d", b"content-length:%d", b"CONTENT-LENGTH:  %d ")) % len(body))
    elif framing == "chunked":
        fields.append(b"Transfer-Encoding: chunked")
        body = _chunked(rng, body)
    else:
        fields.append(b"Connection: close")
    rng.shuffle(fields)
    head = interim + b"\r\n".join([b"HTTP/1.1 %d %b" % (status, reason), *fields]) + b"\r\n\r\n"
    return Message(head if method == "HEAD" else head + body, len(head), until_close)


def _chunked(rng: Random, body: bytes) -> bytes:
    parts = []
    while body:
        size = rng.randint(1, len(body))
        extension = rng.choice((b"", b"", b";name=value"))
        parts.append(b"%x%b\r\n%b\r\n" % (size, extension, body[:size]))
        body = body[size:]
    trailer = rng.choice((b"", b"", b"Expires: never\r\n"))
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def odd(rng: Random, method: str) -> Answer:
    """What some clients take and some do not."""
    body = b"" if method == "HEAD" else b"hello"
    heads = (
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\n",
        b"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Folded: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nNo colon here\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Bytes: \xff\xfe\x80\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 500 + b"Content-Length: 5\r\n\r\n",
    )
    return Answer("odd", (Write(rng.choice(heads) + body),), rng.choice((End.KEEP, *BREAKS)))


def refused(rng: Random, method: str) -> Answer:
    """A whole reply that says no, or sends the client elsewhere."""
    status = rng.choice((301, 302, 307, 400, 401, 404, 429, 500, 503))
    body = b"" if method == "HEAD" else b"no"
    head = b"HTTP/1.1 %d Sorry\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\n" % status
    return Answer("refused", (Write(head + body),), passes=int(status < 400))


def cut(rng: Random, method: str) -> Answer:
    """The beginning of a good reply."""
    message = good_message(rng, method)
    kept = rng.randrange(len(message.data))
    passes = int(message.until_close and kept >= message.head_bytes)
    return Answer("cut", (Write(message.data[:kept]),), rng.choice(BREAKS), passes)


def slow(rng: Random, method: str) -> Answer:
    """A good reply in small pieces, or late."""
    answer = whole(rng, method)
    data = b"".join(step.data for step in answer.steps if isinstance(step, Write))
    steps: tuple[Step, ...] = (Write(data, rng.randint(1, 50), rng.choice((0.0, 0.001, 0.01))),)
    if rng.random() < 0.5:
        steps = (Wait(rng.uniform(0.01, 0.6)), *steps)
    return replace(answer, kind="slow", steps=steps)


def doubled(rng: Random, method: str) -> Answer:
    """One request, several replies."""
    first, second = good_message(rng, method), good_message(rng, method)
    late: tuple[Step, ...] = (Wait(rng.uniform(0, 0.03)),) if rng.random() < 0.5 else ()
    times = rng.randint(1, 3)
    steps = (Write(first.data), *late, Write(second.data * times))
    return Answer("doubled", steps, rng.choice((End.KEEP, End.KEEP, *BREAKS)), 1 + times)


def surplus(rng: Random, method: str) -> Answer:
    """A good reply and bytes that belong to nothing."""
    late: tuple[Step, ...] = (Wait(rng.uniform(0, 0.03)),) if rng.random() < 0.5 else ()
    rest = rng.choice((b"\r\n", b"x", b"\x00" * 10, rng.randbytes(300), b"HTTP/1.1"))
    return Answer("surplus", (Write(good_message(rng, method).data), *late, Write(rest)))


def wrong_length(rng: Random, method: str) -> Answer:
    """A length or a chunk that is not what comes, or that is no number."""
    end = rng.choice((End.KEEP, *BREAKS))
    if rng.random() < 0.4:
        chunk = rng.choice(BAD_CHUNKS)
        data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n%b\r\nhello\r\n0\r\n\r\n" % chunk
        return Answer("wrong length", (Write(data),), end)
    said = rng.choice((*BAD_LENGTHS, b"4", b"6", b"500"))
    data = b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\nhello" % said
    if rng.random() < 0.2:
        data = data.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n")
    return Answer("wrong length", (Write(data),), end)


def flood(rng: Random, method: str) -> Answer:
    """Something without an end."""
    del method
    status = b"HTTP/1.1 200 OK\r\n"
    chunked = status + b"Transfer-Encoding: chunked\r\n\r\n"
    begun, unit = rng.choice(
        (
            (status + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536),
            (status + b"\r\n", b"x" * 65536),
            (chunked, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
            (chunked, b"1\r\nx\r\n"),
            (chunked + b"5;", b"x" * 16384),
            (chunked + b"0\r\nX-Trailer: ", b"x" * 16384),
            (chunked + b"0\r\n", b"X-Trailer: 1\r\n" * 100),
            (chunked, b"0" * 16384),
            (b"HTTP/1.1 200 ", b"O" * 16384),
            (status + b"X-Long: ", b"x" * 16384),
            (status, b"X-Many: 1\r\n" * 100),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
            (b"", b"\r\n" * 1000),
            (b"", b"\x00" * 16384),
            (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 100),
        )
    )
    return Answer("flood", (Write(begun), Flood(unit)), End.CLOSE, ENDLESS)


def empty_lines(rng: Random, method: str) -> Answer:
    """Empty lines in front of a good reply."""
    lines = rng.choice((b"\r\n", b"\n", b"\r\n\r\n", b"\r", b" \r\n")) * rng.choice((1, 2, 100))
    return Answer("empty lines", (Write(lines + good_message(rng, method).data),), End.CLOSE)


def bad_status_line(rng: Random, method: str) -> Answer:
    """What is not HTTP/1.x, or hardly."""
    del method
    data = rng.choice((*OTHER_PROTOCOLS, *(begun + b"\r\nContent-Length: 0\r\n\r\n" for begun in BAD_STATUS_LINES)))
    data = rng.randbytes(rng.randint(1, 2000)) if rng.random() < 0.1 else data
    return Answer("bad status line", (Write(data),), rng.choice((End.KEEP, *BREAKS)))


def silent_close(rng: Random, method: str) -> Answer:
    """A good reply that does not say that it is the last one; or says it, and the connection stays."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
    del method
    if rng.random() < 0.2:
        return Answer("silent close", (Write(head + b"Connection: close\r\n\r\n"),))
    late = (Wait(rng.uniform(0, 0.02)),) if rng.random() < 0.5 else ()
    return Answer("silent close", (Write(head + b"\r\n"), *late), rng.choice((End.CLOSE, End.RESET)))


def nothing(rng: Random, method: str) -> Answer:
    """No reply at all."""
    del method
    return Answer("nothing", (), rng.choice(BREAKS), 0)


def echo(rng: Random, method: str) -> Answer:
    """A refusal that throws back what was asked, in its head, its body or where no reply is expected."""
    del method
    status = rng.choice((b"HTTP/1.1 500 Sorry\r\n", b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 401 "))
    form = rng.choice(
        (b"Connection: close\r\n\r\n%b", b"Connection: close\r\nX-Echo: %b\r\n\r\n", b"Location: %b\r\n\r\n", b"%b")
    )
    return Answer("echo", (Write(status + form % ECHO),), End.CLOSE)


HOSTILE: dict[str, Callable[[Random, str], Answer]] = {
    "odd": odd,
    "refused": refused,
    "cut": cut,
    "slow": slow,
    "doubled": doubled,
    "surplus": surplus,
    "wrong length": wrong_length,
    "flood": flood,
    "echo": echo,
    "empty lines": empty_lines,
    "bad status line": bad_status_line,
    "silent close": silent_close,
    "nothing": nothing,
}
