"""One HTTP/2 connection: what the server sends, frame by frame. No sockets here."""

import struct
from typing import Protocol

from loadgen.base.exchange import ErrorClass
from loadgen.clients.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES,
    GOAWAY,
    HEAD_BYTES,
    HEADERS,
    MOST_WINDOW,
    PADDED,
    PING,
    PRIORITIZED,
    PUSH_PROMISE,
    READ_HEAD,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    BrokenProtocolError,
    Code,
    Setting,
    frame,
    name_of_code,
    reset,
    window_update,
)  # fmt: skip
from loadgen.clients.http2.header_decoder import BLOCK_BYTES, HeaderDecoder
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.sending import MOST_OUT, Sending
from loadgen.clients.http2.stream import Http2Stream

READ_BYTES = 65536
"""The most that is asked of a socket at once: more would be mapped and unmapped each time."""

MOST_TRIES = 3
"""Connections that may say of one request that they have not looked at it; a server that never takes it has refused."""

NOT_HTTP2 = "the server does not speak HTTP/2 here: --http 1.1"

MOST_CONTROL = 1000
"""Frames that say nothing of a reply, between two replies: a server needs a handful, a flood is endless."""

MOST_DEBUG = 200
"""Of what a server says of a GOAWAY."""

BODILESS = (204, 304)


class Owner(Protocol):
    """Told what comes of each stream's request, exactly once. It may start others from inside the call."""

    def replied(self, stream: Http2Stream) -> None:
        """The reply is whole: `head`, `received`, `kept` and `wire` of the stream say what it is."""

    def failed(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        """There will be none."""

    def unseen(self, stream: Http2Stream) -> None:
        """The server says that it has not looked at the request: it may be sent on another connection."""

    def ready(self) -> None:
        """The server's limits are known: requests may be started."""


class Session(Sending):
    """One connection, from the preface to its end: what the server says is told to the `owner` of its streams."""

    def __init__(self, fields: Fields, owner: Owner, most: int, bytes_sent: list[int] | dict[int, int]) -> None:
        super().__init__(fields, most, bytes_sent)
        self.replies = 0
        self.refused = ""  # why it takes no new ones, where it was an error
        self._owner = owner
        self._decoder = HeaderDecoder()
        self._rest = b""
        self._begun: tuple[int, int, bytes] | None = None  # stream, flags and bytes of a header block in pieces
        self._control = 0
        self._unpaid = 0  # bytes of DATA that were not given back to the server's window yet

    def take(self, data: bytes, now: int) -> None:
        """The next bytes that came; raises BrokenProtocolError, and then the connection is at its end.

        Whatever they complete is told to the owner before it returns.
        """
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= HEAD_BYTES:
            high, low, kind, flags, number = READ_HEAD(data, at)
            size, start = high << 8 | low, at + HEAD_BYTES
            at = start + size
            if at > end or size > FRAME_BYTES:
                at = start - HEAD_BYTES
                if size > FRAME_BYTES:
                    raise self._too_long(data, at)
                break
            if not self.ready and kind != SETTINGS:
                raise BrokenProtocolError("the server does not begin with SETTINGS")
            if self._begun is not None and kind != CONTINUATION:
                raise BrokenProtocolError("another frame stands within a header block")
            if kind == DATA:
                self._on_data(number & MOST_WINDOW, flags, data, start, at)
            elif kind == HEADERS:
                self._on_headers(number & MOST_WINDOW, flags, data[start:at], now)
            else:
                self._on_other(kind, flags, number & MOST_WINDOW, data[start:at], now)
        self._rest = data[at:] if at < end else b""
        if self._unpaid > MOST_WINDOW // 2:
            self.out += window_update(0, self._unpaid)
            self._unpaid = 0

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

    def _check_known(self, number: int) -> None:
        """A frame of a stream that has ended is late; one that was never begun is not allowed."""
        if number >= self._next_id or not number & 1:
            raise BrokenProtocolError(f"a frame on stream {number}, which was never opened")
        self._count_control()

    def _count_control(self) -> None:
        self._control += 1
        if self._control > MOST_CONTROL:
            raise BrokenProtocolError("a flood of frames without replies", Code.ENHANCE_YOUR_CALM)

    def _end(self, stream: Http2Stream) -> None:
        """The reply has ended; a request that is not out in whole is not wanted any more."""
        del self.streams[stream.id]
        if stream.id in self._blocked:
            del self._blocked[stream.id]
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
            said = f"content-length says {head.length} bytes, {stream.received} came"
            self._owner.failed(stream, ErrorClass.MALFORMED_REPLY, said)
        else:
            self._owner.replied(stream)

    def _on_other(self, kind: int, flags: int, number: int, payload: bytes, now: int) -> None:
        if kind == CONTINUATION:
            self._on_continuation(number, flags, payload, now)
        elif kind == SETTINGS:
            self._on_settings(number, flags, payload)
        elif kind == PING:
            if len(payload) != 8 or number:
                raise BrokenProtocolError("a PING that is none", Code.FRAME_SIZE_ERROR)
            self._count_control()
            if not flags & ACK:
                self.out += frame(PING, ACK, 0, payload)
        elif kind == WINDOW_UPDATE:
            self._on_window_update(number, payload)
        elif kind == RST_STREAM:
            self._on_reset(number, payload)
        elif kind == GOAWAY:
            self._on_goaway(number, payload)
        elif kind == PUSH_PROMISE:
            raise BrokenProtocolError("PUSH_PROMISE, though push is switched off")
        else:  # PRIORITY, and what later standards add
            self._count_control()

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

    def _on_settings(self, number: int, flags: int, payload: bytes) -> None:
        if number or len(payload) % 6 or (flags & ACK and payload):
            raise BrokenProtocolError("SETTINGS that are none", Code.FRAME_SIZE_ERROR)
        self._count_control()
        if flags & ACK:
            if not self.ready:
                raise BrokenProtocolError("the server does not begin with SETTINGS")
            return
        for name, value in struct.iter_unpack(">HI", payload):
            if name == Setting.HEADER_TABLE_SIZE:
                self._encoder.limit(value)
            elif name == Setting.MAX_CONCURRENT_STREAMS:
                self._limit = min(self._most, value)
            elif name == Setting.INITIAL_WINDOW_SIZE:
                if value > MOST_WINDOW:
                    raise BrokenProtocolError("a window above 2^31 - 1", Code.FLOW_CONTROL_ERROR)
                for stream in self._blocked.values():
                    stream.window += value - self._first_window
                self._first_window = value
            elif name == Setting.MAX_FRAME_SIZE:
                if not FRAME_BYTES <= value < 1 << 24:
                    raise BrokenProtocolError(f"a frame size of {value}")
                self._frame_bytes = min(value, MOST_OUT)
        self.out += frame(SETTINGS, ACK, 0)
        if not self.ready:
            self.ready = True
            self._owner.ready()

    def _on_window_update(self, number: int, payload: bytes) -> None:
        step = int.from_bytes(payload, "big") & MOST_WINDOW
        if len(payload) != 4:
            raise BrokenProtocolError("a WINDOW_UPDATE that is none", Code.FRAME_SIZE_ERROR)
        self._count_control()
        stream = self._blocked.get(number)
        if not step and number:
            if stream is not None:
                self._fail(stream, ErrorClass.MALFORMED_REPLY, "WINDOW_UPDATE by nothing")
            return
        if not step:
            raise BrokenProtocolError("WINDOW_UPDATE by nothing")
        if not number:
            self._window += step
            if self._window > MOST_WINDOW:
                raise BrokenProtocolError("a window above 2^31 - 1", Code.FLOW_CONTROL_ERROR)
        elif stream is not None:
            stream.window += step
            if stream.window > MOST_WINDOW:
                self._fail(stream, ErrorClass.MALFORMED_REPLY, "a window above 2^31 - 1")

    def _fail(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        self.give_up(stream)
        self._owner.failed(stream, error, detail)

    def _on_reset(self, number: int, payload: bytes) -> None:
        if len(payload) != 4:
            raise BrokenProtocolError("an RST_STREAM that is none", Code.FRAME_SIZE_ERROR)
        stream = self.streams.get(number)
        if stream is None:
            self._check_known(number)
            return
        code = int.from_bytes(payload, "big")
        self._forget(stream)
        self._control = 0
        if code == Code.REFUSED_STREAM:
            self._owner.failed(stream, ErrorClass.REFUSED_STREAM, "")
        else:
            self._owner.failed(stream, ErrorClass.STREAM_RESET, name_of_code(code))

    def _on_goaway(self, number: int, payload: bytes) -> None:
        if len(payload) < 8 or number:
            raise BrokenProtocolError("a GOAWAY that is none", Code.FRAME_SIZE_ERROR)
        last, code = int.from_bytes(payload[:4], "big") & MOST_WINDOW, int.from_bytes(payload[4:8], "big")
        self._count_control()
        self.going = False
        if code:
            debug = payload[8 : 8 + MOST_DEBUG].decode("utf-8", "replace")
            self.refused = f"GOAWAY {name_of_code(code)}" + (f": {debug}" if debug else "")
        for stream in [stream for number, stream in self.streams.items() if number > last]:
            if stream.session is not self:
                continue
            self._forget(stream)
            if code:
                self._owner.failed(stream, ErrorClass.REFUSED_STREAM, self.refused)
            else:
                self._owner.unseen(stream)


def _unpadded(payload: bytes, flags: int) -> bytes:
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise BrokenProtocolError("more padding than frame")
    return payload[1 : len(payload) - payload[0]]
