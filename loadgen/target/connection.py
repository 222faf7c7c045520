"""One connection of the demo server: requests are answered in the order in which they came."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import cast

from loadgen.base.clock import NS_PER_S
from loadgen.base.dataclass import dataclass
from loadgen.target.answers import CONTINUE, FILLER, body_of, head_of
from loadgen.target.reader import Received, RequestReader
from loadgen.target.site import Site, TimedAnswer

_MAX_JOINED = 16384  # a body up to here is written in one piece with its head
_LONGEST_REMEMBERED = 4096
_FLUSH_BYTES = 65536
_MAX_WAITING = 256
_LINGER_NS = 2 * NS_PER_S


@dataclass(frozen=True, slots=True)
class _Pending:
    """A reply to come: its answer, its head, and whether its body follows."""

    timed: TimedAnswer
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
        self._remembered = site.remembered
        self._reader: RequestReader | None = None
        self._idle = True  # nothing is half read, nothing half written
        self._unclaimed = 0  # bytes read that no request has been charged with yet
        self._pending: deque[_Pending] = deque()
        self._busy = False  # the reply that is next waits or streams
        self._stream_left = 0
        self._out: list[bytes | memoryview] = []
        self._out_bytes = 0
        self._paused = False
        self._reading = True
        self._ended = False

    # Called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._site.connected(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing can be read or written any more; a reply that still waits is dropped when its time comes."""
        self._stats.bytes_in += self._unclaimed
        self._pending.clear()
        self._reader = None
        self._ended = True
        self._site.disconnected(self._transport)

    def data_received(self, data: bytes) -> None:
        """Answer a request that is known by heart, or parse."""
        if self._idle:
            remembered = self._remembered.get(data)
            if remembered is not None:
                reply, status = remembered
                self._transport.write(reply)
                stats = self._stats
                stats.requests += 1
                stats.by_status[status] += 1
                stats.bytes_in += len(data)
                stats.bytes_out += len(reply)
                return
        self._read(data)

    def pause_writing(self) -> None:
        self._paused = True
        self._throttle()

    def resume_writing(self) -> None:
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
            self._pending.append(self._pending_of(received, now))
        if reader.refusal:
            timed = self._site.refuse(reader.refusal)
            self._pending.append(_Pending(timed, head_of(timed.answer, keep_alive=False), has_body=True))
        if was_idle and len(self._pending) == 1 and not (reader.in_message or reader.closed):
            self._remember(data, self._pending[0])
        self._advance()

    def _pending_of(self, received: Received, now: int) -> _Pending:
        timed = self._site.answer(received, now)
        if timed.counted:
            self._stats.bytes_in += self._unclaimed
        self._unclaimed = 0
        head = head_of(timed.answer, keep_alive=received.keep_alive, old_client=received.old_client)
        return _Pending(timed, head, received.method != b"HEAD")

    def _remember(self, data: bytes, pending: _Pending) -> None:
        answer = pending.timed.answer
        if pending.timed.repeatable and answer.length <= _MAX_JOINED and len(data) <= _LONGEST_REMEMBERED:
            self._site.remember(data, pending.head + (body_of(answer) if pending.has_body else b""), answer.status)

    def _throttle(self) -> None:
        """Read on as long as the client reads too, and not too many of its requests wait."""
        wanted = not self._paused and len(self._pending) < _MAX_WAITING
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    # Writing.

    def _advance(self) -> None:
        """Answer in order, until a reply has to wait for its time or for the client to read."""
        while self._pending and not (self._busy or self._paused):
            self._begin(self._pending.popleft())
        if not (self._pending or self._busy):
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

    def _begin(self, pending: _Pending) -> None:
        due_ns = pending.timed.due_ns
        if due_ns and due_ns > self._site.clock():
            self._busy = True
            self._site.timers.at(due_ns, lambda: self._depart(pending))
        else:
            self._write(pending)

    def _depart(self, pending: _Pending) -> None:
        self._busy = False
        if not self._ended:
            self._write(pending)
            self._advance()

    def _write(self, pending: _Pending) -> None:
        timed, answer = pending.timed, pending.timed.answer
        self._site.departs(timed)
        self._put(pending.head, timed.counted)
        if not pending.has_body or not answer.length:
            return
        if answer.drip_ns is not None:
            self._drip(answer.parts or (FILLER[:1],) * answer.length, answer.drip_ns)
        elif answer.length > _MAX_JOINED:
            self._stream_left = answer.length
            self._stream()
        else:
            self._put(body_of(answer), timed.counted)

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

    def _drip(self, parts: Sequence[bytes | memoryview], gap_ns: int, at: int = 0) -> None:
        """Write one part, unless the client does not read, and come again for the rest."""
        if not self._paused:
            self._put(parts[at])
            at += 1
        self._busy = at < len(parts)
        if self._busy:
            self._flush()
            self._site.timers.at(self._site.clock() + gap_ns, lambda: self._drip_on(parts, gap_ns, at))

    def _drip_on(self, parts: Sequence[bytes | memoryview], gap_ns: int, at: int) -> None:
        if self._ended:
            return
        self._drip(parts, gap_ns, at)
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
