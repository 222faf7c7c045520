"""The way out of one HTTP/2 connection: requests to frames, as far as windows allow. No sockets here."""

from loadgen.base.exchange import Request
from loadgen.clients.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FIRST_WINDOW,
    FRAME_BYTES,
    HEAD_BYTES,
    HEADERS,
    MOST_STREAM_ID,
    MOST_WINDOW,
    PREFACE,
    Code,
    Setting,
    frame,
    reset,
    settings,
    window_update,
)  # fmt: skip
from loadgen.clients.http2.header_encoder import Fields, HeaderEncoder
from loadgen.clients.http2.stream import Http2Stream

MOST_OUT = 262144
"""Bytes that wait for the socket; more of a body is made when they are gone."""

_EMPTY = memoryview(b"")
_FIRST = settings((Setting.ENABLE_PUSH, 0), (Setting.INITIAL_WINDOW_SIZE, MOST_WINDOW))
_FIRST += window_update(0, MOST_WINDOW - FIRST_WINDOW)


class Row:
    """Requests that were sent at once and are all that is under way: what their streams are to be told of it, which
    nobody needs to know before something else comes than all their replies."""

    __slots__ = ("numbers", "sent_ns", "streams")

    def __init__(self, streams: list[Http2Stream], numbers: tuple[int, ...], sent_ns: int) -> None:
        self.streams = streams
        self.numbers = numbers
        self.sent_ns = sent_ns


class Sending:
    """What is said to the server. `out` are the bytes to be sent; the owner of the socket takes them.

    `most` streams are used at once, or as many as the server allows: `limit`. `blocked` are those with more of a body
    to send than windows or the socket take, by number. `going` is False once the server has said that it takes no new
    ones. `bytes_sent` count by name id.
    """

    def __init__(self, fields: Fields, most: int, bytes_sent: list[int] | dict[int, int]) -> None:
        self.out = bytearray(PREFACE + _FIRST)
        self._by_number: dict[int, Http2Stream] = {}
        self._row: Row | None = None
        self.ready = False
        self.going = True
        self._bytes_sent = bytes_sent
        self._most = self.limit = most
        self._encoder = HeaderEncoder(fields)
        self.next_id = 1
        self._window = FIRST_WINDOW
        self._first_window = FIRST_WINDOW
        self._frame_bytes = FRAME_BYTES
        self._starts: dict[int, bytes] = {}
        self.blocked: dict[int, Http2Stream] = {}

    @property
    def streams(self) -> dict[int, Http2Stream]:
        """Those with a request under way, by number, the oldest first."""
        if self._row is not None:
            self._enter_row()
        return self._by_number

    def _enter_row(self) -> None:
        """Let the streams of a row be known one by one."""
        row, self._row = self._row, None
        if row is not None:
            for stream, number in zip(row.streams, row.numbers, strict=True):
                stream.id, stream.sent_ns, stream.tries = number, row.sent_ns, 0
            self._by_number.update(zip(row.numbers, row.streams, strict=True))

    @property
    def oldest(self) -> int:
        """The lowest number under way, or the next one."""
        return next(iter(self._by_number), self.next_id) if self._row is None else self._row.numbers[0]

    def is_under_way(self, stream: Http2Stream) -> bool:
        """Whether a stream has a request here."""
        return self.streams.get(stream.id) is stream

    @property
    def room(self) -> int:
        """How many more requests may be started now."""
        return self.limit - len(self.streams) if self.ready and self.going else 0

    def start(self, stream: Http2Stream, request: Request) -> None:
        """Send a stream's request under a new number, where there is room."""
        number = self.next_id
        self.next_id = number + 2
        if number >= MOST_STREAM_ID - 2:
            self.going = False
        stream.session, stream.id = self, number
        self.streams[number] = stream
        block = self._encoder.known(request) or self._encoder.block(request)
        body = request.body
        stream.head = stream.trailers = None
        stream.received, stream.wire, stream.kept = 0, 0, b""
        flags = END_HEADERS if body else END_HEADERS | END_STREAM
        if len(block) <= self._frame_bytes:
            start = self._starts.get(len(block) << 8 | flags) or self._start_of(len(block), flags)
            self.out += b"".join((start, number.to_bytes(4, "big"), block))
        else:
            self._start_in_pieces(number, flags, block)
        self._bytes_sent[request.name_id] += HEAD_BYTES + len(block)
        if not body:
            return
        stream.window = self._first_window
        if isinstance(body, bytes):
            stream.unsent, stream.pieces = memoryview(body), None
        else:
            stream.unsent, stream.pieces = _EMPTY, body.chunks()
        self._send_body(stream, request)

    def _start_of(self, size: int, flags: int) -> bytes:
        """What a frame of HEADERS begins with, before its stream."""
        start = self._starts[size << 8 | flags] = frame(HEADERS, flags, 0, bytes(size))[: HEAD_BYTES - 4]
        return start

    def _start_in_pieces(self, number: int, flags: int, block: bytes) -> None:
        size = self._frame_bytes
        self.out += frame(HEADERS, flags & ~END_HEADERS, number, block[:size])
        for at in range(size, len(block), size):
            last = at + size >= len(block)
            self.out += frame(CONTINUATION, END_HEADERS if last else 0, number, block[at : at + size])

    def _send_body(self, stream: Http2Stream, request: Request) -> None:
        """As much of a body as the windows and the socket take."""
        number, sent, out = stream.id, 0, self.out
        unsent, pieces = stream.unsent, stream.pieces
        while True:
            if not unsent and pieces is not None:
                piece = next(pieces, None)
                if piece is None:
                    pieces = None
                else:
                    unsent = memoryview(piece)
            size = min(len(unsent), self._frame_bytes, self._window, stream.window)
            last = pieces is None and size == len(unsent)
            if not last and (size <= 0 or len(out) > MOST_OUT):
                self.blocked[number] = stream
                break
            out += frame(DATA, END_STREAM if last else 0, number, bytes(unsent[:size]))
            unsent = unsent[size:]
            self._window -= size
            stream.window -= size
            sent += HEAD_BYTES + size
            if last:
                self.blocked.pop(number, None)
                break
        stream.unsent, stream.pieces = unsent, pieces
        self._bytes_sent[request.name_id] += sent

    def send_more(self) -> None:
        """Go on with bodies that waited for a window or for the socket."""
        for stream in list(self.blocked.values()):
            assert stream.request is not None
            self._send_body(stream, stream.request)

    def give_up(self, stream: Http2Stream) -> None:
        """Forget a stream's request, and tell the server so."""
        self._forget(stream)
        self.out += reset(stream.id, Code.CANCEL)

    def _forget(self, stream: Http2Stream) -> None:
        del self.streams[stream.id]
        self.blocked.pop(stream.id, None)
        stream.session = None
        stream.unsent, stream.pieces = _EMPTY, None
