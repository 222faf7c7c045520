"""The reactor's blocking twin: one connection, one thread, the same parser and the same verdicts."""

import ssl
from functools import partial

from loadgen.base.encode import make_encoder, rest_of_body
from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome, Request
from loadgen.base.reply import Reply
from loadgen.clients.faults import classify, connect_error, explain, why_no_reply
from loadgen.clients.http1.blocking_socket import TIMED_OUT, BlockingSocket
from loadgen.clients.http1.exchange import READ_BYTES, Exchange
from loadgen.clients.http1.reply_cache import ReplyCache, cache_of
from loadgen.clients.http1.single_use import SingleUse
from loadgen.clients.http1.uploads import CONTINUE_WAIT_NS, hear

_IDLE_CHECK_NS = 1_000_000
_SECOND = 3  # of requests and their replies


class BlockingClient(BlockingSocket):
    """One virtual user's connection. `exchange` never suspends.

    A reply that equals the last one to its group, or says the same in other words, returns the same Outcome object
    again, and in it the same Reply: use it before the next exchange.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        endpoint = self.endpoint
        self._encoder = make_encoder(endpoint.origin, keep_alive=endpoint.keep_alive, dialing=endpoint.dialing)
        self._reused: bool | None = None  # where it is known
        self._sent = 0
        self._single_use = SingleUse(after=1)  # each costs a request
        self._outcome = Outcome(0, 0)
        self._cache: ReplyCache

    async def connect(self) -> ErrorClass | None:
        try:
            self._open(self.clock() + self._connect_timeout_ns)
        except OSError as error:
            return connect_error(error)
        return None

    async def exchange(self, request: Request) -> Outcome:
        sent_ns = self.clock()
        outcome = self.again(request, sent_ns)
        if outcome is not None:
            return outcome
        timeout_ns = request.timeout_ns or self._timeout_ns
        deadline = sent_ns + timeout_ns
        if self._sock is not None and sent_ns - self._done_ns > _IDLE_CHECK_NS:
            self._check_idle()
        if self._sock is None:
            try:
                self._open(min(deadline, sent_ns + self._connect_timeout_ns))
            except OSError as error:
                self._sent, self._reused = 0, None
                return self._failed(sent_ns, self._not_opened(error, timeout_ns), explain(error))
        self._reused = reused = self._uses > 0
        self._uses += 1
        self.counts.used += not reused
        wire = request.wire or self._encoder.wire(request)
        cache = cache_of(request.group)
        self._sent = 0
        try:
            if not reused:  # connecting took a part of the time
                self._wait_until(deadline)
            elif self._wait_ns != timeout_ns:
                self._set_wait(timeout_ns)
            data = self._send(request, wire, deadline)
        except OSError as error:
            return self._broken(sent_ns, request, error, None)
        if cache is not None and not self._single_use.seems_so and (data == cache.data or cache.alike(data)):
            self._uses += 1
            return self._known(cache, data, sent_ns)
        return self._receive(request, data, sent_ns)

    def again(self, request: Request, sent_ns: int) -> Outcome | None:
        """The short way: on an open connection that was reused before, and most likely a reply like one before.

        `sent_ns` is now, or when the last reply was in.
        """
        if sent_ns - self._done_ns > _IDLE_CHECK_NS or (self._primed is not request and not self._prime(request)):
            return None
        wire: bytes = request.wire  # type: ignore[assignment]
        try:
            self._sendall(wire)
        except OSError as error:
            self._sent = 0
            return self._broken(sent_ns, request, error, None)
        try:
            data = self._recv(READ_BYTES)
        except OSError as error:
            self._sent = len(wire)
            return self._broken(sent_ns, request, error, None)
        cache = self._cache
        if data == cache.data:  # `_known` in place
            outcome = self._outcome
            outcome.reply = cache.reply
            outcome.sent_ns = sent_ns
            outcome.bytes_sent = len(wire)
            outcome.bytes_received = len(data)
            outcome.done_ns = self._done_ns = self.clock()
            return outcome
        self._sent = len(wire)
        if cache.alike(data):
            return self._known(cache, data, sent_ns)
        self._primed = None
        return self._receive(request, data, sent_ns)

    def _prime(self, request: Request) -> bool:
        """Make ready for `again`, if the request and the connection are fit for it."""
        cache = cache_of(request.group)
        if cache is None or request.streams or self._wait_ns != (request.timeout_ns or self._timeout_ns):
            return False
        if request.wire is None:
            self._encoder.wire(request)
        self._primed, self._cache = request, cache
        self._reused = self._outcome.reused = True
        return True

    def _known(self, cache: ReplyCache, data: bytes, sent_ns: int) -> Outcome:
        outcome = self._outcome
        outcome.reply = cache.reply
        outcome.sent_ns = sent_ns
        outcome.bytes_sent, outcome.reused = self._sent, self._reused
        outcome.bytes_received = len(data)
        outcome.done_ns = self._done_ns = self.clock()
        return outcome

    # Sending and receiving.

    def _send(self, request: Request, wire: bytes, deadline: int) -> bytes:
        """Write the whole request, and receive the first piece of its reply; `_sent` is how much of it went out."""
        self._sendall(wire)
        self._sent = len(wire)
        if not request.streams:
            return self._recv(READ_BYTES)
        said = b""
        if request.fields.expect_continue:
            until = min(deadline, self.clock() + CONTINUE_WAIT_NS)
            said, continues = hear(request.method, self._recv, partial(self._wait_until, until))
            if not continues:
                self._uses = -1 if said else self._uses  # a half-sent request ends the connection
                return said
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
        return said + self._recv(READ_BYTES)

    def _receive(self, request: Request, data: bytes, sent_ns: int) -> Outcome:
        """Take the reply whose first piece is `data`, b"" for the end of the stream."""
        if not data:
            return self._lost_reply(sent_ns, None, None)
        exchange, first_ns = Exchange(request), self.clock()
        reply = exchange.take(data)
        if reply is not None:
            return self._finish(request, exchange, reply, sent_ns, 0)
        if request.sink is not None:
            reply = exchange.stop()
        while reply is None and not exchange.problem:
            try:
                self._wait_until(sent_ns + (request.timeout_ns or self._timeout_ns))
                data = self._recv(READ_BYTES)
            except OSError as error:
                reply = exchange.stop()  # it may have been ended by us
                if reply is None:
                    return self._broken(sent_ns, request, error, exchange)
                break
            if data:
                reply = exchange.take(data)
                if reply is None and request.sink is not None:
                    reply = exchange.stop()
            elif (reply := exchange.stop()) is not None:
                break
            elif self._cut or ((reply := exchange.end()) is None and not exchange.problem):
                return self._lost_reply(sent_ns, None, exchange)
        if reply is None:
            return self._failed(sent_ns, ErrorClass.MALFORMED_REPLY, exchange.problem, exchange)
        return self._finish(request, exchange, reply, sent_ns, first_ns)

    def _finish(self, request: Request, exchange: Exchange, reply: Reply, sent_ns: int, first_ns: int) -> Outcome:
        self._done_ns = self.clock()
        outcome = Outcome(
            sent_ns, self._done_ns, reply,
            bytes_sent=self._sent, bytes_received=reply.wire_length, first_ns=first_ns, reused=self._reused,
        )  # fmt: skip
        self.counts.desynced += exchange.surplus
        self.counts.bare_lf += exchange.bare_lf
        closes = request.fields.closes or not self.endpoint.keep_alive or self._single_use.closes()
        closes |= self._uses < 0 or exchange.surplus or not reply.keep_alive
        if closes:
            self.drop()
        self._uses += 1
        group = request.group
        if group is not None and group.keeps_body:
            exchange.show(group, reply)
        cache = cache_of(group)
        if cache is not None and closes:
            cache.pause()
        elif cache is not None:
            good = request.expect.judge(reply) is None
            cache.update(request, reply, exchange.whole, exchange.body_at, good=good)
        return outcome

    def _lost_reply(self, sent_ns: int, error: Exception | None, exchange: Exchange | None) -> Outcome:
        idle_ns = sent_ns - self._done_ns
        kind, detail = why_no_reply(error, reused=bool(self._reused), begun=exchange is not None, idle_ns=idle_ns)
        if kind is ErrorClass.STALE_CONNECTION and self._uses == _SECOND:
            self._single_use.note_end()
        return self._failed(sent_ns, kind, detail, exchange)

    def _broken(self, sent_ns: int, request: Request, error: OSError, exchange: Exchange | None) -> Outcome:
        if isinstance(error, TIMED_OUT):
            return self._failed(sent_ns, ErrorClass.TIMEOUT, "", exchange)
        if classify(error) is ErrorClass.CONNECTION_RESET and exchange is None:
            try:
                said = self._recv(READ_BYTES)  # a server that stopped reading, or closed, may have spoken before
            except ssl.SSLError as last:  # an alert, which says more
                said, error = b"", last
            except OSError:
                said = b""
            if said:
                self._uses = -1  # a half-sent request ends the connection
                return self._receive(request, said, sent_ns)
        return self._lost_reply(sent_ns, error, exchange)

    def _failed(self, sent_ns: int, error: ErrorClass, detail: str = "", exchange: Exchange | None = None) -> Outcome:
        error, detail = self._ended(error, detail)
        received = exchange.received if exchange else 0
        head = exchange.head if exchange else b""
        return Outcome(sent_ns, self._done_ns, None, error, detail, head, self._sent, received, reused=self._reused)
