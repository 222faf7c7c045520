"""Where connections go: the plan's origin, and others, each made ready when it is first needed."""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loadgen.base.clock import Clock
from loadgen.base.errors import UsageError
from loadgen.base.exchange import Address, Endpoint, Origin
from loadgen.base.tls import make_context
from loadgen.clients.addresses import Addresses
from loadgen.clients.poller import has_epoll
from loadgen.clients.resolve import look_up


@dataclass(eq=False, slots=True)
class Destination:
    """One origin; `context` is None without TLS. `is_near`: on this host, where a handshake of TCP is over at once.

    Until it is `ready` it has no addresses; `waiting` are the reactor's channels that are to be connected then.
    """

    origin: Origin
    addresses: Addresses
    context: ssl.SSLContext | None = None
    ready: bool = False
    is_near: bool = False
    waiting: list[Any] = field(default_factory=list)
    making: threading.Lock = field(default_factory=threading.Lock)

    def make_ready(self, addresses: tuple[Address, ...] | None, context: ssl.SSLContext | None) -> None:
        if addresses is not None:
            self.addresses.replace(addresses)
        self.context = context
        self.is_near = has_epoll() and self.addresses.are_near
        self.ready = True

    def socket(self, family: int, kind: int) -> socket.SocketType:
        """Half the price without TLS, which wants more of it."""
        return (socket.SocketType if self.context is None else socket.socket)(family, kind)


class Destinations:
    """Those of one worker, threads included; `home` is that of the endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        context: ssl.SSLContext | None,
        clock: Clock,
        addresses: Addresses | None = None,
        look_up: Callable[[Origin], tuple[Address, ...]] = look_up,
    ) -> None:
        self._tls, self._context = endpoint.tls, context
        self._clock = clock
        self._look_up = look_up
        self.home = Destination(endpoint.origin, addresses or Addresses(endpoint.addresses, clock))
        self.home.make_ready(None, context)
        self.all = {endpoint.origin: self.home}

    def of(self, origin: Origin | None) -> Destination:
        """That of an origin, perhaps not ready; None: home."""
        if origin is None:
            return self.home
        found = self.all.get(origin)
        if found is None:
            found = self.all.setdefault(origin, Destination(origin, Addresses((), self._clock)))
            if origin.is_address and (origin.scheme == "http" or self._context is not None):
                self.prepare(found)  # which takes no time
        return found

    def prepare(self, destination: Destination) -> None:
        """Make it ready, which may take seconds: its name is looked up. Raises OSError that says why not."""
        with destination.making:
            if not destination.ready:
                addresses = self._look_up(destination.origin)
                destination.make_ready(addresses, self._tls_context() if destination.origin.scheme == "https" else None)

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = make_context(self._tls)
            except UsageError as error:
                raise ssl.SSLError(0, str(error)) from None
        return self._context
