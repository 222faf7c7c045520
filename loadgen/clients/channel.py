"""One channel of the reactor: a socket, from closed to open."""

import socket
import ssl
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any

from loadgen.base.endpoint import Address
from loadgen.clients.destinations import Destination


class Phase(IntEnum):
    """closed -> (looking up ->) connecting -> (greeting a proxy ->) (handshake ->) open -> closed."""

    CLOSED = 0
    CONNECTING = 1
    HANDSHAKE = 2
    OPEN = 3
    LOOKING_UP = 4
    GREETING = 5


def _unusable(_: object) -> Any:
    raise OSError("the channel is not open")


class Channel:
    """What the reactor writes of a channel; `state` is its protocol's, and None while the channel is not open.

    `recv` and `send` are the socket's own, or TLS's. `phase_ns` is when the connect began and, with
    `Endpoint.phases`, `connected_ns` when it ended. `address` is the one of its destination's that it goes to, and
    `addresses` are those that are left to try. `greeting` is what is said to a proxy; `tls_session` is the last one.
    """

    __slots__ = (
        "address",
        "addresses",
        "connected_ns",
        "destination",
        "fd",
        "greeting",
        "opened_before",
        "phase",
        "phase_ns",
        "recv",
        "send",
        "sock",
        "state",
        "tls_session",
    )  # fmt: skip

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        self.phase = Phase.CLOSED
        self.state: object = None
        self.sock: socket.SocketType | None = None
        self.fd = -1
        self.recv: Callable[[int], bytes] = _unusable
        self.send: Callable[[bytes | bytearray], int] = _unusable
        self.connected_ns = self.phase_ns = 0
        self.address: Address = (0, ("", 0))
        self.addresses: Iterator[Address] = iter(())
        self.opened_before = False
        self.greeting: Any = None
        self.tls_session: ssl.SSLSession | None = None


class Watch:
    """A descriptor of somebody else's in the reactor's set; `on_ready` is called when it is readable."""

    phase = state = None

    def __init__(self, on_ready: Callable[[], None]) -> None:
        self.on_ready = on_ready


GONE = Watch(lambda: None)
"""In the place of a channel whose descriptor is not closed yet, or was closed by somebody else."""
