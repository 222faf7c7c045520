"""HTTP/1.1 on a reactor: each user's stream is a connection of its own, with one request at a time."""

import errno
import os
import socket
import ssl
import sys
from collections.abc import Callable

from loadgen.base.encode import make_encoder
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Request
from loadgen.base.reply import Reply
from loadgen.clients.base import Handler
from loadgen.clients.faults import LONG_IDLE_NS
from loadgen.clients.http1.connection import Connection, State
from loadgen.clients.http1.connections import Connections
from loadgen.clients.http1.exchange import READ_BYTES, Exchange
from loadgen.clients.http1.reply_cache import cache_of
from loadgen.clients.http1.uploads import AGAIN, Uploads
from loadgen.clients.poller import ENDED, IN, OUT
from loadgen.clients.reactor import Reactor

SCRATCH_BYTES = 262144
DISCARD = socket.MSG_TRUNC if sys.platform == "linux" else 0
"""recv's flag to throw away what came, where TCP has it: tcp(7)."""

_IDLE, _WAITING, _BUSY, _HELD = (
    State.IDLE,
    State.WAITING,
    State.BUSY,
    State.HELD,
)  # an Enum's attributes are slow to look up


class Http1Client(Connections):
    """The StreamClient of one worker, and the WireProtocol of its reactor."""

    def __init__(self, reactor: Reactor, handler: Handler, names: int = 1) -> None:
        super().__init__(reactor, handler, names)
        endpoint = reactor.endpoint
        self._phases = endpoint.phases
        self._encoder = make_encoder(endpoint.origin, keep_alive=self._keep_alive, dialing=endpoint.dialing)
        self._scratch = memoryview(bytearray(SCRATCH_BYTES))
        self._uploads = Uploads(reactor, self.bytes_sent)
        self.on_batch, self.on_sweep = handler.on_batch, self._uploads.on_sweep
        self.serve = self._server()
        reactor.protocol = self

    # The way of a request out.

    def send(self, connection: Connection, request: Request, now: int) -> None:
        if connection.state is _IDLE and now - connection.sent_ns > LONG_IDLE_NS:
            connection.idle = now, now - connection.sent_ns
            self._idle_event(connection)  # before it is used: that costs 1 us
        connection.request = request
        connection.sent_ns = now
        if request.timeout_ns is not None:
            self._reactor.shortest_timeout_ns = min(self._reactor.shortest_timeout_ns, request.timeout_ns)
        if connection.state is not _IDLE:
            self._reactor.connect(connection, now)
            return
        connection.state = _WAITING
        if not connection.first_ns:
            connection.first_ns = now
            self._counts.used += 1
            sock = connection.sock
            if request.body and not self._keep_alive and sock is not None and sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else from the start
        wire = request.wire or self._encoder.wire(request)
        try:
            sent = connection.send(wire)
        except AGAIN:
            sent = 0
        except OSError:  # the read side tells what happened, and may still hold a reply
            connection.unsent = True
            sent = 0
        self.bytes_sent[request.name_id] += sent
        if sent != len(wire) or request.streams:
            self._uploads.begin(connection, request, wire, sent)

    def opened(self, connection: Connection) -> None:
        connection.state = _IDLE
        if connection.request is not None:
            self.send(connection, connection.request, connection.sent_ns)
        else:
            self._handler.on_open(connection)

    # The way of a reply in.

    def _server(self) -> Callable[[list[tuple[int, int]]], None]:
        """The loop of a batch. This is where a busy generator spends its time: what it needs is looked up only here."""
        handler, channels, progress = self._handler, self._reactor.channels, self._reactor.progress
        on_repeat, on_alike = handler.on_repeat, handler.on_alike
        stays = self._keep_alive and self._requests_each is None
        clock, keep_alive, bytes_sent, encode = self._clock, self._keep_alive, self.bytes_sent, self._encoder.wire

        def serve(ready: list[tuple[int, int]]) -> None:
            for fd, mask in ready:
                connection = channels[fd]
                if connection.state is not _WAITING or (mask != IN and keep_alive):
                    state = connection.state
                    if state is _BUSY and mask == IN:
                        between = connection.between
                        if between is None:
                            self._read_on(connection)
                            continue
                        recv = connection.recv  # as below: one place for both would cost each reply a look
                        try:
                            data = recv(READ_BYTES)
                        except AGAIN:
                            continue
                        except OSError as error:
                            self._broken(connection, error)
                            continue
                        if not between.take(data):
                            self._received(connection, data)
                    elif state is None:
                        progress(connection, mask)
                    else:
                        self._progress(connection, mask)
                    continue
                recv = connection.recv  # to call a slot's value in one step costs more
                try:
                    data = recv(READ_BYTES)
                except AGAIN:
                    continue
                except OSError as error:
                    self._broken(connection, error)
                    continue
                last = connection.request
                group = last.group
                cache = None if group is None else group.cache
                if cache is not None and data == cache.data:
                    tell = on_repeat
                elif cache is not None and cache.alike(data):
                    tell = on_alike
                else:
                    self._received(connection, data)
                    continue
                now = clock()
                if not stays:
                    if self._is_used_up(connection):
                        self.drop(connection)
                    else:
                        connection.state = _IDLE
                    request = tell(connection, now)
                    if request is not None:
                        self.send(connection, request, now)
                    continue
                connection.state = _IDLE
                request = tell(connection, now)
                if request is None:
                    continue
                if request is not last and not request.plain:
                    self.send(connection, request, now)
                    continue
                # The same as `send`, in place.
                connection.request = request
                connection.state = _WAITING
                connection.sent_ns = now
                wire = request.wire or encode(request)
                send = connection.send
                try:
                    sent = send(wire)
                except OSError:
                    connection.state = _IDLE
                    self.send(connection, request, now)
                    continue
                bytes_sent[request.name_id] += sent
                if sent != len(wire):
                    self._uploads.begin(connection, request, wire, sent)

        return serve

    def _progress(self, connection: Connection, mask: int) -> None:
        """All but the reply in one piece to a request that went out in one piece."""
        request = connection.request
        if connection.state is _IDLE or request is None:
            self._idle_event(connection)
            return
        if mask & ENDED:
            connection.ended = True
        if mask & OUT:
            self._uploads.write_on(connection, request)
        if mask & ~OUT:
            self._read_on(connection)

    def _read_on(self, connection: Connection) -> None:
        exchange, sock = connection.exchange, connection.sock
        try:
            if exchange is not None and exchange.missing and exchange.wanted <= 0 and sock is not None:
                # What nobody looks at need not be copied, where the kernel can throw it away.
                flags = DISCARD if connection.destination.context is None else 0
                count = sock.recv_into(self._scratch, SCRATCH_BYTES, flags)
                if count:
                    self._take(connection, exchange, exchange.skip(count))
                    return
                data = b""
            else:
                data = connection.recv(READ_BYTES)
        except AGAIN:
            return
        except OSError as error:
            self._broken(connection, error)
            return
        self._received(connection, data)

    def _received(self, connection: Connection, data: bytes) -> None:
        if not data:
            self._closed_by_server(connection)
            return
        exchange, request = connection.exchange, connection.request
        if exchange is None:
            assert request is not None
            if connection.state is not _HELD:
                connection.state = _BUSY
            connection.exchange = exchange = Exchange(request)
            connection.first_byte_ns = 0
        if self._phases and not connection.first_byte_ns:
            connection.first_byte_ns = self._clock()
        reply = exchange.take(data)
        connection.between = exchange.between
        if connection.state is _HELD:
            self._uploads.heard(connection, exchange)
        self._take(connection, exchange, reply)

    def _take(self, connection: Connection, exchange: Exchange, reply: Reply | None) -> None:
        if reply is not None:
            self._finish(connection, exchange, reply)
        elif exchange.problem:
            self.lost(connection, ErrorClass.MALFORMED_REPLY, exchange.problem)
        elif connection.request is not None and connection.request.sink is not None:
            stopped = exchange.stop()
            if stopped is not None:
                self._finish(connection, exchange, stopped)

    def _finish(self, connection: Connection, exchange: Exchange, reply: Reply) -> None:
        now = self._clock()
        request, surplus = connection.request, exchange.surplus
        assert request is not None
        early = connection.pending is not None or connection.unsent
        connection.exchange = connection.between = None
        closes = not reply.keep_alive or request.fields.closes or surplus or early
        if not closes and self._keep_alive:
            if connection.ended and connection.sent_ns == connection.first_ns:
                connection.single_use.note_end()
            closes = connection.single_use.closes()
        if closes or connection.ended or self._is_used_up(connection):
            self.drop(connection)
        else:
            connection.state = _IDLE
        self._counts.desynced += surplus
        self._counts.bare_lf += exchange.bare_lf
        group = request.group
        if group is not None and group.keeps_body:
            exchange.show(group, reply)
        good = self._handler.on_reply(connection, now, reply)
        cache = cache_of(group)
        if cache is not None and closes:
            cache.pause()
        elif cache is not None:
            cache.update(request, reply, exchange.whole if good else None, exchange.body_at)

    def _closed_by_server(self, connection: Connection) -> None:
        exchange = connection.exchange
        reply = None if exchange is None else exchange.end()
        if exchange is not None and (reply is not None or exchange.problem):
            self._take(connection, exchange, reply)
        elif connection.unsent and exchange is None:
            self._broken(connection, ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))
        else:
            self._lost_reply(connection, None)

    def _broken(self, connection: Connection, error: Exception) -> None:
        if isinstance(error, ssl.SSLEOFError):  # the server closed without an end of TLS
            self._closed_by_server(connection)
            return
        self._lost_reply(connection, error)

    def stop(self, connection: Connection) -> None:
        exchange = connection.exchange
        stopped = None if exchange is None else exchange.stop()
        if exchange is None or stopped is None:
            self.lost(connection, ErrorClass.CUT)
        else:
            self._finish(connection, exchange, stopped)
