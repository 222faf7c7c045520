"""Opens the reactor's channels: all addresses in turn, then TLS, without ever blocking."""

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

from loadgen.base.exchange import Address, ErrorClass
from loadgen.clients.base import WireProtocol
from loadgen.clients.channel import Channel, Phase
from loadgen.clients.destinations import Destination, Destinations
from loadgen.clients.dial import Connector
from loadgen.clients.faults import classify, explain, handshake_error
from loadgen.clients.poller import ENDED, FAILED, IN, OUT, LoopPoller, has_epoll

_ESTABLISHED = b"\x01"


def _established(sock: socket.SocketType) -> bool:
    """On loopback the handshake is over before connect returns, though it does not say so: saves a wake-up."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == _ESTABLISHED


class Opener(Connector, ABC):
    """A reactor, as far as it opens channels: each begins with the next of the addresses.

    `protocol` is set by whoever speaks on them; `channels` are all that have a socket, by descriptor, from the start.
    """

    protocol: WireProtocol

    def __post_init__(self) -> None:
        super().__post_init__()
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
        if self.endpoint.keep_alive:  # one short request a channel never waits
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        channel.sock, channel.fd = sock, sock.fileno()
        self.channels[channel.fd] = channel
        code = sock.connect_ex(address)
        if code == 0 or (channel.destination.is_near and code == errno.EINPROGRESS and _established(sock)):
            self._poller.register(channel.fd, IN | ENDED)
            self._connected(channel)
        elif code == errno.EINPROGRESS:
            channel.phase = Phase.CONNECTING
            self._poller.register(channel.fd, OUT)
        else:
            self._address_failed(channel, code)

    def _address_failed(self, channel: Channel, code: int) -> None:
        error = OSError(code, os.strerror(code))
        self.failed(channel, explain(error))
        following = next(channel.addresses, None)
        if following is None:
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
        sock = channel.sock
        assert sock is not None
        destination = channel.destination
        destination.addresses.opened(channel.address, self.counts)
        if self.endpoint.phases:
            channel.connected_ns = self.clock()
        if destination.context is None:
            channel.recv, channel.send = sock.recv, sock.send
            self.opened(channel)
            return
        assert isinstance(sock, socket.socket)
        try:
            tls = destination.context.wrap_socket(
                sock, server_hostname=destination.origin.host, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as error:
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
