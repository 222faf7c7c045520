"""Opens one thread's connections: all addresses in turn, TLS, one deadline for both, and a way to cut it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from loadgen.base.clock import NS_PER_S, Clock, now_ns
from loadgen.base.exchange import ConnectionCounts, Endpoint
from loadgen.clients.addresses import TIMED_OUT, Addresses
from loadgen.clients.faults import explain, handshake_error


@contextmanager
def closed_on_failure(sock: socket.socket) -> Iterator[None]:
    """Close a socket whose opening ends in an exception; a TLS handshake's says why it failed."""
    try:
        yield
    except BaseException as error:
        failed = error
        if isinstance(sock, ssl.SSLSocket) and isinstance(error, OSError):
            failed = handshake_error(error, sock)
        sock.close()
        raise failed from None


@dataclass(eq=False)
class Connector:
    """What every way to open connections has in common: where they go, and what is counted of them.

    Each begins with the next of `addresses`, or of the endpoint's, which are then nobody else's.
    """

    endpoint: Endpoint
    context: ssl.SSLContext | None
    counts: ConnectionCounts
    clock: Clock = now_ns
    addresses: Addresses | None = None

    def __post_init__(self) -> None:
        self._addresses = self.addresses or Addresses(self.endpoint.addresses, self.clock)

    def _wrapped(self, plain: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """TLS over a socket, its handshake not begun."""
        name = self.endpoint.origin.host
        with closed_on_failure(plain):
            return context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)

    def _count_open(self, began_ns: int, connected_ns: int, context: ssl.SSLContext | None, *, again: bool) -> None:
        if self.endpoint.phases:
            self.counts.connect_ns.append(connected_ns - began_ns)
            if context is not None:
                self.counts.tls_ns.append(self.clock() - connected_ns)
        self.counts.opened += 1
        self.counts.reconnected += again


class Dial(Connector):
    """Connects in the thread that asks for it."""

    _opened_before = False
    _sock: socket.socket | None = None
    _is_cut = False

    def dial(self, deadline_ns: int) -> socket.socket:
        """A connected socket, its handshake done. Raises OSError: TimeoutError for the deadline, SSLError for TLS."""
        began_ns = self.clock()
        try:
            sock = self._connect(deadline_ns)
            connected_ns = self.clock()
            if self.context is not None:
                sock = self._secure(sock, self.context, deadline_ns)
        except OSError:
            self.counts.failed += 1
            raise
        self._count_open(began_ns, connected_ns, self.context, again=self._opened_before)
        self._opened_before = True
        return sock

    def cut(self) -> None:
        """End what the thread waits for, in `dial` or on the socket it returned; callable from any thread."""
        self._is_cut = True
        if self._sock is not None:
            try:
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # TLS's own would forget the session
            except OSError:
                return

    def _connect(self, deadline_ns: int) -> socket.socket:
        failed = OSError("there is no address to connect to")
        for address in self._addresses.in_turn():
            try:
                sock = self._connect_to(*address, deadline_ns)
            except TimeoutError:
                self._addresses.failed(address, self.counts, TIMED_OUT)
                raise
            except OSError as error:
                if self._is_cut:
                    raise
                self._addresses.failed(address, self.counts, explain(error))
                failed = error
            else:
                self._addresses.opened(address, self.counts)
                return sock
        raise failed

    def _connect_to(self, family: int, address: tuple[str, int], deadline_ns: int) -> socket.socket:
        sock = self._hold(socket.socket(family, socket.SOCK_STREAM))
        with closed_on_failure(sock):
            self._limit(sock, deadline_ns)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
        return sock

    def _secure(self, plain: socket.socket, context: ssl.SSLContext, deadline_ns: int) -> ssl.SSLSocket:
        sock = self._wrapped(plain, context)
        self._hold(sock)
        with closed_on_failure(sock):
            self._limit(sock, deadline_ns)
            sock.do_handshake()
        return sock

    def _hold(self, sock: socket.socket) -> socket.socket:
        """Let `cut` find the socket, or refuse it where the cut came first."""
        self._sock = sock
        if self._is_cut:
            sock.close()
            raise OSError("the run was cut")
        return sock

    def _limit(self, sock: socket.socket, deadline_ns: int) -> None:
        left_ns = deadline_ns - self.clock()
        if left_ns <= 0:
            raise TimeoutError
        sock.settimeout(left_ns / NS_PER_S)
