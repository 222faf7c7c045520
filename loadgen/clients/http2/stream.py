"""One virtual user's place on a connection: at most one request at a time."""

from collections.abc import Iterator
from typing import Any

from loadgen.base.exchange import BodyPiece, Request
from loadgen.clients.http2.header_decoder import Head

EXAMPLE_BYTES = 4096
"""Of a reply, for an example."""


class Http2Stream:
    """A Stream, in a `lane`. `session` is the connection that its request is on, under the number `id`; None while it
    waits for one.

    Of the reply so far: its `head` and `trailers`, `received` bytes of body and `wire` bytes in all, of which `kept`
    are kept. `unsent`, and then `pieces`, are left of the request's body; `window` is what the server takes of it.
    """

    __slots__ = (
        "backoff_ns", "due_ns", "first_byte_ns", "head", "id", "kept", "lane", "pieces", "received", "request",
        "sent_ns", "session", "trailers", "tries", "unsent", "user", "window", "wire",
    )  # fmt: skip

    def __init__(self, user: int, lane: Any) -> None:
        self.user = user
        self.lane = lane
        self.request: Request | None = None
        self.sent_ns = self.first_byte_ns = self.due_ns = self.backoff_ns = 0
        self.session: Any = None
        self.id = self.tries = 0
        self.head: Head | None = None
        self.trailers: Head | None = None
        self.received = self.wire = self.window = 0
        self.kept = b""
        self.unsent = memoryview(b"")
        self.pieces: Iterator[BodyPiece] | None = None

    @property
    def reused(self) -> bool:
        """The first request of a connection has the number 1."""
        return self.id > 1

    @property
    def example(self) -> bytes:
        """The first bytes of the reply so far, as HTTP/1.1 would write it."""
        return (self.head_text + self.kept)[:EXAMPLE_BYTES]

    @property
    def head_text(self) -> bytes:
        """The reply's head, with its trailers, as HTTP/1.1 would write it."""
        if self.head is None:
            return b""
        text = self.head.as_text()
        return text if self.trailers is None else text[:-2] + self.trailers.lines() + b"\r\n"
