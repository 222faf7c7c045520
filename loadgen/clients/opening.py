"""Opens the reactor's channels: all addresses in turn, a proxy, then TLS, without ever blocking."""

import asyncio
import errno
import os
import select
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

from loadgen.base.endpoint import Address
from loadgen.base.error_class import ErrorClass
from loadgen.clients.base import WireProtocol
from loadgen.clients.channel import GONE, Channel, Phase
from loadgen.clients.destinations import Destination, Destinations
from loadgen.clients.dial import PROXY_BYTES, UNIX_RETRY_S, Connector
from loadgen.clients.faults import blamed, classify, explain, handshake_error, no_such_socket
from loadgen.clients.poller import ENDED, FAILED, IN, OUT, LoopPoller, has_epoll

_ESTABLISHED = b"\x01"


def _established(sock: socket.SocketType) -> bool:
    """On loopback the handshake is over before connect returns, though it does not say so: saves a wake-up."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == _ESTABLISHED


def _taken_over(error: BaseException) -> ssl.SSLSocket | None:
    """The socket of TLS that had the descriptor when it failed, which nobody was given; None where it is closed."""
    trace = error.__traceback__
    while trace is not None:
        taken = trace.tb_frame.f_locals.get("self")
        if isinstance(taken, ssl.SSLSocket) and taken.fileno() >= 0:
            return taken
        trace = trace.tb_next
    return None


class Opener(Connector, ABC):
    """A reactor, as far as it opens channels: each begins with the next of the addresses.

    `protocol` is set by whoever speaks on them; `channels` are all that have a socket, by descriptor, from the start.
    """

    protocol: WireProtocol

    def __post_init__(self) -> None:
        super().__post_init__()
        self._tls_name = self.endpoint.tls.server_name
        self.channels: dict[int, Any] = {}
        self._poller: select.epoll | LoopPoller
        self._poller = select.epoll() if has_epoll() else LoopPoller(asyncio.get_running_loop(), self.on_ready)
        self.destinations = Destinations(self.endpoint, self.context, self.clock, self._addresses)

    @abstractmethod
    def on_ready(self) -> None:
        """Serve what is ready."""

    @abstractmethod
    def drop(self, channel: Channel) -> None:
        """Give up a channel's socket."""

    def connect(self, channel: Channel, now: int) -> None:
        """Begin; ends in `opened` or `failed_to_open`, perhaps at once."""
        channel.phase_ns = now
        if channel.destination.ready:
            self._begin(channel)
            return
        channel.phase = Phase.LOOKING_UP
        waiting = channel.destination.waiting
        waiting.append(channel)
        if len(waiting) == 1:
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._prepare, args=(channel.destination, loop), daemon=True).start()

    def _prepare(self, destination: Destination, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own, which nobody waits for."""
        failed: OSError | None = None
        try:
            self.destinations.prepare(destination)
        except OSError as error:
            failed = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._prepared, destination, failed)

    def _prepared(self, destination: Destination, failed: OSError | None) -> None:
        waiting, destination.waiting = dict.fromkeys(destination.waiting), []
        for channel in waiting:
            if channel.phase is not Phase.LOOKING_UP:  # it was given up
                continue
            if failed is None:
                self._begin(channel)
            else:
                self.failed_to_open(channel, classify(failed), explain(failed))

    def _begin(self, channel: Channel) -> None:
        channel.addresses = channel.destination.addresses.in_turn()
        self._try(channel, next(channel.addresses))

    def _try(self, channel: Channel, candidate: Address) -> None:
        channel.address = candidate
        family, address = candidate
        try:
            sock = channel.destination.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:  # a family that this host does not have, or no descriptor
            self._address_failed(channel, error.errno or 0)
            return
        channel.sock, channel.fd = sock, sock.fileno()
        self.channels[channel.fd] = channel
        if family == socket.AF_UNIX:
            self._try_unix(channel, sock)
            return
        if self.endpoint.keep_alive:  # one short request a channel never waits
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        local = channel.destination.addresses.local
        if local is not None:
            try:
                local.bind(sock, family)
            except OSError as error:
                self._address_failed(channel, error.errno or 0)
                return
        code = sock.connect_ex(address)
        if code == 0 or (channel.destination.is_near and code == errno.EINPROGRESS and _established(sock)):
            self._poller.register(channel.fd, IN | ENDED)
            self._connected(channel)
        elif code == errno.EINPROGRESS:
            channel.phase = Phase.CONNECTING
            self._poller.register(channel.fd, OUT)
        else:
            self._address_failed(channel, code)

    def _try_unix(self, channel: Channel, sock: socket.SocketType) -> None:
        """Connect, again and again while the server has a full backlog; until the sweep finds it too long."""
        if channel.sock is not sock:  # it was given up
            return
        code = sock.connect_ex(channel.address[1][0])
        if code == errno.EAGAIN:
            channel.phase = Phase.CONNECTING
            asyncio.get_running_loop().call_later(UNIX_RETRY_S, self._try_unix, channel, sock)
        elif code:
            self._address_failed(channel, code, no_such_socket() if code == errno.ENOENT else None)
        else:
            self._poller.register(channel.fd, IN | ENDED)
            self._connected(channel)

    def _address_failed(self, channel: Channel, code: int, error: OSError | None = None) -> None:
        error = error or OSError(code, os.strerror(code))
        self.failed(channel, explain(error))
        following = next(channel.addresses, None)
        if following is None:
            error = blamed(error, channel.destination.proxy)
            self.failed_to_open(channel, classify(error), explain(error))
        else:
            self.drop(channel)
            self._try(channel, following)

    def failed(self, channel: Channel, reason: str) -> None:
        """The connect under way has ended without a connection."""
        channel.destination.addresses.failed(channel.address, self.counts, reason)

    def connect_done(self, channel: Channel, mask: int) -> None:
        assert channel.sock is not None
        failed = mask & FAILED
        code = channel.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if failed else 0
        if code:
            self._address_failed(channel, code)
        else:
            self._poller.modify(channel.fd, IN | ENDED)
            self._connected(channel)

    def _connected(self, channel: Channel) -> None:
        destination = channel.destination
        destination.addresses.opened(channel.address, self.counts)
        if destination.greeting is not None:
            channel.phase = Phase.GREETING
            channel.greeting = greeting = destination.greeting()
            self._say(channel, next(greeting))
            return
        self._secure(channel)

    def greet(self, channel: Channel) -> None:
        """The proxy has said something, or hung up."""
        assert channel.sock is not None
        try:
            received = channel.sock.recv(PROXY_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._refused(channel, error)
            return
        try:
            said = channel.greeting.send(received)
        except StopIteration:
            channel.greeting = None
            self._secure(channel)
        except OSError as error:
            self._refused(channel, error)
        else:
            self._say(channel, said)

    def _say(self, channel: Channel, said: bytes) -> None:
        """A new socket takes these few hundred bytes at once."""
        assert channel.sock is not None
        try:
            channel.sock.send(said)
        except OSError as error:
            self._refused(channel, error)

    def _refused(self, channel: Channel, error: OSError) -> None:
        error = blamed(error, channel.destination.proxy)
        self.failed_to_open(channel, classify(error), explain(error))

    def _secure(self, channel: Channel) -> None:
        """The way to the target is open."""
        sock, destination = channel.sock, channel.destination
        assert sock is not None
        if self.endpoint.phases:
            channel.connected_ns = self.clock()
        if destination.context is None:
            channel.recv, channel.send = sock.recv, sock.send
            self.opened(channel)
            return
        assert isinstance(sock, socket.socket)
        try:
            tls = destination.context.wrap_socket(
                sock,
                server_hostname=self._tls_name or destination.origin.host,
                do_handshake_on_connect=False,
                session=channel.tls_session,
            )
        except (OSError, ValueError) as error:
            if sock.fileno() < 0:  # it was taken out of it: nobody may have its number before the end of the batch
                channel.sock = _taken_over(error)
                if channel.sock is None:
                    self.channels[channel.fd] = GONE
            self.failed_to_open(channel, classify(error), explain(error))
            return
        channel.sock, channel.fd = tls, tls.fileno()
        inner = tls._sslobj  # type: ignore[attr-defined]  # without the checks of ssl.SSLSocket in each call
        channel.recv, channel.send = inner.read, inner.write
        channel.phase = Phase.HANDSHAKE
        self.handshake(channel)

    def handshake(self, channel: Channel) -> None:
        tls = channel.sock
        assert isinstance(tls, ssl.SSLSocket)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self._poller.modify(channel.fd, IN | ENDED)
        except ssl.SSLWantWriteError:
            self._poller.modify(channel.fd, OUT)
        except OSError as error:
            self.failed_to_open(channel, ErrorClass.TLS, explain(handshake_error(error, tls)))
        else:
            self._poller.modify(channel.fd, IN | ENDED)
            self._count_secured(tls)
            self.opened(channel)

    def opened(self, channel: Channel) -> None:
        context = channel.destination.context
        self._count_open(channel.phase_ns, channel.connected_ns, context, again=channel.opened_before)
        channel.opened_before = True
        channel.phase = Phase.OPEN
        self.protocol.opened(channel)

    def failed_to_open(self, channel: Channel, error: ErrorClass, detail: str = "") -> None:
        self.counts.failed += 1
        self.protocol.lost(channel, error, detail)
