"""One HTTP/2 connection: many replies that are alike, and the requests that follow them, at once. No sockets here."""

from loadgen.base.exchange import Request
from loadgen.clients.http2.control import Control, Owner
from loadgen.clients.http2.frames import HEAD_BYTES, MOST_STREAM_ID, MOST_WINDOW, window_update
from loadgen.clients.http2.header_decoder import Head, HeaderDecoder
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.row_shapes import LEAST_IN_A_ROW, MOST_IN_A_ROW, ReplyShape, RequestRow, Shapes
from loadgen.clients.http2.sending import Row
from loadgen.clients.http2.stream import Http2Stream

MOST_UNPAID = MOST_WINDOW // 2

MOST_REFUSALS = 3
"""One after the other, by the owner: then no more rows are tried on this connection."""


class Rows(Control):
    """What would be read frame by frame with the same result: nothing is taken here that the owner does not want so."""

    def __init__(
        self,
        fields: Fields,
        owner: Owner,
        most: int,
        bytes_sent: list[int] | dict[int, int],
        heads: dict[bytes, Head] | None = None,
        shapes: Shapes | None = None,
    ) -> None:
        super().__init__(fields, owner, most, bytes_sent)
        self.replies = 0
        self._decoder = HeaderDecoder(shared=heads)
        self._rest = b""
        self._begun: tuple[int, int, bytes] | None = None  # stream, flags and bytes of a header block in pieces
        self._unpaid = 0  # bytes of DATA that were not given back to the server's window yet
        self._shapes = shapes
        self._shape: ReplyShape | None = None
        self._last: tuple[Head, int] | None = None  # with how many bytes of body the last batch ended
        self._refusals = 0

    def _learn(self, head: Head, size: int) -> None:
        """What came at once has ended with this reply: the second time that it does so, it makes a shape."""
        if self._last is None or self._last[0] is not head or self._last[1] != size:
            self._last = head, size
        else:
            self._make_shape(head, size)

    def _make_shape(self, head: Head, size: int) -> None:
        """More replies like this one are to be expected."""
        shape, shapes = self._shape, self._shapes
        if shapes is not None and (shape is None or shape.block is not head.block or shape.size != size):
            self._shape = shapes.of_reply(head.block, size) if head.length in (None, size) else None

    def _latest_shape(self) -> ReplyShape | None:
        """What another connection has learnt may hold here, as after a new Date."""
        shapes = self._shapes
        if shapes is not None and shapes.latest is not None:
            self._shape = shapes.latest
        return self._shape

    def _pay_back(self) -> None:
        """Let the server send as much again as has come."""
        self.out += window_update(0, self._unpaid)
        self._unpaid = 0

    def _take_rows(self, shape: ReplyShape, data: bytes, at: int, now: int) -> int:
        """Replies of this shape from there on: where something else begins."""
        head = self._decoder.known.get(shape.block)
        found = shape.match(data, at)
        if head is None or found is None or found.end() - at < LEAST_IN_A_ROW * min(shape.head_bytes, shape.body_bytes):
            return at
        wholes_end, heads_end, end = found.end(1), found.end(3), found.end()
        if wholes_end > at:
            numbers = shape.numbers(shape.bytes, data, at, wholes_end)
            if not self._end_row(shape, head, numbers, now, begun=False):
                return at
        if heads_end > wholes_end:
            numbers = shape.numbers(shape.head_bytes, data, wholes_end, heads_end)
            bodies = shape.numbers(shape.body_bytes, data, heads_end, end) if end > heads_end else ()
            if numbers == bodies:
                return end if self._end_row(shape, head, numbers, now, begun=False) else wholes_end
            if not self._begin_row(head, numbers, now):
                return wholes_end
        if end > heads_end:
            numbers = shape.numbers(shape.body_bytes, data, heads_end, end)
            return end if self._end_row(shape, head, numbers, now, begun=True) else heads_end
        return end

    def _streams_of(self, numbers: tuple[int, ...]) -> list[Http2Stream] | None:
        """None where one has no request under way, or is named twice."""
        streams = list(map(self.streams.get, numbers))
        if None in streams or len(set(numbers)) != len(numbers):
            return None
        return streams  # type: ignore[return-value]

    def _begin_row(self, head: Head, numbers: tuple[int, ...], now: int) -> bool:
        streams = self._streams_of(numbers)
        if streams is None or any(stream.head is not None for stream in streams):
            return False
        size = HEAD_BYTES + head.wire
        for stream in streams:
            stream.head, stream.first_byte_ns = head, now
            stream.wire += size
        if head.inserts:
            self._decoder.insert_again(head, len(numbers))
        return True

    def _end_row(self, shape: ReplyShape, head: Head, numbers: tuple[int, ...], now: int, *, begun: bool) -> bool:
        """Replies are whole, those that had `begun` or altogether. False, and nothing done, where they are to be told
        one by one."""
        streams, count = self._streams_of(numbers), len(numbers)
        if streams is None or not self.going or len(self.streams) > self.limit:
            return False
        had, wire = (head, shape.head_bytes) if begun else (None, 0)
        request = streams[0].request
        for stream in streams:
            if stream.head is not had or stream.wire != wire or stream.request is not request:
                return False
        row = None if request is None else self._row_of(request, count)
        took_ns = [now - stream.sent_ns for stream in streams]
        if row is None or not self._owner.alike(streams, took_ns, head, shape.size, shape.bytes):
            self._refusals += 1
            return False
        if begun:
            for stream in streams:
                stream.head, stream.wire = None, 0
        elif head.inserts:
            self._decoder.insert_again(head, count)
        if count == len(self.streams):
            self.streams.clear()
        else:
            for number in numbers:
                del self.streams[number]
        self._go_on(streams, row, shape, now)
        return True

    def _take_again(self, under_way: Row, shape: ReplyShape, data: bytes, now: int) -> bool:
        """The replies to all that is under way, and nothing else. Nothing else has come since it was sent either."""
        streams, end = under_way.streams, len(data)
        count, head = len(streams), self._decoder.known.get(shape.block)
        found = shape.match(data, 0) if head is not None and end == count * shape.bytes else None
        if head is None or found is None or found.end() != end:
            return False
        wholes_end, heads_end = found.end(1), found.end(3)
        if wholes_end == end:
            is_all = shape.numbers(shape.bytes, data, 0, end) == under_way.numbers
        else:
            heads = shape.numbers(shape.head_bytes, data, wholes_end, heads_end)
            is_all = heads == under_way.numbers == shape.numbers(shape.body_bytes, data, heads_end, end)
        request = streams[0].request
        row = self._row_of(request, count) if is_all and request is not None else None
        if row is None:
            return False
        took_ns = [now - under_way.sent_ns] * count
        if not self._owner.alike(streams, took_ns, head, shape.size, shape.bytes):
            self._refusals += 1
            return False
        if head.inserts:
            self._decoder.insert_again(head, count)
        self._go_on(streams, row, shape, now)
        return True

    def _go_on(self, streams: list[Http2Stream], row: RequestRow, shape: ReplyShape, now: int) -> None:
        """The replies have ended: each stream's request once more. The streams are as their last one found them."""
        count, first = len(streams), self.next_id
        self._refusals = self._control = 0
        self.replies += count
        self._unpaid += count * shape.size
        self.next_id = first + 2 * count
        self._row = Row(streams, tuple(range(first, self.next_id, 2)), now)
        if self._by_number or count > MOST_IN_A_ROW:
            self._enter_row()
        wire = row.wire(first, count)
        self.out += wire
        request = streams[0].request
        assert request is not None
        self._bytes_sent[request.name_id] += len(wire)

    def _row_of(self, request: Request, count: int) -> RequestRow | None:
        """The same request many times more, where that is nothing but its header block."""
        block = self._encoder.known(request)
        if block is None or self._shapes is None or request.body or request.sink is not None:
            return None
        if len(block) > self._frame_bytes or self.next_id + 2 * count >= MOST_STREAM_ID:
            return None
        return self._shapes.of_request(block)
