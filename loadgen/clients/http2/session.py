"""One HTTP/2 connection: what the server sends, frame by frame. No sockets here."""

from loadgen.base.error_class import ErrorClass
from loadgen.base.units import counted
from loadgen.clients.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES,
    HEAD_BYTES,
    HEADERS,
    MOST_WINDOW,
    PADDED,
    PRIORITIZED,
    READ_HEAD,
    SETTINGS,
    BrokenProtocolError,
    Code,
    reset,
)  # fmt: skip
from loadgen.clients.http2.header_decoder import BLOCK_BYTES, Head
from loadgen.clients.http2.row_shapes import ENOUGH_IN_A_ROW, LEAST_IN_A_ROW
from loadgen.clients.http2.rows import MOST_REFUSALS, MOST_UNPAID, Rows
from loadgen.clients.http2.stream import Http2Stream

READ_BYTES = 65536
"""The most that is asked of a socket at once: more would be mapped and unmapped each time."""

MOST_TRIES = 3
"""Connections that may say of one request that they have not looked at it; a server that never takes it has refused."""

NOT_HTTP2 = "the server does not speak HTTP/2 here: --http 1.1"

BODILESS = (204, 304)


class Session(Rows):
    """One connection, from the preface to its end: the replies on it are told to the `owner` of their streams.

    `heads` are header blocks that are known from other connections to the same server, `shapes` of what came in rows.
    """

    def take_one(self, data: bytes, now: int) -> bool:
        """Take what came where it is one reply like those before, or the head or the body of one, and nothing else.
        False, and nothing done: it is for `take`."""
        shape = self._shape
        if shape is None or self._rest or self._begun is not None:
            return False
        size, number = len(data), data[5:9]
        begins = shape.begins.get(size)
        if begins is None or not data.startswith(number.join(begins)):
            return False
        stream, head = self.streams.get(int.from_bytes(number, "big")), self._decoder.known.get(shape.block)
        request = None if stream is None else stream.request
        if stream is None or head is None or request is None or request.sink is not None:
            return False
        if size != shape.body_bytes:
            if stream.head is not None or stream.wire:
                return False
            stream.head, stream.first_byte_ns, stream.wire = head, now, shape.head_bytes
            if head.inserts:
                self._decoder.insert_again(head)
            if size == shape.head_bytes:
                return True
        elif stream.head is not head or stream.wire != shape.head_bytes:
            return False
        stream.received, stream.wire = shape.size, shape.bytes
        if request.keep:
            stream.kept = data[size - shape.size :][: request.keep]
        self._unpaid += shape.size
        if self._unpaid > MOST_UNPAID:
            self._pay_back()
        self._end(stream)
        return True

    def take(self, data: bytes, now: int) -> None:
        """The next bytes that came; raises BrokenProtocolError, and then the connection is at its end.

        Whatever they complete is told to the owner before it returns.
        """
        refusals, row = self._refusals, self._row
        shape = self._shape if refusals < MOST_REFUSALS else None
        if row is not None and shape is not None:
            if self._take_again(row, shape, data, now):
                if self._unpaid > MOST_UNPAID:
                    self._pay_back()
                return
            shape = shape if self._refusals <= refusals else None
        if self._rest:
            data = self._rest + data
        at, end, streams, decoder = 0, len(data), self.streams, self._decoder
        like: Head | None = None
        body = in_a_row = pause = wait = 0
        while end - at >= HEAD_BYTES:
            if wait:
                wait -= 1
            elif shape is not None and end - at >= LEAST_IN_A_ROW * shape.bytes and self._begun is None:
                after = self._take_rows(shape, data, at, now)
                if after > at:
                    at, pause = after, 0
                    continue
                shape = self._latest_shape() if self._refusals <= refusals else None
                wait = pause = 2 * pause + 1  # a few odd ones may stand before a row
            high, low, kind, flags, number = READ_HEAD(data, at)
            size, start = high << 8 | low, at + HEAD_BYTES
            at = start + size
            if at > end or size > FRAME_BYTES:
                at = start - HEAD_BYTES
                if size > FRAME_BYTES:
                    raise self._too_long(data, at)
                break
            stream = streams.get(number)
            if stream is not None and self._begun is None:  # the frames of most replies, in place
                if kind == HEADERS and flags == END_HEADERS and stream.head is None:
                    head = decoder.known.get(data[start:at])
                    if head is not None and head.status >= 200:
                        if head.inserts:
                            decoder.insert_again(head)
                        stream.head, stream.first_byte_ns = head, now
                        stream.wire += HEAD_BYTES + size
                        continue
                elif kind == DATA and flags == END_STREAM and stream.head is not None:
                    request = stream.request
                    if request is not None and request.sink is None:
                        self._unpaid += size
                        stream.received += size
                        stream.wire += HEAD_BYTES + size
                        wanted = request.keep - len(stream.kept)
                        if wanted > 0:
                            stream.kept += data[start : min(at, start + wanted)]
                        in_a_row = in_a_row + 1 if stream.head is like and size == body else 1
                        like, body = stream.head, size
                        self._end(stream)
                        if in_a_row == ENOUGH_IN_A_ROW and self._refusals <= refusals < MOST_REFUSALS:
                            self._make_shape(like, body)
                            shape, pause, wait = self._shape, 0, 0
                        continue
            if not self.ready and kind != SETTINGS:
                raise BrokenProtocolError("the server does not begin with SETTINGS")
            if self._begun is not None and kind != CONTINUATION:
                raise BrokenProtocolError("another frame stands within a header block")
            if kind == DATA:
                self._on_data(number & MOST_WINDOW, flags, data, start, at)
            elif kind == HEADERS:
                self._on_headers(number & MOST_WINDOW, flags, data[start:at], now)
            elif kind == CONTINUATION:
                self._on_continuation(number & MOST_WINDOW, flags, data[start:at], now)
            else:
                self._on_other(kind, flags, number & MOST_WINDOW, data[start:at])
        self._rest = data[at:] if at < end else b""
        if like is not None:
            self._learn(like, body)
        if self._unpaid > MOST_UNPAID:
            self._pay_back()

    def _too_long(self, data: bytes, at: int) -> BrokenProtocolError:
        if not self.ready and data.startswith(b"HTTP/"):
            return BrokenProtocolError(NOT_HTTP2)
        size = int.from_bytes(data[at : at + 3], "big")
        return BrokenProtocolError(f"a frame of {size:,} bytes", Code.FRAME_SIZE_ERROR)

    def _on_headers(self, number: int, flags: int, payload: bytes, now: int) -> None:
        if flags & (PADDED | PRIORITIZED):
            payload = _unpadded(payload, flags)[5 if flags & PRIORITIZED else 0 :]
        if not flags & END_HEADERS:
            self._begun = number, flags, payload
            return
        self._on_block(number, flags, payload, now)

    def _on_block(self, number: int, flags: int, block: bytes, now: int) -> None:
        decoder = self._decoder
        head = decoder.known.get(block)
        if head is None:
            head = decoder.decode(block)
        elif head.inserts:
            decoder.insert_again(head)
        stream = self.streams.get(number)
        if stream is None:
            self._check_known(number)
            return
        stream.wire += HEAD_BYTES + len(block)
        if stream.head is None:
            if head.status < 200:
                if not head.status or flags & END_STREAM:
                    raise BrokenProtocolError("a reply without a status")
                self._count_control()
                return
            stream.head = head
            stream.first_byte_ns = now
        elif head.status or not flags & END_STREAM:
            raise BrokenProtocolError("a second head within a reply")
        else:
            stream.trailers = head
        if flags & END_STREAM:
            self._end(stream)

    def _on_data(self, number: int, flags: int, data: bytes, start: int, end: int) -> None:
        size = end - start
        self._unpaid += size
        if flags & PADDED:
            data = _unpadded(data[start:end], flags)
            start, end = 0, len(data)
        stream = self.streams.get(number)
        if stream is None:
            self._check_known(number)
            return
        if stream.head is None:
            raise BrokenProtocolError("DATA before the head of a reply")
        stream.received += end - start
        stream.wire += HEAD_BYTES + size
        request = stream.request
        if request is not None:
            if request.sink is not None and end > start:
                request.sink(data[start:end])
            wanted = request.keep - len(stream.kept)
            if wanted > 0:
                stream.kept += data[start : min(end, start + wanted)]
        if flags & END_STREAM:
            self._end(stream)
        elif end == start:
            self._count_control()
        elif request is not None and request.sink is not None and getattr(request.sink, "enough", False):
            self.give_up(stream)
            self.replies += 1
            self._owner.replied(stream)

    def _end(self, stream: Http2Stream) -> None:
        """The reply has ended; a request that is not out in whole is not wanted any more."""
        del self.streams[stream.id]
        if stream.id in self.blocked:
            del self.blocked[stream.id]
            self.out += reset(stream.id, Code.NO_ERROR)
        head, request = stream.head, stream.request
        assert head is not None
        self.replies += 1
        self._control = 0
        if (
            head.length is not None
            and head.length != stream.received
            and request is not None
            and not (request.method == "HEAD" or head.status in BODILESS)
        ):
            said = f"content-length says {counted(head.length, 'byte')}, {stream.received:,} came"
            self._owner.failed(stream, ErrorClass.MALFORMED_REPLY, said)
        else:
            self._owner.replied(stream)

    def _on_continuation(self, number: int, flags: int, payload: bytes, now: int) -> None:
        if self._begun is None or self._begun[0] != number:
            raise BrokenProtocolError("CONTINUATION of no header block")
        _, first_flags, block = self._begun
        self._count_control()
        block += payload
        if len(block) > BLOCK_BYTES:
            raise BrokenProtocolError("a header block is too long", Code.ENHANCE_YOUR_CALM)
        if flags & END_HEADERS:
            self._begun = None
            self._on_block(number, first_flags, block, now)
        else:
            self._begun = number, first_flags, block


def _unpadded(payload: bytes, flags: int) -> bytes:
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise BrokenProtocolError("more padding than frame")
    return payload[1 : len(payload) - payload[0]]
