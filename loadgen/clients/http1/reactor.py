"""The reactor: an epoll set of non-blocking connections, itself watched by one event loop.

One wake-up of the loop serves a whole batch of ready connections with direct recv and send calls. The reactor moves
bytes, stamps instants and reports to its Handler; what is sent next, when, and what is recorded is not decided here.
"""

import asyncio
import errno
import os
import select
import socket
import ssl
import sys
from collections.abc import Callable, Iterable

from loadgen.base.alarm import KernelAlarm
from loadgen.base.clock import Clock, now_ns, s_to_ns
from loadgen.base.encode import Encoder, rest_of_body
from loadgen.base.exchange import ConnectionCounts, Endpoint, ErrorClass, Framing, Reply, Request
from loadgen.clients.faults import classify, explain
from loadgen.clients.http1.connection import Connection, Phase, Watch
from loadgen.clients.http1.handler import Handler
from loadgen.clients.http1.opening import Opener
from loadgen.clients.http1.parser import HEAD_BYTES, ReplyReader, read_short, remember, repeatable
from loadgen.clients.poller import IN, OUT, LoopPoller, has_epoll

READ_BYTES = 65536
SCRATCH_BYTES = 262144
BATCH = 1024
LINGER_NS = 4_000_000
DISCARD = socket.MSG_TRUNC if sys.platform == "linux" else 0
"""recv's flag to throw away what came, where TCP has it: tcp(7)."""

_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError)
_IDLE, _WAITING, _BUSY = Phase.IDLE, Phase.WAITING, Phase.BUSY  # an Enum's attributes are slow to look up
_OPENING = (Phase.CONNECTING, Phase.HANDSHAKE)
_GONE = Watch(lambda: None)  # in the place of a connection whose descriptor is not closed yet


class Reactor:
    """Connections of one worker to one endpoint. Not thread-safe: it belongs to its loop's thread.

    `bytes_sent` counts by name id of the request. `batches_ns` takes the time from each poll's return to the last
    reply handled: as long as that, a reply may have waited for us. `linger_ns` is how long the loop's other callbacks
    may wait; 0 to serve one batch at a time. `timetable` is called after each batch, to send what is due by then; it
    says whether more is due so soon that looking at the sockets beats waiting for them.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        context: ssl.SSLContext | None,
        handler: Handler,
        counts: ConnectionCounts,
        names: int = 1,
        batches_ns: list[int] | None = None,
        clock: Clock = now_ns,
    ) -> None:
        self.linger_ns = LINGER_NS
        self.timetable: Callable[[int], bool] | None = None
        self.batches_ns = [] if batches_ns is None else batches_ns
        self._endpoint = endpoint
        self._phases = endpoint.phases
        self._context = context
        self._handler = handler
        self._counts = counts
        self._clock = clock
        self._encoder = Encoder(endpoint.origin, keep_alive=endpoint.keep_alive)
        self._poller: select.epoll | LoopPoller
        self._poller = select.epoll() if has_epoll() else LoopPoller(asyncio.get_running_loop(), self.on_ready)
        self._leave: KernelAlarm | None = None
        self._by_fd: dict[int, Connection | Watch] = {}
        self._opener = Opener(endpoint, context, self._poller, self._by_fd, clock, self)
        self._closing: list[tuple[int, socket.SocketType]] = []
        self._discard = 0 if context is not None else DISCARD
        self._scratch = memoryview(bytearray(SCRATCH_BYTES))
        self._timeout_ns = s_to_ns(endpoint.timeout_s)
        self._connect_timeout_ns = s_to_ns(endpoint.connect_timeout_s)
        self.bytes_sent = [0] * names
        if isinstance(self._poller, LoopPoller):
            self.linger_ns = 0
        else:
            self._leave = KernelAlarm()
            self.watch(self._leave.fileno(), self._leave.clear)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have `on_ready` called by this loop when there is work."""
        if not isinstance(self._poller, LoopPoller):
            loop.add_reader(self._poller.fileno(), self.on_ready)

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The opposite."""
        if not isinstance(self._poller, LoopPoller):
            loop.remove_reader(self._poller.fileno())

    def watch(self, descriptor: int, on_ready: Callable[[], None]) -> None:
        """Also serve this readable descriptor, a timer's for instance, in the batches."""
        self._by_fd[descriptor] = Watch(on_ready)
        self._poller.register(descriptor, IN)

    def close(self, connections: Iterable[Connection]) -> None:
        """Close these connections and the epoll set; running requests are forgotten."""
        for connection in connections:
            self.drop(connection)
        self._close_dropped()
        self._poller.close()
        if self._leave is not None:
            self._leave.close()

    # The way of a request out.

    def open(self, connection: Connection) -> None:
        """Connect ahead of a request; ends in `on_open` or `on_error`."""
        connection.request = None
        self._opener.connect(connection, self._clock())

    def send(self, connection: Connection, request: Request, now: int) -> None:
        """Start a request at `now`, opening the connection first where it is closed. The connection is not busy."""
        connection.request = request
        connection.sent_ns = now
        if connection.phase is not _IDLE:
            self._opener.connect(connection, now)
            return
        wire = request.wire or self._encoder.wire(request)
        if request.streams or not connection.first_ns:
            self._write(connection, request)
            return
        connection.phase = _WAITING
        try:
            sent = connection.send(wire)
        except OSError:
            self._write(connection, request)
            return
        self.bytes_sent[request.name_id] += sent
        if sent != len(wire):
            self._write_rest(connection, request, wire, sent)

    def _write(self, connection: Connection, request: Request) -> None:
        connection.phase = _WAITING
        if not connection.first_ns:
            connection.first_ns = connection.sent_ns
            self._counts.used += 1
        wire = request.wire or self._encoder.wire(request)
        try:
            sent = connection.send(wire)
        except _AGAIN:
            sent = 0
        except OSError:  # the read side tells what happened, and may still hold a reply
            connection.unsent = True
            sent = 0
        self.bytes_sent[request.name_id] += sent
        if sent != len(wire) or request.streams:
            self._write_rest(connection, request, wire, sent)

    def _write_rest(self, connection: Connection, request: Request, wire: bytes, sent: int) -> None:
        connection.phase = _BUSY
        connection.pending = memoryview(wire)[sent:]
        connection.rest = rest_of_body(request) if request.streams else None
        self._write_on(connection)

    def _write_on(self, connection: Connection) -> None:
        """Send what the socket takes of the rest of a request."""
        pending = connection.pending
        if connection.unsent:
            pending = connection.rest = None
        while pending is not None:
            try:
                sent = connection.send(pending) if pending else 0  # type: ignore[arg-type]
            except _AGAIN:
                break
            except OSError:
                connection.unsent = True
                pending = connection.rest = None
                break
            self.bytes_sent[connection.request.name_id] += sent  # type: ignore[union-attr]
            pending = pending[sent:]
            if not pending:
                chunk = next(connection.rest, None) if connection.rest is not None else None
                pending = None if chunk is None else memoryview(chunk)
        connection.pending = pending
        self._poller.modify(connection.fd, IN if pending is None else IN | OUT)

    # The way of a reply in.

    def on_ready(self) -> None:
        """Serve what is ready, and what comes within `linger_ns`; the loop calls it when there is something.

        At high rates a batch holds a reply or two: to go back to the loop for each would cost a fifth of a request.
        An alarm in the set ends the wait, because a timeout of epoll's costs two interrupts each time.
        """
        clock, by_fd, poll, handler = self._clock, self._by_fd, self._poller.poll, self._handler
        on_repeat, on_alike = handler.on_repeat, handler.on_alike
        keep_alive, bytes_sent, batches_ns = self._endpoint.keep_alive, self.bytes_sent, self.batches_ns
        timetable, wait, encode = self.timetable, None, self._encoder.wire
        ready = poll(0, BATCH)
        began = now = clock()
        leave_ns = began + self.linger_ns
        if self.linger_ns and self._leave is not None:
            self._leave.set(leave_ns)
        while True:
            for fd, mask in ready:
                connection = by_fd[fd]
                if connection.phase is not _WAITING:
                    self._progress(connection, mask)
                    continue
                recv = connection.recv  # type: ignore[union-attr]  # to call a slot's value in one step costs more
                try:
                    data = recv(READ_BYTES)
                except _AGAIN:
                    continue
                except OSError as error:
                    self._broken(connection, error)  # type: ignore[arg-type]
                    continue
                cache = connection.request.cache  # type: ignore[union-attr]
                if cache is not None and data == cache.data:
                    tell = on_repeat
                elif cache is not None and len(data) == cache.size and cache.alike(data):
                    if cache.repeats:
                        cache.data = data
                    tell = on_alike
                else:
                    self._received(connection, data)  # type: ignore[arg-type]
                    continue
                now = clock()
                if not keep_alive:
                    self.drop(connection)  # type: ignore[arg-type]
                    self._send_next(connection, tell(connection, now), now)  # type: ignore[arg-type]
                    continue
                connection.phase = _IDLE
                request = tell(connection, now)  # type: ignore[arg-type]
                if request is None:
                    continue
                if request.streams:
                    self._send_next(connection, request, now)  # type: ignore[arg-type]
                    continue
                wire = request.wire
                if wire is None:
                    wire = encode(request)
                # The same as `send`, in place: this is where a busy generator spends its time.
                connection.phase = _WAITING
                connection.request = request  # type: ignore[union-attr]
                connection.sent_ns = now  # type: ignore[union-attr]
                send = connection.send  # type: ignore[union-attr]
                try:
                    sent = send(wire)
                except OSError:
                    self._send_next(connection, request, now)  # type: ignore[arg-type]
                    continue
                bytes_sent[request.name_id] += sent
                if sent != len(wire):
                    self._write_rest(connection, request, wire, sent)  # type: ignore[arg-type]
            if self._closing:
                self._close_dropped()
            now = clock()
            if ready:
                batches_ns.append(now - began)
            if timetable is not None:
                wait = 0 if timetable(now) else None
            if now >= leave_ns:
                break
            ready = poll(wait, BATCH)
            began = clock()
        handler.on_batch()

    def _send_next(self, connection: Connection, request: Request | None, now: int) -> None:
        if request is not None:
            if connection.phase is _WAITING:
                connection.phase = _IDLE
            self.send(connection, request, now)

    def _progress(self, ready: Connection | Watch, mask: int) -> None:
        """All but the reply in one piece to a request that went out in one piece."""
        if isinstance(ready, Watch):
            ready.on_ready()
            return
        match ready.phase:
            case Phase.BUSY:
                if mask & OUT:
                    self._write_on(ready)
                if mask & ~OUT:
                    self._read_on(ready)
            case Phase.CONNECTING:
                self._opener.connect_done(ready, mask)
            case Phase.HANDSHAKE:
                self._opener.handshake(ready)
            case Phase.IDLE:
                self._idle_event(ready)

    def _read_on(self, connection: Connection) -> None:
        try:
            if connection.missing:
                count = self._read_body(connection)
                if count:
                    self._count_body(connection, count)
                    return
                data = b""
            else:
                data = connection.recv(READ_BYTES)
        except _AGAIN:
            return
        except OSError as error:
            self._broken(connection, error)
            return
        self._received(connection, data)

    def _read_body(self, connection: Connection) -> int:
        """Read on in a body that nobody looks at but for its beginning: what follows need not be copied."""
        sock, scratch = connection.sock, self._scratch
        wanted = connection.request.keep - len(connection.kept)  # type: ignore[union-attr]
        if wanted <= 0 and self._discard:
            return sock.recv_into(scratch, 0, self._discard)  # type: ignore[union-attr]
        count = sock.recv_into(scratch)  # type: ignore[union-attr]
        if wanted > 0:
            connection.kept += scratch[: min(count, wanted, connection.missing)]
        return count

    def _count_body(self, connection: Connection, count: int) -> None:
        connection.received += count
        missing = connection.missing - count
        if missing > 0:
            connection.missing = missing
            return
        framing = connection.framing
        assert framing is not None
        reply = Reply(
            framing.status, framing.length, connection.received, connection.kept, connection.head, framing.keep_alive
        )
        self._finish(connection, reply, surplus=missing < 0)

    def _received(self, connection: Connection, data: bytes) -> None:
        connection.phase = _BUSY
        if not data:
            self._closed_by_server(connection)
            return
        request = connection.request
        assert request is not None
        reader = connection.reader
        if reader is None and self._phases:
            connection.first_byte_ns = self._clock()
        cache = request.cache
        if reader is None:
            known = read_short(data, request.method, cache)
            if known is not None and self._known(connection, request, data, *known):
                return
            reader = connection.reader = ReplyReader(request.method, request.keep, request.sink)
        reader.feed(data)
        if reader.problem:
            self._fail(connection, ErrorClass.MALFORMED_REPLY, reader.problem, reader.head)
        elif reader.reply is not None:
            framing = reader.framing() if cache is not None else None
            if framing is not None and cache is not None:
                remember(cache, reader.start, framing)
                if reader.received == len(data):
                    reader.reply.whole = repeatable(data)
            self._finish(connection, reader.reply, surplus=reader.surplus)

    def _known(self, connection: Connection, request: Request, data: bytes, framing: Framing, head: int) -> bool:
        """Take the short path for a head seen before; False where the body must be looked at in pieces."""
        whole = head + framing.length
        missing = whole - len(data)
        if missing > 0:
            if request.keep > READ_BYTES or request.sink is not None:
                return False
            connection.framing, connection.missing, connection.received = framing, missing, len(data)
            connection.kept = data[head : head + request.keep]
            connection.head = data[:HEAD_BYTES]
            return True
        kept = data[head : min(whole, head + request.keep)] if request.keep else b""
        if request.sink is not None and framing.length:
            request.sink(data[head:whole])
        reply = Reply(framing.status, framing.length, len(data), kept, data[:HEAD_BYTES], framing.keep_alive)
        if missing == 0:
            reply.whole = repeatable(data)
        self._finish(connection, reply, surplus=missing < 0)
        return True

    def _finish(self, connection: Connection, reply: Reply, *, surplus: bool) -> None:
        now = self._clock()
        early = connection.pending is not None or connection.unsent
        connection.forget_reply()
        if reply.keep_alive and not surplus and not early and self._endpoint.keep_alive:
            connection.phase = _IDLE
        else:
            if self._endpoint.keep_alive or surplus or early:
                reply.whole = None  # the next one like it must come here again, to close its connection too
            self.drop(connection)
        if surplus:
            self._counts.desynced += 1
            self._handler.on_desync(connection)
        self._handler.on_reply(connection, now, reply)

    def _closed_by_server(self, connection: Connection) -> None:
        reader = connection.reader
        if reader is not None and reader.eof() and reader.reply is not None:
            self._finish(connection, reader.reply, surplus=reader.surplus)
            return
        begun = reader is not None or connection.missing > 0
        if connection.unsent and not begun:
            self._broken(connection, ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))
        elif begun or not connection.reused:
            detail = "" if begun else "the server closed the connection without a reply"
            self._fail(connection, ErrorClass.EARLY_CLOSE, detail, reader.head if reader else connection.head)
        else:
            self._fail(connection, ErrorClass.STALE_CONNECTION)

    def _broken(self, connection: Connection, error: Exception) -> None:
        if isinstance(error, ssl.SSLEOFError):  # the server closed without an end of TLS
            self._received(connection, b"")
            return
        begun = connection.reader is not None or connection.missing > 0
        kind = classify(error)
        if kind is ErrorClass.CONNECTION_RESET and connection.reused and not begun:
            kind = ErrorClass.STALE_CONNECTION
        head = connection.reader.head if connection.reader else connection.head
        self._fail(connection, kind, explain(error), head)

    def _idle_event(self, connection: Connection) -> None:
        """An idle connection became readable: the server closed it, or sent what nobody asked for."""
        try:
            data = connection.recv(READ_BYTES)
        except _AGAIN:
            return
        except OSError:
            data = b""
        self.drop(connection)
        if data:
            self._counts.desynced += 1
            self._handler.on_desync(connection)
        else:
            self._counts.idle_closed += 1

    def _fail(self, connection: Connection, error: ErrorClass, detail: str = "", head: bytes = b"") -> None:
        self.drop(connection)
        connection.forget_reply()
        self._handler.on_error(connection, self._clock(), error, detail, head)

    # Deadlines and endings.

    def sweep(self, connections: Iterable[Connection], now: int) -> None:
        """Fail what is past its deadline: whole requests by `timeout_s`, connects by `connect_timeout_s`.

        Neither this nor `cut` may be called from inside a batch: both close descriptors at once.
        """
        sent_limit, connect_limit = now - self._timeout_ns, now - self._connect_timeout_ns
        for connection in connections:
            phase = connection.phase
            if (phase is _WAITING or phase is _IDLE) and connection.sent_ns > sent_limit:
                continue
            if connection.sent_ns <= sent_limit and self._in_flight(connection):
                self._counts.failed += connection.phase in _OPENING
                self._fail(connection, ErrorClass.TIMEOUT, head=self._seen(connection))
            elif connection.phase in _OPENING and connection.phase_ns <= connect_limit:
                self.failed_to_open(connection, ErrorClass.CONNECT_TIMEOUT)
        self._close_dropped()

    def cut(self, connections: Iterable[Connection]) -> None:
        """End every request that still runs; each is reported as cut, its outcome unknown."""
        for connection in connections:
            if self._in_flight(connection) or connection.phase in _OPENING:
                self._fail(connection, ErrorClass.CUT, head=self._seen(connection))
        self._close_dropped()

    @staticmethod
    def _in_flight(connection: Connection) -> bool:
        phase = connection.phase
        return phase is _WAITING or phase is _BUSY or (phase in _OPENING and connection.request is not None)

    @staticmethod
    def _seen(connection: Connection) -> bytes:
        return connection.reader.head if connection.reader else connection.head

    def drop(self, connection: Connection) -> None:
        """Close a connection; its descriptor stays until the end of the batch, so that its number is not reused."""
        if connection.sock is not None:
            self._by_fd[connection.fd] = _GONE
            self._closing.append((connection.fd, connection.sock))
            connection.sock = None
        connection.phase = Phase.CLOSED
        connection.first_ns = 0
        connection.pending = connection.rest = None
        connection.unsent = False

    def _close_dropped(self) -> None:
        for fd, sock in self._closing:
            if self._by_fd[fd] is _GONE:
                del self._by_fd[fd]
            if isinstance(self._poller, LoopPoller):
                self._poller.forget(fd)
            sock.close()
        self._closing.clear()

    # Opening: see opening.py.

    def opened(self, connection: Connection) -> None:
        """A connection is open, its handshake done."""
        counts = self._counts
        counts.opened += 1
        if self._phases:
            counts.connect_ns.append(connection.connected_ns - connection.phase_ns)
            if self._context is not None:
                counts.tls_ns.append(self._clock() - connection.connected_ns)
        if connection.opened_before:
            counts.reconnected += 1
        connection.opened_before = True
        connection.phase = Phase.IDLE
        if connection.request is not None:
            self._write(connection, connection.request)
        else:
            self._handler.on_open(connection)

    def failed_to_open(self, connection: Connection, error: ErrorClass, detail: str = "") -> None:
        """A connection did not open."""
        self._counts.failed += 1
        self._fail(connection, error, detail)
