"""One connection of the reactor: a socket and where it stands in its exchange."""

import socket
from collections.abc import Callable, Iterator
from enum import IntEnum

from loadgen.base.exchange import Framing, Request
from loadgen.clients.http1.parser import ReplyReader


class Phase(IntEnum):
    """closed -> connecting -> (handshake) -> idle <-> waiting or busy -> closed.

    `WAITING`: the whole request is out and no byte of its reply has come. `BUSY`: in any other middle of an exchange.
    """

    CLOSED = 0
    CONNECTING = 1
    HANDSHAKE = 2
    IDLE = 3
    WAITING = 4
    BUSY = 5
    WATCH = 6


def _unusable(_size: int) -> bytes:
    raise OSError("the connection is not open")


def _unwritable(_data: bytes) -> int:
    raise OSError("the connection is not open")


class Connection:
    """What one virtual user sends through. All instants are CLOCK_MONOTONIC nanoseconds.

    `request` is the one in flight, or waiting for the connection; `sent_ns` its start, `due_ns` when it should have
    started.
    `first_ns` is the `sent_ns` of the first request on this socket: any other was sent on a reused connection.
    With `Endpoint.phases`, `connected_ns` is the end of the TCP connect, and `first_byte_ns` when the reply began.
    """

    __slots__ = (
        "address",
        "backoff_ns",
        "connected_ns",
        "due_ns",
        "fd",
        "first_byte_ns",
        "first_ns",
        "framing",
        "head",
        "kept",
        "missing",
        "opened_before",
        "pending",
        "phase",
        "phase_ns",
        "reader",
        "received",
        "recv",
        "request",
        "rest",
        "send",
        "sent_ns",
        "sock",
        "tried",
        "unsent",
        "user",
    )

    def __init__(self, user: int) -> None:
        self.user = user
        self.phase = Phase.CLOSED
        self.sock: socket.SocketType | None = None
        self.fd = -1
        self.recv: Callable[[int], bytes] = _unusable
        self.send: Callable[[bytes], int] = _unwritable
        self.request: Request | None = None
        self.sent_ns = 0
        self.due_ns = 0
        self.first_ns = 0
        self.connected_ns = 0
        self.first_byte_ns = 0
        self.phase_ns = 0
        self.backoff_ns = 0
        self.address = 0
        self.tried = 0
        self.opened_before = False
        self.reader: ReplyReader | None = None
        self.framing: Framing | None = None
        self.head = b""
        self.kept = b""
        self.missing = 0
        self.received = 0
        self.pending: memoryview | None = None
        self.rest: Iterator[bytes] | None = None
        self.unsent = False

    @property
    def reused(self) -> bool:
        """Whether the request in flight went out on a connection that had served another before."""
        return self.sent_ns != self.first_ns

    def forget_reply(self) -> None:
        """Ready for the next request."""
        self.reader = None
        self.framing = None
        self.missing = 0
        self.received = 0
        self.head = b""
        self.kept = b""


class Watch:
    """A descriptor of somebody else's in the reactor's epoll set; `on_ready` is called when it is readable."""

    __slots__ = ("on_ready", "phase")

    def __init__(self, on_ready: Callable[[], None]) -> None:
        self.phase = Phase.WATCH
        self.on_ready = on_ready
