"""The connections of HTTP/1.1 on a reactor: how they are made and end, and what then becomes of their requests."""

from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.clients.base import Handler
from loadgen.clients.destinations import Destination
from loadgen.clients.faults import why_no_reply
from loadgen.clients.http1.connection import Connection, State
from loadgen.clients.http1.exchange import READ_BYTES
from loadgen.clients.http1.single_use import SingleUse
from loadgen.clients.http1.uploads import AGAIN
from loadgen.clients.reactor import Reactor

SINGLE_AFTER = 3
"""A server that is shut down ends connections with a reply, too."""

_IDLE = State.IDLE  # an Enum's attributes are slow to look up


class Connections:
    """Those of one worker. `bytes_sent` and `bytes_lost` count by name id."""

    def __init__(self, reactor: Reactor, handler: Handler, names: int) -> None:
        self.bytes_sent, self.bytes_lost = [0] * names, [0] * names
        self._reactor = reactor
        self._handler = handler
        self._counts = reactor.counts
        self._clock = reactor.clock
        self._keep_alive = reactor.endpoint.keep_alive
        self._requests_each = reactor.endpoint.dialing.requests_each
        self._single_uses: dict[Destination, SingleUse] = {}

    def stream(self, user: int, origin: Origin | None = None) -> Connection:
        destination = self._reactor.destinations.of(origin)
        single_use = self._single_uses.get(destination)
        if single_use is None:
            single_use = self._single_uses[destination] = SingleUse(SINGLE_AFTER)
        return Connection(user, destination, single_use)

    def open(self, connection: Connection) -> None:
        connection.request = None
        self._reactor.connect(connection, self._clock())

    def drop(self, connection: Connection) -> None:
        connection.state = connection.exchange = connection.between = None
        connection.pending = connection.rest = None
        connection.first_ns = connection.replies = 0
        connection.unsent = connection.ended = False
        self._reactor.drop(connection)

    def _is_used_up(self, connection: Connection) -> bool:
        """Whether the reply that is in was the last on its connection."""
        if not self._keep_alive:
            return True
        if self._requests_each is None:
            return False
        connection.replies += 1
        return connection.replies >= self._requests_each

    def _lost_reply(self, connection: Connection, error: Exception | None) -> None:
        reused, begun = connection.sent_ns != connection.first_ns, connection.exchange is not None
        until_ns, idle_ns = connection.idle
        idle_ns = idle_ns if until_ns == connection.sent_ns else 0
        self.lost(connection, *why_no_reply(error, reused=reused, begun=begun, idle_ns=idle_ns))

    def _idle_event(self, connection: Connection) -> None:
        """An idle connection became readable: the server closed it, or sent what nobody asked for."""
        try:
            data = connection.recv(READ_BYTES)
        except AGAIN:
            return
        except OSError:
            data = b""
        self.drop(connection)
        if data:
            self._counts.desynced += 1
        else:
            self._counts.idle_closed += 1

    def lost(self, connection: Connection, error: ErrorClass, detail: str = "") -> None:
        """Whatever it was that a connection did: its request, or its opening, has failed."""
        head, exchange, request = b"", connection.exchange, connection.request
        if exchange is not None and request is not None:
            head = exchange.head
            self.bytes_lost[request.name_id] += exchange.received
        self.drop(connection)
        self._handler.on_error(connection, self._clock(), error, detail, head)

    def end(self, connection: Connection, sent_by_ns: int, error: ErrorClass) -> bool:
        request = connection.request
        if connection.state is _IDLE or request is None:
            return False
        if connection.between is not None:
            connection.between.renew()
        if request.timeout_ns is not None:
            sent_by_ns += self._reactor.timeout_ns - request.timeout_ns
        if connection.sent_ns > sent_by_ns:
            return False
        self.lost(connection, error)
        return True
