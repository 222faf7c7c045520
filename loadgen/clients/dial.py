"""Opens one thread's connections: all addresses in turn, TLS, one deadline for both, and a way to cut it."""

import socket
import ssl

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.base.exchange import ConnectionCounts, Endpoint
from loadgen.clients.faults import handshake_error


class Dial:
    """Begins with the address that was good last time. Counts what it opens and what it could not."""

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: Clock
    ) -> None:
        self._endpoint = endpoint
        self._context = context
        self._counts = counts
        self._clock = clock
        self._good_address = 0
        self._opened_before = False
        self._sock: socket.socket | None = None
        self._is_cut = False

    def open(self, deadline_ns: int) -> socket.socket:
        """A connected socket, its handshake done. Raises OSError: TimeoutError for the deadline, SSLError for TLS."""
        began_ns = self._clock()
        try:
            sock = self._connect(deadline_ns)
            connected_ns = self._clock()
            if self._context is not None:
                sock = self._secure(sock, self._context, deadline_ns)
        except OSError:
            self._counts.failed += 1
            raise
        if self._endpoint.phases:
            self._counts.connect_ns.append(connected_ns - began_ns)
            if self._context is not None:
                self._counts.tls_ns.append(self._clock() - connected_ns)
        self._counts.opened += 1
        self._counts.reconnected += self._opened_before
        self._opened_before = True
        return sock

    def cut(self) -> None:
        """End what the thread waits for, in `open` or on the socket it returned; callable from any thread."""
        self._is_cut = True
        if self._sock is not None:
            try:
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # TLS's own would forget the session
            except OSError:
                return

    def _connect(self, deadline_ns: int) -> socket.socket:
        addresses = self._endpoint.addresses
        last = len(addresses) - 1
        for attempt in range(len(addresses)):
            index = (self._good_address + attempt) % len(addresses)
            try:
                sock = self._connect_to(*addresses[index], deadline_ns)
            except TimeoutError:
                raise
            except OSError:
                if attempt == last or self._is_cut:
                    raise
            else:
                self._good_address = index
                return sock
        raise OSError("there is no address to connect to")

    def _connect_to(self, family: int, address: tuple[str, int], deadline_ns: int) -> socket.socket:
        sock = self._hold(socket.socket(family, socket.SOCK_STREAM))
        try:
            self._limit(sock, deadline_ns)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock

    def _secure(self, plain: socket.socket, context: ssl.SSLContext, deadline_ns: int) -> ssl.SSLSocket:
        name = self._endpoint.origin.host
        try:
            sock = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        self._hold(sock)
        try:
            self._limit(sock, deadline_ns)
            sock.do_handshake()
        except OSError as error:
            failed = handshake_error(error, sock)
            sock.close()
            raise failed from error
        except BaseException:
            sock.close()
            raise
        return sock

    def _hold(self, sock: socket.socket) -> socket.socket:
        """Let `cut` find the socket, or refuse it where the cut came first."""
        self._sock = sock
        if self._is_cut:
            sock.close()
            raise OSError("the run was cut")
        return sock

    def _limit(self, sock: socket.socket, deadline_ns: int) -> None:
        left_ns = deadline_ns - self._clock()
        if left_ns <= 0:
            raise TimeoutError
        sock.settimeout(left_ns / NS_PER_S)
