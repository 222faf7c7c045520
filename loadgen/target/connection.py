"""One connection of the demo server: requests are answered in the order in which they came."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import cast

from loadgen.base.clock import NS_PER_S
from loadgen.target.reader import Received, RequestReader
from loadgen.target.site import Site, Turn
from loadgen.target.wire import CONTINUE, FILLER, body_of, head_of

_MAX_JOINED = 16384  # a body up to here is written in one piece with its head
_MAX_LEARNED = 4096
_FLUSH_BYTES = 65536
_MAX_WAITING = 256
_LINGER_NS = 2 * NS_PER_S


@dataclass(frozen=True, slots=True)
class _Job:
    """A reply to come: its turn, its head, and whether its body follows."""

    turn: Turn
    head: bytes
    has_body: bool


class Connection(asyncio.Protocol):
    """Reads requests, and writes what the Site says they get.

    A request that came in one piece and gets a constant reply is learned: the next equal piece on an idle connection
    costs a look-up and a write. Everything else is parsed. Reading stops while the client does not read.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stats = site.stats
        self._known = site.known
        self._reader: RequestReader | None = None
        self._idle = True  # nothing is half read, nothing half written
        self._unclaimed = 0  # bytes read that no request has been charged with yet
        self._jobs: deque[_Job] = deque()
        self._busy = False  # the reply whose turn it is waits or streams
        self._stream_left = 0
        self._out: list[bytes | memoryview] = []
        self._out_bytes = 0
        self._paused = False
        self._reading = True
        self._ended = False

    # Called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._site.connected(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing can be read or written any more; a reply that still waits is dropped when its time comes."""
        self._stats.bytes_in += self._unclaimed
        self._jobs.clear()
        self._reader = None
        self._ended = True
        self._site.disconnected(self._transport)

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
        if not self._ended:
            self._stream()
            self._advance()

    # Reading.

    def _read(self, data: bytes) -> None:
        reader = self._reader
        now = self._site.clock()
        if reader is None:
            reader = self._reader = RequestReader()
        self._unclaimed += len(data)
        if reader.closed:
            return
        was_idle, self._idle = self._idle, False
        for received in reader.feed(data):
            self._jobs.append(self._job(received, now))
        if reader.refusal:
            turn = self._site.refuse(reader.refusal)
            self._jobs.append(_Job(turn, head_of(turn.answer, keep_alive=False), has_body=True))
        if was_idle and len(self._jobs) == 1 and not (reader.in_message or reader.closed):
            self._learn(data, self._jobs[0])
        self._advance()

    def _job(self, received: Received, now: int) -> _Job:
        turn = self._site.turn(received.method, received.target, received.body_length, now)
        if turn.counted:
            self._stats.bytes_in += self._unclaimed
        self._unclaimed = 0
        head = head_of(
            turn.answer, keep_alive=received.keep_alive, old_client=received.old_client, json=not turn.counted
        )
        return _Job(turn, head, received.method != b"HEAD")

    def _learn(self, data: bytes, job: _Job) -> None:
        answer = job.turn.answer
        if job.turn.repeatable and answer.length <= _MAX_JOINED and len(data) <= _MAX_LEARNED:
            self._site.update_pattern(data, job.head + (body_of(answer) if job.has_body else b""), answer.status)

    def _throttle(self) -> None:
        """Read on as long as the client reads too, and not too many of its requests wait."""
        wanted = not self._paused and len(self._jobs) < _MAX_WAITING
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    # Writing.

    def _advance(self) -> None:
        """Answer in order, until a reply has to wait for its time or for the client to read."""
        while self._jobs and not (self._busy or self._paused):
            self._begin(self._jobs.popleft())
        if not (self._jobs or self._busy):
            self._rest()
        self._flush()
        self._throttle()

    def _rest(self) -> None:
        """All that was asked is answered: wait for more, or end."""
        reader = self._reader
        if reader is None:
            return
        if reader.awaits_continue:
            reader.awaits_continue = False
            self._put(CONTINUE)
        self._idle = not (reader.in_message or reader.closed)
        if reader.closed:
            self._flush()
            self._end(still_sending=reader.in_message)

    def _end(self, *, still_sending: bool) -> None:
        """Close; but a client that still sends must be able to read its reply, which a reset would take away."""
        if self._ended:
            return
        self._ended = True
        if still_sending and self._transport.can_write_eof():
            self._transport.write_eof()
            self._site.timers.at(self._site.clock() + _LINGER_NS, self._transport.abort)
        else:
            self._transport.close()

    def _begin(self, job: _Job) -> None:
        due_ns = job.turn.due_ns
        if due_ns and due_ns > self._site.clock():
            self._busy = True
            self._site.timers.at(due_ns, lambda: self._depart(job))
        else:
            self._write(job)

    def _depart(self, job: _Job) -> None:
        self._busy = False
        if not self._ended:
            self._write(job)
            self._advance()

    def _write(self, job: _Job) -> None:
        turn, answer = job.turn, job.turn.answer
        self._site.departs(turn)
        self._put(job.head, turn.counted)
        if not job.has_body or not answer.length:
            return
        if answer.drip_ns is not None:
            self._drip(answer.length, answer.drip_ns)
        elif answer.length > _MAX_JOINED:
            self._stream_left = answer.length
            self._stream()
        else:
            self._put(body_of(answer), turn.counted)

    def _stream(self) -> None:
        """Write filler until the client has to read some of it."""
        if not self._stream_left:
            return
        self._flush()
        while self._stream_left and not self._paused:
            piece = FILLER[: self._stream_left]
            self._stream_left -= len(piece)
            self._put(piece)
            self._flush()
        self._busy = self._stream_left > 0

    def _drip(self, left: int, gap_ns: int) -> None:
        """Write one byte, unless the client does not read, and come again for the rest."""
        if not self._paused:
            self._put(FILLER[:1])
            left -= 1
        self._busy = left > 0
        if self._busy:
            self._flush()
            self._site.timers.at(self._site.clock() + gap_ns, lambda: self._drip_on(left, gap_ns))

    def _drip_on(self, left: int, gap_ns: int) -> None:
        if self._ended:
            return
        self._drip(left, gap_ns)
        if not self._busy:
            self._advance()

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
