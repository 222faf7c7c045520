"""One connection of the demo server: requests are read and counted as they come, and answered in their order."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from loadgen.base.clock import NS_PER_S
from loadgen.target.answers import error
from loadgen.target.site import Site, Turn
from loadgen.target.wire import CONTINUE, FILLER, head_of

MAX_HEAD_BYTES = 65536
_MAX_JOINED = 16384
_MAX_LEARNED = 4096
_FLUSH_BYTES = 65536
_MAX_WAITING = 256
_LINGER_NS = 2 * NS_PER_S


@dataclass(slots=True)
class _Job:
    """A reply to come: its turn, its head, and whether a body follows and the connection stays."""

    turn: Turn
    head: bytes
    has_body: bool
    keep_alive: bool


class Connection(asyncio.Protocol):
    """Reads requests, and writes what the Site says they get.

    A request that came in one piece and gets a constant reply is learned: the next equal piece on an idle connection
    costs a look-up and a write. Everything else is parsed. Reading stops while the client does not read.
    """

    def __init__(self, site: Site, open_connections: set["Connection"]) -> None:
        self._site = site
        self._stats = site.stats
        self._known = site.known
        self._open = open_connections
        self._parser: HttpRequestParser | None = None
        self._idle = True  # nothing is half read, nothing half written
        self._jobs: deque[_Job] = deque()
        self._out: list[bytes | memoryview] = []
        self._out_bytes = 0
        self._busy = False  # the reply whose turn it is waits or streams
        self._body_left = 0
        self._drip_ns: int | None = None
        self._paused = False
        self._reading = True
        self._closing = False  # no more requests are taken
        self._in_message = False
        self._owes_continue = False
        self._unclaimed = 0  # bytes read that no request has been charged with yet

    # Called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)
        self._stats.connections_open += 1
        self._stats.connections_total += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing can be read or written any more; replies that still wait are dropped when their time comes."""
        self._open.discard(self)
        self._stats.connections_open -= 1
        self._stats.bytes_in += self._unclaimed
        self._closing = self._paused = True
        self._jobs.clear()
        self._body_left = 0
        self._parser = None

    def data_received(self, data: bytes) -> None:
        """Answer a request that is known by heart, or parse."""
        if self._idle:
            known = self._known.get(data)
            if known is not None:
                reply, status = known
                self._transport.write(reply)
                stats = self._stats
                stats.requests += 1
                stats.by_status[status] += 1
                stats.bytes_in += len(data)
                stats.bytes_out += len(reply)
                return
        self._read(data)

    def pause_writing(self) -> None:
        """The client reads slower than it is written to."""
        self._paused = True
        self._throttle()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._paused = False
        if self._body_left and self._drip_ns is None:
            self._stream()
        self._advance()

    # Reading.

    def _read(self, data: bytes) -> None:
        self._unclaimed += len(data)
        if self._closing:
            return
        was_idle, in_head = self._idle, self._in_message and not self._head_done
        self._idle = False
        if self._parser is None:
            self._parser = HttpRequestParser(self)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # declined: the request was answered like any other, with Connection: close
        except HttpParserError:
            self._refuse(400)
        if in_head and not self._head_done:
            self._head_bytes += len(data)
        if self._in_message and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431)
        if was_idle and len(self._jobs) == 1 and len(data) <= _MAX_LEARNED and not self._in_message:
            self._learn(data, self._jobs[0])
        self._advance()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_message = True
        self._head_done = False
        self._head_bytes = 0
        self._target = b""
        self._received = 0
        self._expects_continue = False

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._target += url
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer."""
        self._head_bytes += len(name) + len(value) + 4
        if value[:4].lower() == b"100-" and name.lower() == b"expect":
            self._expects_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """The end of a head."""
        self._head_done = True
        if self._expects_continue and self._head_bytes <= MAX_HEAD_BYTES and not self._closing:
            self._owes_continue = True
            self._pay_continue()

    def on_body(self, data: bytes) -> None:
        """A piece of an upload: counted, not kept."""
        self._received += len(data)
        self._owes_continue = False

    def on_message_complete(self) -> None:
        """A request has come whole."""
        parser = self._parser
        if parser is None or self._closing or self._head_bytes > MAX_HEAD_BYTES:
            return
        self._in_message = self._owes_continue = False
        method = parser.get_method()
        turn = self._site.turn(method, self._target, self._received)
        keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        old_client = parser.get_http_version() == "1.0"
        head = head_of(turn.answer, keep_alive=keep_alive, old_client=old_client, json=not turn.counted)
        self._jobs.append(_Job(turn, head, method != b"HEAD", keep_alive))
        self._closing = not keep_alive
        if turn.counted:
            self._stats.bytes_in += self._unclaimed
        self._unclaimed = 0

    def _refuse(self, status: int) -> None:
        """Say what is wrong with a request that cannot be read, in its turn, and take no more of them."""
        if not self._closing:
            self._closing = True
            turn = Turn(error(status))
            self._stats.requests += 1
            self._jobs.append(_Job(turn, head_of(turn.answer, keep_alive=False), True, False))

    def _learn(self, data: bytes, job: _Job) -> None:
        answer = job.turn.answer
        if job.turn.repeatable and job.keep_alive and not self._out and answer.length <= _MAX_JOINED:
            self._site.learn(data, job.head + (_body(job) if job.has_body else b""), answer.status)

    # Writing.

    def _advance(self) -> None:
        """Answer in order, until a reply has to wait for its time or for the client to read."""
        while self._jobs and not self._busy and not self._paused:
            self._begin(self._jobs.popleft())
        if not self._busy and not self._jobs:
            self._pay_continue()
            self._idle = not self._in_message and not self._closing
        self._flush()
        self._throttle()
        if self._closing and not self._busy and not self._jobs:
            self._finish()

    def _begin(self, job: _Job) -> None:
        if job.turn.due_ns == 0 or job.turn.due_ns <= self._site.clock():
            self._write(job)
            return
        self._busy = True
        self._site.departures.at(job.turn.due_ns, lambda: self._depart(job))

    def _depart(self, job: _Job) -> None:
        self._busy = False
        if not self._transport.is_closing():
            self._write(job)
            self._advance()

    def _write(self, job: _Job) -> None:
        answer = job.turn.answer
        if job.turn.counted:
            self._stats.by_status[answer.status] += 1
        self._site.departed(job.turn)
        self._put(job.head, job.turn.counted)
        if not job.has_body:
            return
        if answer.drip_ns is None and answer.length <= _MAX_JOINED:
            self._put(_body(job), job.turn.counted)
            return
        self._body_left, self._drip_ns = answer.length, answer.drip_ns
        self._busy = self._body_left > 0
        if self._drip_ns is None:
            self._stream()
        elif self._busy:
            self._drip()

    def _stream(self) -> None:
        """Write filler until the client has to read some of it."""
        self._flush()
        while self._body_left and not self._paused:
            piece = FILLER[: self._body_left]
            self._body_left -= len(piece)
            self._put(piece)
            self._flush()
        self._busy = self._body_left > 0

    def _drip(self) -> None:
        """Write one byte of filler, unless the client does not read, and come again."""
        if self._drip_ns is None or self._transport.is_closing():
            return
        if not self._paused:
            self._body_left -= 1
            self._put(FILLER[:1])
        self._busy = self._body_left > 0
        if self._busy:
            self._flush()
            self._site.departures.at(self._site.clock() + self._drip_ns, self._drip)
        else:
            self._advance()

    def _pay_continue(self) -> None:
        """Ask for the body, once all earlier replies are written."""
        if self._owes_continue and not self._busy and not self._jobs:
            self._owes_continue = False
            self._put(CONTINUE)

    def _put(self, data: bytes | memoryview, counted: bool = True) -> None:
        self._out.append(data)
        self._out_bytes += len(data)
        if counted:
            self._stats.bytes_out += len(data)
        if self._out_bytes >= _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._out and not self._transport.is_closing():
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
        self._out_bytes = 0

    def _throttle(self) -> None:
        """Read on as long as the client reads too, and not too many of its requests wait."""
        wanted = not self._paused and len(self._jobs) < _MAX_WAITING
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _finish(self) -> None:
        """Close, but let a client that is still sending read the last reply before the reset."""
        if self._transport.is_closing():
            return
        if self._in_message and self._transport.can_write_eof():
            self._transport.write_eof()
            self._site.departures.at(self._site.clock() + _LINGER_NS, self._transport.abort)
        else:
            self._transport.close()

    def close(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()


def _body(job: _Job) -> bytes | memoryview:
    answer = job.turn.answer
    return answer.body if answer.filler is None else FILLER[: answer.filler]
