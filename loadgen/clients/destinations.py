"""Where connections go: the plan's origin, and others, each made ready when it is first needed."""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any

from loadgen.base.clock import Clock
from loadgen.base.dataclass import dataclass
from loadgen.base.dialing import Dialing, Proxy
from loadgen.base.endpoint import Address, Endpoint, Origin
from loadgen.base.errors import UsageError
from loadgen.base.tls import make_context
from loadgen.clients.addresses import Addresses
from loadgen.clients.local_addresses import local_addresses_of
from loadgen.clients.poller import has_epoll
from loadgen.clients.resolve import look_up as look_up_addresses
from loadgen.clients.resolve import look_up_asked, needs_look_up

if TYPE_CHECKING:
    from loadgen.clients.tunnel import Greeting


@dataclass(eq=False, slots=True)
class Destination:
    """One origin; `context` is None without TLS. `is_near`: on this host, where a handshake of TCP is over at once.

    `proxy` stands before it, and `greeting` makes what is said to that first; `asked` is its address where the proxy is
    to be asked for one. Until it is `ready` it has no addresses; `waiting` are the reactor's channels that are to be
    connected then.
    """

    origin: Origin
    addresses: Addresses
    context: ssl.SSLContext | None = None
    ready: bool = False
    is_near: bool = False
    proxy: Proxy | None = None
    greeting: "Callable[[], Greeting] | None" = None
    asked: str = ""
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
        look_up: Callable[[Origin], tuple[Address, ...]] | None = None,
    ) -> None:
        self._tls, self._context = endpoint.tls, context
        self._clock = clock
        self._look_up = look_up or partial(look_up_addresses, dialing=endpoint.dialing)
        self._dialing = endpoint.dialing
        self._local = local_addresses_of(endpoint.dialing) if addresses is None else addresses.local
        self.home = self._new(endpoint.origin, addresses or Addresses(endpoint.addresses, clock, local=self._local))
        self.home.greeting = greeting_for(endpoint.origin, endpoint.dialing, endpoint.asked)
        self.home.make_ready(None, context)
        self.all = {endpoint.origin: self.home}

    def of(self, origin: Origin | None) -> Destination:
        """That of an origin, perhaps not ready; None: home."""
        if origin is None:
            return self.home
        found = self.all.get(origin)
        if found is None:
            found = self.all.setdefault(origin, self._new(origin, Addresses((), self._clock, local=self._local)))
            if not needs_look_up(origin, self._dialing) and (origin.scheme == "http" or self._context is not None):
                self.prepare(found)  # which takes no time
        return found

    def prepare(self, destination: Destination) -> None:
        """Make it ready, which may take seconds: its name is looked up. Raises OSError that says why not."""
        with destination.making:
            if not destination.ready:
                origin = destination.origin
                addresses = self._look_up(origin)
                destination.asked = look_up_asked(origin, self._dialing)
                destination.greeting = greeting_for(origin, self._dialing, destination.asked)
                destination.make_ready(addresses, self._tls_context() if origin.scheme == "https" else None)

    def _new(self, origin: Origin, addresses: Addresses) -> Destination:
        return Destination(origin, addresses, proxy=self._dialing.proxy_for(origin.scheme, origin.host))

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = make_context(self._tls)
            except UsageError as error:
                raise ssl.SSLError(0, str(error)) from None
        return self._context


def greeting_for(origin: Origin, dialing: Dialing, asked: str = "") -> "Callable[[], Greeting] | None":
    """What makes the greeting that opens the way to an origin through its proxy; None where there is none to open."""
    proxy = dialing.proxy_for(origin.scheme, origin.host)
    if proxy is None or dialing.forwarder_for(origin.scheme, origin.host) is not None:
        return None
    from loadgen.clients.tunnel import http_connect, socks5

    return partial(http_connect if proxy.scheme == "http" else socks5, proxy, asked or origin.host, origin.port)
