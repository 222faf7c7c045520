"""One HTTP/1.1 connection of the reactor: a user's stream and its channel in one."""

from collections.abc import Iterator
from enum import IntEnum

from loadgen.base.exchange import BodyPiece, Request
from loadgen.clients.channel import Channel
from loadgen.clients.destinations import Destination
from loadgen.clients.http1.between import Between
from loadgen.clients.http1.exchange import Exchange
from loadgen.clients.http1.single_use import SingleUse


class State(IntEnum):
    """Of an open connection: idle <-> waiting, held or busy.

    `WAITING`: the whole request is out and no byte of its reply has come. `HELD`: the body waits until the server asks
    for it. `BUSY`: in any other middle of an exchange.
    """

    IDLE = 0
    WAITING = 1
    BUSY = 2
    HELD = 3


class Connection(Channel):
    """A Stream. `exchange` is there from the first byte of a reply to the last, unless the reply came in one piece.

    `first_ns` is the `sent_ns` of the first request on this socket: any other was sent on a reused connection.
    `pending` and then `rest` are still to be sent; `unsent` says that the socket did not take all, `ended` that the
    server has closed its side. `idle` is until when it was idle for long, and for how long. `single_use` is what is
    known of its server. `replies` are counted where a connection carries so many requests and no more.
    """

    __slots__ = (
        "backoff_ns", "between", "due_ns", "ended", "exchange", "first_byte_ns", "first_ns", "idle",
        "pending", "replies", "request", "rest", "sent_ns", "single_use", "unsent", "user",
    )  # fmt: skip

    def __init__(self, user: int, destination: Destination, single_use: SingleUse) -> None:
        super().__init__(destination)
        self.user = user
        self.single_use = single_use
        self.request: Request | None = None
        self.sent_ns = self.first_ns = self.first_byte_ns = 0
        self.due_ns = self.backoff_ns = 0
        self.idle = (0, 0)
        self.exchange: Exchange | None = None
        self.between: Between | None = None
        self.pending: memoryview | None = None
        self.rest: Iterator[BodyPiece] | None = None
        self.unsent = self.ended = False
        self.replies = 0

    @property
    def reused(self) -> bool:
        """Not for the first request on this socket."""
        return self.sent_ns != self.first_ns
