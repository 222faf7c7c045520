"""One WebSocket of a user: what a scenario sends and receives, each round trip timed."""

import asyncio
import os
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.workloads.scenario.failures import JourneyEndedError
from loadgen.workloads.scenario.websocket.frames import (
    ABNORMAL,
    BINARY,
    CLOSE,
    NORMAL,
    PING,
    PONG,
    TEXT,
    BrokenFramesError,
    FrameReader,
    FrameWriter,
    Message,
    closing,
)
from loadgen.workloads.scenario.websocket.handshake import HEAD_END, MOST_HEAD_BYTES, Opening, RefusedError
from loadgen.workloads.scenario.websocket.waiting import Waiting

CLOSE_TIMEOUT_S = 1.0
"""A server that does not answer a CLOSE need not be waited for."""

Note = Callable[[str, ErrorClass | None, int, str], None]
"""Writes down a part of it: its name, its failure or None, how long it took in ns, what failed."""

Times = Callable[[str], Callable[[int], object]]
"""What writes down how long the good ones of a part took: as a Note does, for less."""


class WebSocket(Waiting, asyncio.Protocol):
    """`async with user.websocket("/chat") as socket`: open inside, closed at the end.

    The n-th message that is received answers the n-th that was sent: the time between is the round trip of `message`,
    which is written down; one that answers none is not timed. `subprotocol` is what the server chose, `closed` the
    code by which it was closed, or None.
    """

    __slots__ = (
        "_context", "_entered", "_fd", "_head", "_note", "_opening", "_origin", "_problem", "_reader", "_received",
        "_sent_ns", "_timeout_s", "_times", "_took", "_transport", "_writer", "closed", "closed_because",
    )  # fmt: skip

    def __init__(
        self,
        origin: Origin,
        context: ssl.SSLContext | None,
        opening: Opening,
        note: Note,
        clock: Clock,
        timeout_s: float,
        times: Times | None = None,
    ) -> None:
        super().__init__(clock)
        self.closed: int | None = None
        self.closed_because = ""
        self._origin = origin
        self._context = context
        self._opening = opening
        self._note = note
        self._timeout_s = timeout_s
        self._transport: asyncio.Transport | None = None
        self._head: bytes | None = b""  # of the reply to the opening, until it is whole
        self._reader: FrameReader
        self._writer: FrameWriter
        self._received: deque[tuple[str | bytes, int]] = deque()
        self._sent_ns: deque[int] = deque()
        self._times = times or (lambda part: lambda took_ns: note(part, None, took_ns, ""))
        self._took: Callable[[int], object] | None = None
        self._problem = ""
        self._entered = False

    @property
    def subprotocol(self) -> str:
        return self._opening.subprotocol

    async def __aenter__(self) -> Self:
        began_ns = self._clock()
        self._loop = asyncio.get_running_loop()
        self._entered = True
        try:
            refused = await asyncio.wait_for(self._connected(), self._timeout_s)
            self._problem = self._problem or refused
            ends_ns = self._clock() + s_to_ns(self._timeout_s)
            while self._head is not None and not self._problem:
                await self._something(ends_ns)
        except TimeoutError:
            self._problem = f"not open within {self._timeout_s:g} s"
        if self._problem:
            self._end()
            raise self._failed("open", began_ns)
        self._note("open", None, self._clock() - began_ns, "")
        return self

    async def _connected(self) -> str:
        """What it failed of, or nothing. Where the run ends before that is known, nobody is there for an exception."""
        name = self._origin.host if self._context is not None else None
        try:
            await self._loop.create_connection(
                lambda: self, self._origin.host, self._origin.port, ssl=self._context, server_hostname=name
            )
        except OSError as error:
            return error.strerror or str(error)
        return ""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind not in (GeneratorExit, asyncio.CancelledError):  # else nobody waits any more
            await self.close()
        self._end()

    async def send(self, message: str | bytes) -> None:
        """Send a text, or bytes as a binary message."""
        self._put(message)

    async def receive(self, timeout: float | None = None, counts: Callable[[bytes], bool] | None = None) -> str | bytes:
        """The next message, in the order in which they came; with `counts` those that it does not hold of are left out.
        In `timeout` seconds, else the journey fails.
        """
        began_ns = now = self._clock()
        ends_ns = None if timeout is None else now + s_to_ns(timeout)
        if self._sent_ns:
            began_ns = self._sent_ns[0]
        while True:
            while counts is not None and self._received and not counts(_octets(self._received[0][0])):
                self._received.popleft()
            if self._received:
                return self._next()
            self._check_open()
            try:
                await self._something(ends_ns)
            except TimeoutError:
                raise self._late("message" if counts is None else "answer", began_ns, timeout) from None

    async def request(self, message: str | bytes, timeout: float | None = None) -> str | bytes:
        """Send a message, and give the next that is received."""
        sent_ns = self._put(message)
        ends_ns = None if timeout is None else sent_ns + s_to_ns(timeout)
        while not self._received:
            try:
                await self._something(ends_ns)
            except TimeoutError:
                raise self._late("message", self._sent_ns[0], timeout) from None
            if not self._received:
                self._check_open()
        return self._next()

    async def idle(self, timeout: float) -> None:
        """Let messages come for so many seconds, and drop them; the journey fails where it is closed meanwhile."""
        self._check_open()
        with suppress(TimeoutError):
            await self._something(self._clock() + s_to_ns(timeout))
        self._received.clear()

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye, and wait for the server's for a moment."""
        if self._transport is None or self.closed is not None:
            return
        self._transport.write(self._writer.frame(CLOSE, closing(code, reason)))
        ends_ns = self._clock() + s_to_ns(CLOSE_TIMEOUT_S)
        try:
            while self.closed is None:
                await self._something(ends_ns)
        except TimeoutError:
            self.closed = ABNORMAL

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        """Messages until the server closes."""
        while not self._received:
            if self.closed is not None:
                raise StopAsyncIteration
            await self._something(None)
        return await self.receive()

    # What the transport tells.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._fd = -1 if self._context is not None else transport.get_extra_info("socket").fileno()
        transport.write(self._opening.request)

    def data_received(self, data: bytes) -> None:
        came_ns = self._clock()
        if self._head is not None:
            data = self._read_head(data)
            if self._head is not None or self._problem:
                self._wake()
                return
        reader = self._reader
        try:
            if data == reader.last:
                self._received.append((reader.last_text, came_ns))
            elif (text := reader.text(data)) is not None:
                self._received.append((text, came_ns))
            else:
                for message in reader.feed(data):
                    self._take(message, came_ns)
        except BrokenFramesError as error:
            self._problem = str(error)
            if self._transport is not None:
                self._transport.write(self._writer.frame(CLOSE, closing(error.code)))
            self._end()
        if self._waiter is self._signal:  # `_wake` in place
            self._waiter = None
            self._signal.tell(came_ns)
        else:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        if self.closed is None:
            self.closed = ABNORMAL
            self.closed_because = "" if error is None else str(error)
            if self._head is not None and not self._problem:
                self._problem = "the server closed the connection"
        self._transport = None
        self._wake()

    def _read_head(self, data: bytes) -> bytes:
        """Take what belongs to the reply's head; the rest is of frames."""
        assert self._head is not None
        head = self._head + data
        end = head.find(HEAD_END)
        if end < 0:
            self._head = head
            if len(head) > MOST_HEAD_BYTES:
                self._problem = "the head of the reply does not end"
            return b""
        end += len(HEAD_END)
        try:
            self._opening.read(head[:end])
        except RefusedError as error:
            self._problem = str(error)
            return b""
        self._head = None
        opening = self._opening
        self._reader = FrameReader(deflate=opening.deflate, keeps=opening.keeps_theirs)
        self._writer = FrameWriter(deflate=opening.deflate, keeps=opening.keeps_ours)
        return head[end:]

    def _take(self, message: Message, came_ns: int) -> None:
        transport = self._transport
        if message.kind in (TEXT, BINARY):
            self._received.append((message.data.decode() if message.kind == TEXT else message.data, came_ns))
        elif message.kind == PING and transport is not None:
            transport.write(self._writer.frame(PONG, message.data))
        elif message.kind == CLOSE:
            if self.closed is None and transport is not None:
                transport.write(self._writer.frame(CLOSE, message.data and closing(message.code)))
            self.closed, self.closed_because = message.code, message.data.decode()
            self._end()

    # Inside.

    def _put(self, message: str | bytes) -> int:
        """When it was sent."""
        if self._problem or self.closed is not None or self._transport is None:
            self._check_open()
        if isinstance(message, str):
            frame = self._writer.text(message)
        elif isinstance(message, bytes | bytearray | memoryview):
            frame = self._writer.frame(BINARY, bytes(message))
        else:
            kind_of = type(message).__name__
            raise TypeError(f"a message is a text or bytes, not {kind_of}: json.dumps makes a text of most things")
        sent_ns = self._clock()
        self._sent_ns.append(sent_ns)
        self._write(frame)
        return sent_ns

    def _write(self, data: bytes) -> None:
        """At once where the socket takes it: a transport may wait for the end of the loop's turn."""
        transport = self._transport
        assert transport is not None
        if self._fd >= 0 and not transport.get_write_buffer_size() and not transport.is_closing():
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                pass
            except OSError:  # the transport will hear of it
                self._fd = -1
        if data:
            transport.write(data)

    def _next(self) -> str | bytes:
        """The first message that was received; a round trip, where it answers one."""
        message, came_ns = self._received.popleft()
        if self._sent_ns:
            if self._took is None:
                self._took = self._times("message")
            self._took(came_ns - self._sent_ns.popleft())
        return message

    def _end(self) -> None:
        self._wait_no_more()
        if self._transport is not None:
            self._transport.close()

    def _check_open(self) -> None:
        if not self._entered:
            raise RuntimeError("a WebSocket is open inside `async with user.websocket(...) as socket:`")
        if self._problem or self.closed is not None or self._transport is None:
            began_ns = self._sent_ns[0] if self._sent_ns else self._clock()
            raise self._failed("message", began_ns)

    def _late(self, what: str, began_ns: int, timeout_s: float | None) -> JourneyEndedError:
        self._problem = f"no {what} within {timeout_s:g} s"
        return self._failed("message", began_ns, ErrorClass.TIMEOUT)

    def _failed(self, part: str, began_ns: int, kind: ErrorClass = ErrorClass.CALL_FAILED) -> JourneyEndedError:
        """What ends the journey; written down."""
        because = f": {self.closed_because}" if self.closed_because else ""
        problem = self._problem or f"the server closed it with {self.closed}{because}"
        detail = f"WebSocket {self._origin}: {problem}"
        self._note(part, kind, self._clock() - began_ns, detail)
        return JourneyEndedError(kind, detail)


def _octets(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message
