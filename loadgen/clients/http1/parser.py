"""Reads one HTTP/1.x reply from bytes; no sockets here.

`ReplyReader` takes a reply in any pieces and either completes it or says in one sentence why it is malformed.
`read_short` is the short path: a head that was seen before needs no parsing, and one that is as plain as most are only
a pattern.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from loadgen.base.exchange import Reply

MAX_HEAD_BYTES = 65536
EXAMPLE_BYTES = 200
HEAD_BYTES = 4096
_MAX_HEADS = 64
HEAD_END = b"\r\n\r\n"
_PLAIN = re.compile(
    rb"HTTP/1\.1 ([2-5]\d\d) [\t -~\x80-\xff]*+\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)*+\r\n"
)
_TELLING = re.compile(rb"\n(content-length|transfer-encoding|connection|proxy-connection):[ ]*([^\r]*)")
_CONNECTIONS = (b"connection", b"proxy-connection")
_BODILESS = (204, 304)
_MOST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Framing:
    """What a reply's head says of the rest: `length` body bytes follow it."""

    status: int
    length: int
    keep_alive: bool


class ReplyReader:
    """One reply to a request of `method`, fed in pieces.

    After each `feed`, `reply` is set once the reply is complete, `problem` once it cannot be HTTP/1.x. `surplus`
    says that bytes came after its end. `start` holds at least the head. The body is counted; its first `keep` bytes
    are kept, all go to `sink`.
    """

    __slots__ = (
        "_body_length",
        "_close_delimited",
        "_done",
        "_framed",
        "_head_done",
        "_head_only",
        "_heads",
        "_keep",
        "_keep_alive",
        "_kept",
        "_length",
        "_parser",
        "_sink",
        "_status",
        "problem",
        "received",
        "reply",
        "start",
        "surplus",
    )

    def __init__(self, method: str, keep: int = 0, sink: Callable[[bytes], None] | None = None) -> None:
        self.reply: Reply | None = None
        self.problem = ""
        self.surplus = False
        self.received = 0
        self._keep = keep
        self._kept = bytearray()
        self._sink = sink
        self._head_only = method == "HEAD"
        self._heads = 1
        self.start = b""
        self._body_length = 0
        self._length: int | None = None
        self._framed = False
        self._head_done = False
        self._close_delimited = False
        self._done = False
        self._keep_alive = False
        self._status = 0
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    @property
    def head(self) -> bytes:
        """The first bytes of the reply, at most 200."""
        return self.start[:EXAMPLE_BYTES]

    @property
    def begun(self) -> bool:
        """Whether any byte of the reply has come."""
        return self.received > 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes (at least one)."""
        self.received += len(data)
        if self._parser is None:
            self.surplus = True
            return
        if not self._head_done:
            self.start += data
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._done = True
        except HttpParserError as error:
            if not self._done:
                self.problem = str(error) or "not an HTTP/1.x reply"
            self.surplus = True
        if self.problem:
            self._parser = None
        elif self._done:
            self._complete()
        elif not self._head_done and len(self.start) > MAX_HEAD_BYTES:
            self.problem = f"the head is longer than {MAX_HEAD_BYTES} bytes"

    def eof(self) -> bool:
        """The server closed: whether that completes the reply."""
        if self._close_delimited and not self.problem:
            self._done = True
            self._complete()
        return self.reply is not None

    def _complete(self) -> None:
        self._parser = None  # it holds this reader: a cycle for each reply would be work for the collector
        if self._head_only or not self._framed:  # what follows chunks shows as the beginning of another message
            body_on_wire = 0 if self._head_only else self._body_length
            if self.received > self._head_length() + body_on_wire:
                self.surplus = True
        keep_alive = self._keep_alive and not self.surplus and not self._close_delimited
        head = self.start[:HEAD_BYTES]
        self.reply = Reply(self._status, self._body_length, self.received, bytes(self._kept), head, keep_alive)

    def _head_length(self) -> int:
        start = self._start_of_last_head()
        return self.start.find(HEAD_END, start) + len(HEAD_END)

    def _start_of_last_head(self) -> int:
        start = 0
        for _ in range(self._heads - 1):
            start = self.start.find(HEAD_END, start) + len(HEAD_END)
        return start

    def framing(self) -> Framing | None:
        """What the head of a complete reply says, if any reply with the same head has the same length."""
        reply = self.reply
        simple = self._heads == 1 and not self._framed and not self._close_delimited and not self.surplus
        if reply is None or not simple:
            return None
        return Framing(reply.status, reply.body_length, reply.keep_alive)

    # Called by the parser, in this order.

    def on_message_begin(self) -> None:
        """The first byte of a reply, of an interim one, or of what came after a reply."""
        if self._done:
            self.surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field of the reply, or of an interim reply before it, or a trailer."""
        if self._head_done:
            return
        lowered = name.lower()
        if lowered == b"content-length":
            self._length = int(value)
        elif lowered == b"transfer-encoding":
            self._framed = value.lower().endswith(b"chunked")  # any other coding ends with the connection

    def on_headers_complete(self) -> None:
        """The end of a head."""
        if self._done:
            self.surplus = True
            return
        parser = self._parser
        assert parser is not None
        status = int(parser.get_status_code())
        if 100 <= status < 200 and status != 101:
            return
        self._head_done = True
        self._status = status
        self._keep_alive = bool(parser.should_keep_alive()) and status != 101
        if not self.start.startswith(b"HTTP/1.", self._start_of_last_head()):
            self.problem = "the protocol is not HTTP/1.x"
        if self._head_only:
            self._done = True
        else:
            bodiless = status in (101, 204, 304)
            self._close_delimited = not bodiless and self._length is None and not self._framed

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._done:
            return
        self._body_length += len(data)
        missing = self._keep - len(self._kept)
        if missing > 0:
            self._kept += data[:missing]
        if self._sink is not None:
            self._sink(data)

    def on_message_complete(self) -> None:
        """The end of a reply, or of an interim one."""
        if not self._head_done:
            self._heads += 1
            self._length, self._framed = None, False
        else:
            self._done = True


def read_short(data: bytes, method: str, heads: dict[bytes, Framing] | None) -> tuple[Framing, int] | None:
    """The framing that a reply begins with, and its head's length; None where it takes a ReplyReader to tell.

    A head is short work if it was seen before, or if all of it matches what no reader could take otherwise.
    """
    if heads is not None:
        end = data.find(HEAD_END) + len(HEAD_END)
        framing = heads.get(data[:end])
        if framing is not None:
            return framing, end
    match = _PLAIN.match(data)
    if match is None or method == "HEAD":
        return None
    framing = _plain_framing(int(match[1]), match[0].lower())
    if framing is None:
        return None
    remember(heads, match[0], framing)
    return framing, match.end()


def _plain_framing(status: int, head: bytes) -> Framing | None:
    """What a well-formed lower-case head says, if it says so with one Content-Length and nothing else."""
    if status in _BODILESS:
        return None
    length = None
    for name, value in _TELLING.findall(head):
        if name == b"content-length" and length is None:
            length = value.rstrip(b" ")
        elif name not in _CONNECTIONS or value != b"keep-alive":
            return None
    if length is None or not length.isdigit() or len(length) >= _MOST_DIGITS:
        return None
    return Framing(status, int(length), keep_alive=True)


def remember(heads: dict[bytes, Framing] | None, start: bytes, framing: Framing) -> None:
    """Let later replies with the same head take the short path; `start` holds the whole head."""
    if heads is None:
        return
    if len(heads) >= _MAX_HEADS:
        heads.clear()
    heads[start[: start.find(HEAD_END) + len(HEAD_END)]] = framing
