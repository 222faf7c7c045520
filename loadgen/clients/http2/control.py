"""One HTTP/2 connection: what the server says of it beside replies. No sockets here."""

import struct
from typing import Protocol

from loadgen.base.error_class import ErrorClass
from loadgen.clients.http2.frames import (
    ACK,
    FRAME_BYTES,
    GOAWAY,
    MOST_WINDOW,
    PING,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    BrokenProtocolError,
    Code,
    Setting,
    frame,
    name_of_code,
)  # fmt: skip
from loadgen.clients.http2.header_decoder import Head
from loadgen.clients.http2.header_encoder import Fields
from loadgen.clients.http2.sending import MOST_OUT, Sending
from loadgen.clients.http2.stream import Http2Stream

MOST_CONTROL = 1000
"""Frames that say nothing of a reply, between two replies: a server needs a handful, a flood is endless."""

MOST_DEBUG = 200
"""Of what a server says of a GOAWAY."""


class Owner(Protocol):
    """Told what comes of each stream's request, exactly once. It may start others from inside the call."""

    def replied(self, stream: Http2Stream) -> None:
        """The reply is whole: `head`, `received`, `kept` and `wire` of the stream say what it is."""

    def alike(self, streams: list[Http2Stream], took_ns: list[int], head: Head, length: int, wire: int) -> bool:
        """Such replies to the same request are whole on all of these streams, after so long each: whether that is taken
        note of, and the same request is to be sent again on each. False: nothing is done, each is to be told by itself.
        """
        ...

    def failed(self, stream: Http2Stream, error: ErrorClass, detail: str) -> None:
        """There will be none."""

    def unseen(self, stream: Http2Stream) -> None:
        """The server says that it has not looked at the request: it may be sent on another connection."""

    def ready(self) -> None:
        """The server's limits are known: requests may be started."""


class Control(Sending):
    """What the server says of the connection: its limits, windows and ends. What comes of streams is told to the
    `owner`; `refused` says why it takes no new ones, where that was an error.
    """

    def __init__(self, fields: Fields, owner: Owner, most: int, bytes_sent: list[int] | dict[int, int]) -> None:
        super().__init__(fields, most, bytes_sent)
        self.refused = ""
        self._owner = owner
        self._control = 0

    def _check_known(self, number: int) -> None:
        """A frame of a stream that has ended is late; one that was never begun is not allowed."""
        if number >= self.next_id or not number & 1:
            raise BrokenProtocolError(f"a frame on stream {number}, which was never opened")
        self._count_control()

    def _count_control(self) -> None:
        self._control += 1
        if self._control > MOST_CONTROL:
            raise BrokenProtocolError("a flood of frames without replies", Code.ENHANCE_YOUR_CALM)

    def _on_other(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if kind == SETTINGS:
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
                self.limit = min(self._most, value)
            elif name == Setting.INITIAL_WINDOW_SIZE:
                if value > MOST_WINDOW:
                    raise BrokenProtocolError("a window above 2^31 - 1", Code.FLOW_CONTROL_ERROR)
                for stream in self.blocked.values():
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
        stream = self.blocked.get(number)
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
