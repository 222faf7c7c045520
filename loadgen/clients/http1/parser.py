"""Reads one HTTP/1.x reply from bytes; no sockets here.

`ReplyReader` takes a reply in any pieces and either completes it or says in one sentence why it is malformed.
"""

import re
from collections.abc import Callable
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from loadgen.base.reply import Reply
from loadgen.clients.http1.between import Between, BetweenChunks
from loadgen.clients.http1.chunks import ChunkReader
from loadgen.clients.http1.framing import BODILESS, CONNECTIONS, MAX_HEAD_BYTES, Framing
from loadgen.clients.http1.other_protocols import other_protocol

EXAMPLE_BYTES = 200
HEAD_BYTES = 4096
_BEGIN = b"HTTP/1."
_HEAD_END = re.compile(rb"\n\r?\n")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_LATER = re.compile(rb"\AHTTP/1\.[2-9] ")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*([^\r]*?)[ \t]*(?=\r\n)")


class ReplyReader:
    """One reply to a request of `method`, fed in pieces; where they are cut changes nothing.

    After each `feed`, `reply` is set once the reply is complete, `problem` once it cannot be HTTP/1.x. `surplus`
    says that bytes came after its end. `start` holds at least the head, and those of interim replies before it;
    `last_head` is the head alone, each line ended by CRLF. The body is counted; its first `keep` bytes are kept, all go
    to `sink`. `between`, where there is one after a `feed`, may be asked to take what comes before the next.
    """

    __slots__ = (
        "_at", "_begin", "_body_length", "_chunks", "_continues", "_head_only", "_heads", "_keep", "_keep_alive",
        "_kept", "_left", "_notes", "_received", "_sink", "_status", "bare_lf", "between", "last_head", "problem",
        "reply", "start", "surplus",
    )  # fmt: skip

    def __init__(self, method: str, keep: int = 0, sink: Callable[[bytes], None] | None = None) -> None:
        self.reply: Reply | None = None
        self.problem = ""
        self.surplus = self.bare_lf = False
        self.between: Between | None = None
        self._received = 0
        self.start = self.last_head = b""
        self._keep = keep
        self._kept = bytearray()
        self._sink = sink
        self._notes = sink is not None and hasattr(sink, "note")
        self._head_only = method == "HEAD"
        self._at = self._begin = self._heads = self._status = self._body_length = 0
        self._left: int | None = None  # of the body; None: chunks, or the connection, end it
        self._chunks: ChunkReader | None = None
        self._keep_alive = self._continues = False

    @property
    def continues(self) -> bool | None:
        """Whether the server asks for the rest of the request; None until it has said so, or its reply has begun."""
        return False if self._status else self._continues or None

    @property
    def head(self) -> bytes:
        """The first bytes of the reply, at most 200."""
        return self.start[:EXAMPLE_BYTES]

    @property
    def received(self) -> int:
        """How many bytes came."""
        self._count_taken()
        return self._received

    @property
    def begun(self) -> bool:
        """Whether any byte of the reply has come."""
        return self.received > 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes (at least one)."""
        self._count_taken()
        self._received += len(data)
        if self.reply is not None or self.problem:
            self.surplus = True
            return
        if not self._status:
            self.start += data
            self._read_heads()
            if not self._status or self.problem:
                return
            data = self.start[self._at :]
        if self._chunks is not None:
            count = self._chunks.feed(data, self._take_body)
            self.problem = self._chunks.problem
            if self._chunks.done:
                self._complete(surplus=count < len(data))
        elif self._left is None:
            self._take_body(data)
        else:
            body = data[: self._left]
            self._left -= len(body)
            self._take_body(body)
            if not self._left:
                self._complete(surplus=len(data) > len(body))
        if self._notes:
            self._set_between()

    def _set_between(self) -> None:
        if not self._is_between():
            self.between = None
            return
        if self.between is None:
            sink: Any = self._sink
            self.between = Between(sink) if self._chunks is None else BetweenChunks(sink)
        self.between.begin(self._left)

    def _count_taken(self) -> None:
        """Count what was taken without a `feed`."""
        if self.between is not None:
            received, body = self.between.taken()
            self._received += received
            self._body_length += body
            if self._left is not None:
                self._left -= received

    def _is_between(self) -> bool:
        """Whether all that comes next is the body's, of which nobody but the sink keeps anything."""
        if self.reply is not None or self.problem or len(self._kept) < self._keep:
            return False
        return self._chunks is None or self._chunks.is_between

    def stop(self) -> Reply:
        """The reply as far as it has come, of which no more is wanted."""
        self._count_taken()
        return Reply(
            self._status,
            self._body_length,
            self.received,
            bytes(self._kept),
            self.start[self._begin : self._begin + HEAD_BYTES],
            False,
        )

    def eof(self) -> bool:
        """The server closed: whether that completes the reply. It may tell a `problem` instead."""
        self._count_taken()
        if self.reply is not None or self.problem:
            pass
        elif not self._status:
            start = self.start[self._at :]
            if not _BEGIN.startswith(start[: len(_BEGIN)]):
                self.problem = other_protocol(start, ended=True)
        elif self._left is None and not self._chunks:
            self._complete(surplus=False)
        return self.reply is not None

    def framing(self) -> Framing | None:
        """What the head of a complete reply says, if any reply with the same head has the same length."""
        reply = self.reply
        if reply is None or self._heads > 1 or self._left is None or self.surplus or self.bare_lf:
            return None
        return Framing(reply.status, reply.body_length, reply.keep_alive)

    def _complete(self, *, surplus: bool) -> None:
        self.surplus = surplus
        keep_alive = self._keep_alive and not surplus
        head = self.start[self._begin : self._begin + HEAD_BYTES]
        self.reply = Reply(self._status, self._body_length, self.received, bytes(self._kept), head, keep_alive)

    # The head, which is parsed when it is whole.

    def _read_heads(self) -> None:
        """Those of interim replies, if any, and that of the reply, which sets `_status`."""
        while not self._status and not self.problem:
            begin = self.start[self._at : self._at + len(_BEGIN)]
            end = _HEAD_END.search(self.start, self._at)
            if begin[:1] in (b"\r", b"\n"):
                self.problem = "an empty line comes before the status line"
            elif not _BEGIN.startswith(begin):
                self.problem = other_protocol(self.start[self._at :])
                return
            elif (len(self.start) if end is None else end.end()) > MAX_HEAD_BYTES:
                self.problem = f"the head is longer than {MAX_HEAD_BYTES} bytes"
            elif end is None:
                return
            else:
                head = self.start[self._at : end.end()]
                self._begin, self._at = self._at, end.end()
                self._heads += 1
                self._read_head(head)

    def _read_head(self, head: bytes) -> None:
        if head.count(b"\n") != head.count(b"\r\n"):  # as curl, Go and wrk take it
            self.bare_lf = True
            head = _BARE_LF.sub(b"\r\n", head)
        self.last_head = head
        fields = _Fields()
        parser = HttpResponseParser(fields)
        try:
            parser.feed_data(_once_each_length(_LATER.sub(b"HTTP/1.1 ", head)))
        except HttpParserUpgrade:
            pass
        except HttpParserError as error:
            self.problem = str(error) or "not an HTTP/1.x reply"
            return
        status = int(parser.get_status_code())
        if 100 <= status < 200 and status != 101:
            self._continues |= status == 100
            return
        self._status = status
        self._keep_alive = status != 101 and b"close" not in fields.connection
        if head.startswith(b"HTTP/1.0"):
            self._keep_alive &= b"keep-alive" in fields.connection
        if self._head_only or status in BODILESS:
            self._left = 0
        else:
            self._left, self._chunks = fields.length, ChunkReader() if fields.chunked else None
            self._keep_alive &= fields.chunked or self._left is not None

    # The body.

    def _take_body(self, data: bytes) -> None:
        if not data:
            return
        self._body_length += len(data)
        missing = self._keep - len(self._kept)
        if missing > 0:
            self._kept += data[:missing]
        if self._sink is not None:
            self._sink(data)


class _Fields:
    """What the fields of a head say of the body and the connection; called by the parser."""

    __slots__ = ("chunked", "connection", "length")

    def __init__(self) -> None:
        self.connection: list[bytes] = []
        self.length: int | None = None
        self.chunked = False

    def on_header(self, name: bytes, value: bytes) -> None:
        lowered = name.lower()
        if lowered == b"content-length":
            self.length = int(value)
        elif lowered == b"transfer-encoding":  # any other last coding ends with the connection
            self.chunked = value.rpartition(b",")[2].strip(b" \t").lower() == b"chunked"
        elif lowered in CONNECTIONS:
            self.connection += (token.strip(b" \t") for token in value.lower().split(b","))


def _once_each_length(head: bytes) -> bytes:
    """The head without the repetition of a Content-Length of the same value, which curl and browsers take too."""
    lengths = _LENGTH.findall(head)
    if len(lengths) < 2 or len(set(lengths)) > 1:
        return head
    return _LENGTH.sub(b"", head, count=len(lengths) - 1)
