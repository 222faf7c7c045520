"""Opens one thread's connections: all addresses in turn, a proxy, TLS, one deadline for all, and a way to cut it."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from loadgen.base.clock import NS_PER_S, Clock, now_ns
from loadgen.base.dataclass import dataclass
from loadgen.base.dialing import Proxy
from loadgen.base.endpoint import Address, Endpoint
from loadgen.base.exchange import ConnectionCounts
from loadgen.clients.addresses import TIMED_OUT, Addresses
from loadgen.clients.destinations import greeting_for
from loadgen.clients.faults import blamed, explain, handshake_error, no_such_socket
from loadgen.clients.local_addresses import local_addresses_of

PROXY_BYTES = 4096
"""Asked of a proxy at once: an answer is some hundred bytes, and nothing comes after it unasked."""

UNIX_RETRY_S = 0.002
"""connect(2): where the backlog of a unix socket is full there is nothing to wait for."""


if TYPE_CHECKING:
    from loadgen.clients.tunnel import Greeting


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
        endpoint = self.endpoint
        self._addresses = self.addresses or Addresses(
            endpoint.addresses, self.clock, local=local_addresses_of(endpoint.dialing)
        )
        self._proxy = endpoint.dialing.proxy_for(endpoint.origin.scheme, endpoint.origin.host)
        self._greeting = greeting_for(endpoint.origin, endpoint.dialing, endpoint.asked)
        self._server_name = endpoint.tls.server_name or endpoint.origin.host
        self._tls_session: ssl.SSLSession | None = None
        self._resumes = endpoint.tls.resume

    def _wrapped(self, plain: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """TLS over a socket, its handshake not begun."""
        with closed_on_failure(plain):
            return context.wrap_socket(
                plain, server_hostname=self._server_name, do_handshake_on_connect=False, session=self._tls_session
            )

    def remember(self, sock: object) -> None:
        """Take up this session of TLS with the next connection, where that is asked for; before the close."""
        if self._resumes and isinstance(sock, ssl.SSLSocket):
            self._tls_session = sock.session

    def _count_open(self, began_ns: int, connected_ns: int, context: ssl.SSLContext | None, *, again: bool) -> None:
        if self.endpoint.phases:
            self.counts.connect_ns.append(connected_ns - began_ns)
            if context is not None:
                self.counts.tls_ns.append(self.clock() - connected_ns)
        self.counts.opened += 1
        self.counts.reconnected += again

    def _count_secured(self, sock: ssl.SSLSocket) -> None:
        """A handshake is done."""
        self.counts.resumed += bool(sock.session_reused)


class DialWatcher(Protocol):
    """Told of each part of an opening, as it is done."""

    def connected(self, address: Address, proxy: Proxy | None, took_ns: int, failed: str = "") -> None:
        """An address, perhaps a proxy's, took the connection; or not, and why: then the next is tried."""

    def led_on(self, took_ns: int) -> None:
        """The proxy has opened the way."""

    def secured(self, sock: ssl.SSLSocket, took_ns: int) -> None:
        """TLS has agreed."""


class Dial(Connector):
    """Connects in the thread that asks for it."""

    watcher: DialWatcher | None = None
    _opened_before = False
    _sock: socket.socket | None = None
    _is_cut = False

    def dial(self, deadline_ns: int) -> socket.socket:
        """A connected socket, its handshake done. Raises OSError: TimeoutError for the deadline, SSLError for TLS."""
        began_ns = self.clock()
        try:
            sock = self._connect(deadline_ns)
            connected_ns = self.clock()
            if self._greeting is not None:
                reached_ns = connected_ns
                self._greet(sock, self._greeting(), deadline_ns)
                connected_ns = self.clock()
                if self.watcher is not None:
                    self.watcher.led_on(connected_ns - reached_ns)
            if self.context is not None:
                sock = self._secure(sock, self.context, deadline_ns)
                if self.watcher is not None:
                    self.watcher.secured(sock, self.clock() - connected_ns)
        except OSError:
            self.counts.failed += 1
            raise
        self._count_open(began_ns, connected_ns, self.context, again=self._opened_before)
        self._opened_before = True
        return sock

    def cut(self) -> None:
        """End what the thread waits for, in `dial` or on the socket it returned; callable from any thread."""
        self._is_cut = True
        self.stop()

    def stop(self) -> None:
        """The same for this socket alone: there may be others after it."""
        if self._sock is not None:
            try:
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # TLS's own would forget the session
            except OSError:
                return

    def _connect(self, deadline_ns: int) -> socket.socket:
        failed = OSError("there is no address to connect to")
        for address in self._addresses.in_turn():
            began_ns = self.clock()
            try:
                sock = self._connect_to(*address, deadline_ns)
            except TimeoutError:
                self._connect_failed(address, began_ns, TIMED_OUT)
                raise blamed(TimeoutError(), self._proxy) from None
            except OSError as error:
                if self._is_cut:
                    raise
                self._connect_failed(address, began_ns, explain(error))
                failed = error
            else:
                self._addresses.opened(address, self.counts)
                if self.watcher is not None:
                    self.watcher.connected(address, self._proxy, self.clock() - began_ns)
                return sock
        raise blamed(failed, self._proxy) from None

    def _connect_failed(self, address: Address, began_ns: int, why: str) -> None:
        self._addresses.failed(address, self.counts, why)
        if self.watcher is not None:
            self.watcher.connected(address, self._proxy, self.clock() - began_ns, why)

    def _connect_to(self, family: int, address: tuple[str, int], deadline_ns: int) -> socket.socket:
        sock = self._hold(socket.socket(family, socket.SOCK_STREAM))
        with closed_on_failure(sock):
            self._limit(sock, deadline_ns)
            if family == socket.AF_UNIX:
                self._connect_unix(sock, address[0], deadline_ns)
                return sock
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._addresses.local is not None:
                self._addresses.local.bind(sock, family)
            sock.connect(address)
        return sock

    def _connect_unix(self, sock: socket.socket, path: str, deadline_ns: int) -> None:
        while True:
            try:
                sock.connect(path)
            except FileNotFoundError:
                raise no_such_socket() from None
            except BlockingIOError:  # its backlog is full
                self._limit(sock, deadline_ns)
                time.sleep(UNIX_RETRY_S)
                if self._is_cut:
                    raise
            else:
                return

    def _greet(self, sock: socket.socket, greeting: "Greeting", deadline_ns: int) -> None:
        """Have the proxy open the way. Raises ProxyError for what it says, or does not say in time."""
        with closed_on_failure(sock):
            said = next(greeting)
            try:
                while True:
                    self._limit(sock, deadline_ns)
                    sock.sendall(said)
                    said = greeting.send(sock.recv(PROXY_BYTES))
            except StopIteration:
                return
            except OSError as error:
                raise blamed(error, None if self._is_cut else self._proxy) from None

    def _secure(self, plain: socket.socket, context: ssl.SSLContext, deadline_ns: int) -> ssl.SSLSocket:
        sock = self._wrapped(plain, context)
        self._hold(sock)
        with closed_on_failure(sock):
            self._limit(sock, deadline_ns)
            sock.do_handshake()
        self._count_secured(sock)
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
