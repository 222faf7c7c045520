"""Opens the reactor's connections: all addresses in turn, then TLS, without ever blocking."""

import errno
import os
import socket
import ssl
from typing import Protocol

from loadgen.base.clock import Clock
from loadgen.base.exchange import Endpoint, ErrorClass
from loadgen.clients.faults import classify, explain, handshake_error
from loadgen.clients.http1.connection import Connection, Phase, Watch
from loadgen.clients.poller import FAILED, IN, OUT, Poller, has_epoll

_ESTABLISHED = b"\x01"


def _is_loopback(host: str, _port: int) -> bool:
    return host == "::1" or host.startswith("127.")


def _established(sock: socket.SocketType) -> bool:
    """On loopback the handshake is over before connect returns, though it does not say so: saves a wake-up."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == _ESTABLISHED


class Owner(Protocol):
    """Whose connections they are."""

    def opened(self, connection: Connection) -> None:
        """A connection is open, its handshake done."""

    def failed_to_open(self, connection: Connection, error: ErrorClass, detail: str = "") -> None:
        """A connection did not open."""

    def drop(self, connection: Connection) -> None:
        """Give up its socket."""


class Opener:
    """Begins with the address that was good last time. `by_fd` takes every socket from the start."""

    def __init__(
        self,
        endpoint: Endpoint,
        context: ssl.SSLContext | None,
        poller: Poller,
        by_fd: dict[int, Connection | Watch],
        clock: Clock,
        owner: Owner,
    ) -> None:
        self._endpoint = endpoint
        self._context = context
        self._poller = poller
        self._by_fd = by_fd
        self._clock = clock
        self._owner = owner
        self._phases = endpoint.phases
        self._good_address = 0
        self._socket = socket.socket if context is not None else socket.SocketType  # half the price; TLS wants more
        self._near = has_epoll() and all(_is_loopback(*address) for _, address in endpoint.addresses)

    def connect(self, connection: Connection, now: int) -> None:
        """Begin; ends in `opened` or `failed_to_open`, perhaps at once."""
        connection.phase_ns = now
        connection.tried = 0
        self._try_address(connection)

    def _try_address(self, connection: Connection) -> None:
        addresses = self._endpoint.addresses
        connection.address = (self._good_address + connection.tried) % len(addresses)
        connection.tried += 1
        family, address = addresses[connection.address]
        try:
            sock = self._socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:  # a family that this host does not have, or no descriptor
            self._address_failed(connection, error.errno or 0)
            return
        if self._endpoint.keep_alive or connection.request is None or connection.request.body:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # one short request a connection never waits
        connection.sock, connection.fd = sock, sock.fileno()
        self._by_fd[connection.fd] = connection
        code = sock.connect_ex(address)
        if code == 0 or (self._near and code == errno.EINPROGRESS and _established(sock)):
            self._poller.register(connection.fd, IN)
            self._connected(connection)
        elif code == errno.EINPROGRESS:
            connection.phase = Phase.CONNECTING
            self._poller.register(connection.fd, OUT)
        else:
            self._address_failed(connection, code)

    def _address_failed(self, connection: Connection, code: int) -> None:
        if connection.tried < len(self._endpoint.addresses):
            self._owner.drop(connection)
            self._try_address(connection)
        else:
            error = OSError(code, os.strerror(code))
            self._owner.failed_to_open(connection, classify(error), explain(error))

    def connect_done(self, connection: Connection, mask: int) -> None:
        """The TCP connect has ended."""
        assert connection.sock is not None
        failed = mask & FAILED
        code = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if failed else 0
        if code:
            self._address_failed(connection, code)
        else:
            self._poller.modify(connection.fd, IN)
            self._connected(connection)

    def _connected(self, connection: Connection) -> None:
        sock = connection.sock
        assert sock is not None
        self._good_address = connection.address
        if self._phases:
            connection.connected_ns = self._clock()
        if self._context is None:
            connection.recv, connection.send = sock.recv, sock.send
            self._owner.opened(connection)
            return
        assert isinstance(sock, socket.socket)
        try:
            tls = self._context.wrap_socket(
                sock, server_hostname=self._endpoint.origin.host, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as error:
            self._owner.failed_to_open(connection, classify(error), explain(error))
            return
        connection.sock, connection.fd = tls, tls.fileno()
        inner = tls._sslobj  # type: ignore[attr-defined]  # without the checks of ssl.SSLSocket in each call
        connection.recv, connection.send = inner.read, inner.write
        connection.phase = Phase.HANDSHAKE
        self.handshake(connection)

    def handshake(self, connection: Connection) -> None:
        """Go on with TLS."""
        tls = connection.sock
        assert isinstance(tls, ssl.SSLSocket)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            self._poller.modify(connection.fd, IN)
        except ssl.SSLWantWriteError:
            self._poller.modify(connection.fd, OUT)
        except OSError as error:
            self._owner.failed_to_open(connection, ErrorClass.TLS, explain(handshake_error(error)))
        else:
            self._poller.modify(connection.fd, IN)
            self._owner.opened(connection)
