"""Requests that do not go out in one piece: what the socket does not take at once, and what waits to be asked for.

A body whose head says `Expect: 100-continue` waits until the server asks for it, and for a second at most (RFC 9110,
10.1.1).
"""

import ssl
from collections.abc import Callable

from loadgen.base.clock import NS_PER_S
from loadgen.base.encode import rest_of_body
from loadgen.base.exchange import Request
from loadgen.clients.http1.connection import Connection, State
from loadgen.clients.http1.exchange import READ_BYTES, Exchange
from loadgen.clients.http1.parser import ReplyReader
from loadgen.clients.reactor import Reactor

CONTINUE_WAIT_NS = NS_PER_S
"""As long as curl waits: a server that knows nothing of it says nothing, and takes the body all the same."""

AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError)


class Uploads:
    """Those of one reactor's connections. `bytes_sent` count by name id."""

    def __init__(self, reactor: Reactor, bytes_sent: list[int]) -> None:
        self._reactor = reactor
        self._bytes_sent = bytes_sent
        self._held_until_ns: dict[Connection, int] = {}

    def begin(self, connection: Connection, request: Request, wire: bytes, sent: int) -> None:
        """So much of the first piece was sent: all else is to follow."""
        connection.state, connection.rest = State.BUSY, None
        connection.pending = memoryview(wire)[sent:]
        if request.streams and request.fields.expect_continue:
            connection.state = State.HELD
            self._held_until_ns[connection] = self._reactor.clock() + CONTINUE_WAIT_NS
            self._reactor.shortest_timeout_ns = min(self._reactor.shortest_timeout_ns, CONTINUE_WAIT_NS)
        elif request.streams:
            connection.rest = rest_of_body(request)
        self.write_on(connection, request)

    def write_on(self, connection: Connection, request: Request) -> None:
        """Send what the socket takes of the rest of a request."""
        pending = connection.pending
        if connection.unsent:
            pending = connection.rest = None
        while pending is not None:
            try:
                sent = connection.send(pending) if pending else 0  # type: ignore[arg-type]
            except AGAIN:
                break
            except OSError:
                connection.unsent = True
                pending = connection.rest = None
                break
            self._bytes_sent[request.name_id] += sent
            pending = pending[sent:]
            if not pending:
                chunk = next(connection.rest, None) if connection.rest is not None else None
                pending = None if chunk is None else memoryview(chunk)
        connection.pending = pending
        self._reactor.watch_writes(connection, pending is not None)

    def heard(self, connection: Connection, exchange: Exchange) -> None:
        """More has come to a head whose body is held: it asks for that, or, where it is of the reply, has none sent."""
        continues = exchange.continues
        if continues:
            connection.first_byte_ns = 0  # that of the reply is still to come
            self._release(connection)
        elif continues is not None:
            connection.state, connection.pending, connection.unsent = State.BUSY, None, True

    def on_sweep(self, now: int) -> None:
        """Send the bodies that have been held for long enough."""
        for connection, until_ns in [*self._held_until_ns.items()]:
            if connection.state is not State.HELD:
                del self._held_until_ns[connection]
            elif until_ns <= now:
                self._release(connection)

    def _release(self, connection: Connection) -> None:
        request = connection.request
        assert request is not None
        connection.state, connection.rest = State.BUSY, rest_of_body(request)
        if connection.pending is None:
            connection.pending = memoryview(b"")
        self.write_on(connection, request)


def hear(method: str, receive: Callable[[int], bytes], wait: Callable[[], None]) -> tuple[bytes, bool]:
    """The same with a blocking socket: what is said before the body, and whether that is to go out.

    `wait` bounds the next receive; both raise TimeoutError or BlockingIOError when the time is over.
    """
    said, reader = b"", ReplyReader(method)
    while not reader.problem and reader.continues is None:
        try:
            wait()
            data = receive(READ_BYTES)
        except (BlockingIOError, TimeoutError):
            return said, True
        if not data:
            break
        said += data
        reader.feed(data)
    return said, bool(reader.continues)
