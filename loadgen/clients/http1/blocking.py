"""The reactor's blocking twin: one connection, one thread, the same parser and the same verdicts.

Deadlines of plain sockets are the kernel's own (SO_RCVTIMEO), so that a receive costs one system call.
"""

import select
import socket
import ssl
import struct
from collections.abc import Callable

from loadgen.base.clock import NS_PER_S, Clock, now_ns, s_to_ns
from loadgen.base.encode import Encoder, rest_of_body
from loadgen.base.exchange import ConnectionCounts, Endpoint, ErrorClass, Outcome, Reply, Request
from loadgen.clients.dial import Dial
from loadgen.clients.faults import classify, connect_error, explain
from loadgen.clients.http1.parser import HEAD_BYTES, ReplyReader, read_short, remember, repeatable

READ_BYTES = 65536
_IDLE_CHECK_NS = 1_000_000
_SHORTEST_WAIT_NS = 1_000_000  # the kernel takes 0 for ever
_TIMED_OUT = (BlockingIOError, TimeoutError)


class BlockingClient:
    """One virtual user's connection. `exchange` never suspends; `cut` may come from any thread.

    An equal reply to an equal request returns the same Outcome object again, with new instants: use it before the
    next exchange.
    """

    def __init__(
        self, endpoint: Endpoint, context: ssl.SSLContext | None, counts: ConnectionCounts, clock: Clock = now_ns
    ) -> None:
        self.counts = counts
        self._endpoint = endpoint
        self._context = context
        self._clock = clock
        self._encoder = Encoder(endpoint.origin, keep_alive=endpoint.keep_alive)
        self._timeout_ns = s_to_ns(endpoint.timeout_s)
        self._connect_timeout_ns = s_to_ns(endpoint.connect_timeout_s)
        self._sock: socket.socket | None = None
        self._uses = 0
        self._done_ns = 0
        self._wait_ns = 0
        self._sent = 0
        self._cut = False
        self._dial = Dial(endpoint, context, counts, clock)
        self._repeats: dict[int, Outcome] = {}
        self._primed: Request | None = None
        self._primed_data = self._primed_wire = b""
        self._primed_outcome = Outcome(0, 0)
        self._sendall: Callable[[bytes], None]
        self._recv: Callable[[int], bytes]

    async def connect(self) -> ErrorClass | None:
        """Open the connection ahead of the first request."""
        try:
            self._open(self._clock() + self._connect_timeout_ns)
        except OSError as error:
            return connect_error(error)
        return None

    async def exchange(self, request: Request) -> Outcome:
        """Send one request and read its reply."""
        sent_ns = self._clock()
        outcome = self.again(request, sent_ns)
        if outcome is not None:
            return outcome
        deadline = sent_ns + self._timeout_ns
        if self._sock is not None and sent_ns - self._done_ns > _IDLE_CHECK_NS:
            self._check_idle()
        if self._sock is None:
            try:
                self._open(min(deadline, sent_ns + self._connect_timeout_ns))
            except OSError as error:
                return self._not_opened(sent_ns, error)
        reused = self._uses > 0
        self._uses += 1
        self.counts.used += not reused
        wire = request.wire or self._encoder.wire(request)
        cache = request.cache
        self._sent = 0
        try:
            if not reused:  # connecting took a part of the time
                self._wait_until(deadline)
            elif self._wait_ns != self._timeout_ns:
                self._set_wait(self._timeout_ns)
            self._send(request, wire, deadline)
            data = self._recv(READ_BYTES)
        except OSError as error:
            return self._broken(sent_ns, request, error, None, reused=reused)
        if cache is not None and cache.data == data:
            outcome = self._repeats[request.name_id]
            outcome.sent_ns = sent_ns
            outcome.bytes_sent = self._sent
            outcome.done_ns = self._done_ns = self._clock()
            if not request.streams:
                self._primed, self._primed_wire, self._primed_data, self._primed_outcome = request, wire, data, outcome
            return outcome
        return self._receive(request, data, sent_ns, reused=reused)

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        """The short way: the same request as last time, on the same open connection, most likely the same reply.

        Its reply is the last one's object where it is equal. `sent_ns` is now, or when the last reply was in.
        """
        if self._primed is not request or sent_ns - self._done_ns > _IDLE_CHECK_NS:
            return None
        try:
            self._sendall(self._primed_wire)
        except OSError as error:
            self._sent = 0
            return self._broken(sent_ns, request, error, None, reused=True)
        self._sent = len(self._primed_wire)
        try:
            data = self._recv(READ_BYTES)
        except OSError as error:
            return self._broken(sent_ns, request, error, None, reused=True)
        if data != self._primed_data:
            self._primed = None
            return self._receive(request, data, sent_ns, reused=True)
        outcome = self._primed_outcome
        outcome.sent_ns = sent_ns
        outcome.done_ns = self._done_ns = self._clock()
        return outcome

    def cut(self) -> None:
        """End a running exchange from another thread: its receive sees the end of the stream."""
        self._cut = True
        self._dial.cut()

    def drop(self) -> None:
        """Close the connection; the next exchange opens another."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None
            self._primed = None

    async def close(self) -> None:
        """Close the connection."""
        self.drop()

    # Sending and receiving.

    def _send(self, request: Request, wire: bytes, deadline: int) -> None:
        """Write the whole request; `_sent` is how much of it went out."""
        self._sendall(wire)
        self._sent = len(wire)
        if not request.streams:
            return
        sock = self._sock
        assert sock is not None
        for chunk in rest_of_body(request) or ():
            left = memoryview(chunk)
            while left:
                self._wait_until(deadline)
                count = sock.send(left)
                self._sent += count
                left = left[count:]
        self._wait_until(deadline)

    def _receive(self, request: Request, data: bytes, sent_ns: int, *, reused: bool) -> Outcome:
        """Take the reply whose first piece is `data`, b"" for the end of the stream."""
        cache = request.cache
        known = read_short(data, request.method, cache)
        if known is not None and len(data) == known[1] + known[0].length:
            framing, head = known
            if request.sink is not None and framing.length:
                request.sink(data[head:])
            reply = Reply(
                framing.status, framing.length, len(data), data[head : head + request.keep],
                data[:HEAD_BYTES], framing.keep_alive, repeatable(data),
            )  # fmt: skip
            return self._finish(request, reply, sent_ns, 0, surplus=False)
        reader = ReplyReader(request.method, request.keep, request.sink)
        first, first_ns, deadline = data, self._clock(), sent_ns + self._timeout_ns
        while data:
            reader.feed(data)
            if reader.problem:
                return self._failed(sent_ns, ErrorClass.MALFORMED_REPLY, reader.problem, reader)
            if reader.reply is not None:
                return self._complete(request, reader, first, sent_ns, first_ns)
            try:
                self._wait_until(deadline)
                data = self._recv(READ_BYTES)
            except OSError as error:
                return self._broken(sent_ns, request, error, reader, reused=reused)
        if reader.begun and not self._cut and reader.eof():
            return self._complete(request, reader, first, sent_ns, first_ns)
        return self._closed_by_server(sent_ns, reader, reused=reused)

    def _complete(self, request: Request, reader: ReplyReader, first: bytes, sent_ns: int, first_ns: int) -> Outcome:
        """The reader has the reply: let later ones like it take the short path."""
        reply, cache = reader.reply, request.cache
        assert reply is not None
        framing = reader.framing() if cache is not None else None
        if framing is not None and cache is not None:
            remember(cache, reader.start, framing)
            if reader.received == len(first):
                reply.whole = repeatable(first)
        came_at_once = reader.received == len(first)
        return self._finish(request, reply, sent_ns, 0 if came_at_once else first_ns, surplus=reader.surplus)

    def _finish(self, request: Request, reply: Reply, sent_ns: int, first_ns: int, *, surplus: bool) -> Outcome:
        self._done_ns = self._clock()
        outcome = Outcome(
            sent_ns, self._done_ns, reply,
            bytes_sent=self._sent, bytes_received=reply.wire_length, first_ns=first_ns,
        )  # fmt: skip
        if surplus:
            self.counts.desynced += 1
        if self._uses < 0 or surplus or not reply.keep_alive or not self._endpoint.keep_alive:
            reply.whole = None
            self.drop()
        if request.cache is not None:
            request.cache.data = reply.whole if request.cache.repeats else None
            self._repeats[request.name_id] = outcome
        return outcome

    def _closed_by_server(self, sent_ns: int, reader: ReplyReader, *, reused: bool) -> Outcome:
        if reused and not reader.begun:
            return self._failed(sent_ns, ErrorClass.STALE_CONNECTION)
        detail = "" if reader.begun else "the server closed the connection without a reply"
        return self._failed(sent_ns, ErrorClass.EARLY_CLOSE, detail, reader)

    def _broken(
        self, sent_ns: int, request: Request, error: OSError, reader: ReplyReader | None, *, reused: bool
    ) -> Outcome:
        if isinstance(error, _TIMED_OUT):
            return self._failed(sent_ns, ErrorClass.TIMEOUT, "", reader)
        kind = classify(error)
        if kind is ErrorClass.CONNECTION_RESET and reader is None:
            try:
                said = self._recv(READ_BYTES)  # a server that stopped reading, or closed, may have spoken before
            except ssl.SSLError as last:  # an alert, which says more
                said, kind, error = b"", classify(last), last
            except OSError:
                said = b""
            if said:
                self._uses = -1  # a half-sent request ends the connection
                return self._receive(request, said, sent_ns, reused=reused)
            if reused and kind is ErrorClass.CONNECTION_RESET:
                kind = ErrorClass.STALE_CONNECTION
        return self._failed(sent_ns, kind, explain(error), reader)

    def _not_opened(self, sent_ns: int, error: OSError) -> Outcome:
        kind = connect_error(error)
        if kind is ErrorClass.CONNECT_TIMEOUT and self._timeout_ns <= self._connect_timeout_ns:
            kind = ErrorClass.TIMEOUT
        self._sent = 0
        return self._failed(sent_ns, kind, explain(error))

    def _failed(self, sent_ns: int, error: ErrorClass, detail: str = "", reader: ReplyReader | None = None) -> Outcome:
        self.drop()
        if self._cut:
            error, detail = ErrorClass.CUT, ""
        self._done_ns = self._clock()
        received = reader.received if reader else 0
        head = reader.head if reader else b""
        return Outcome(sent_ns, self._done_ns, None, error, detail, head, self._sent, received)

    # The socket.

    def _open(self, deadline: int) -> None:
        sock = self._dial.open(deadline)
        sock.settimeout(None)
        self._sock = sock
        self._sendall, self._recv = sock.sendall, sock.recv
        self._uses = 0
        self._wait_ns = 0
        self._done_ns = self._clock()

    def _wait_until(self, deadline: int) -> None:
        """Bound the next receive or send by the deadline; raises TimeoutError when it has passed."""
        left_ns = deadline - self._clock()
        if left_ns <= 0:
            raise TimeoutError
        self._set_wait(max(left_ns, _SHORTEST_WAIT_NS))

    def _set_wait(self, wait_ns: int) -> None:
        """Bound the next receive or send by a time."""
        sock = self._sock
        assert sock is not None
        self._wait_ns = wait_ns
        if self._context is not None:
            sock.settimeout(wait_ns / NS_PER_S)
            return
        seconds, rest_ns = divmod(wait_ns, NS_PER_S)
        interval = struct.pack("@ll", seconds, rest_ns // 1000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, interval)

    def _check_idle(self) -> None:
        """After a pause: a connection that became readable was closed by the server, or holds what nobody asked for."""
        sock = self._sock
        assert sock is not None
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        if not poll.poll(0):
            return
        self._set_wait(_SHORTEST_WAIT_NS)
        try:
            data = sock.recv(READ_BYTES)
        except _TIMED_OUT:
            return
        except OSError:
            data = b""
        if data:
            self.counts.desynced += 1
        else:
            self.counts.idle_closed += 1
        self.drop()
