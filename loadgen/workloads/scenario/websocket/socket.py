"""One WebSocket of a user: what a scenario sends and receives, each round trip timed."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from loadgen.base.clock import NS_PER_S, Clock, s_to_ns
from loadgen.base.exchange import ErrorClass, Origin
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

CLOSE_TIMEOUT_S = 1.0
"""A server that does not answer a CLOSE need not be waited for."""

Note = Callable[[str, ErrorClass | None, int, str], None]
"""Writes down a part of it: its name, its failure or None, how long it took in ns, what failed."""


class WebSocket(asyncio.Protocol):
    """`async with user.websocket("/chat") as socket`: open inside, closed at the end.

    The n-th message that is received answers the n-th that was sent: the time between is the round trip of `message`,
    which is written down; one that answers none is not timed. `subprotocol` is what the server chose, `closed` the
    code by which it was closed, or None.
    """

    def __init__(
        self,
        origin: Origin,
        context: ssl.SSLContext | None,
        opening: Opening,
        note: Note,
        clock: Clock,
        timeout_s: float,
    ) -> None:
        self.closed: int | None = None
        self.closed_because = ""
        self._origin = origin
        self._context = context
        self._opening = opening
        self._note = note
        self._clock = clock
        self._timeout_s = timeout_s
        self._transport: asyncio.Transport | None = None
        self._head: bytes | None = b""  # of the reply to the opening, until it is whole
        self._reader: FrameReader
        self._writer: FrameWriter
        self._received: deque[tuple[Message, int]] = deque()
        self._sent_ns: deque[int] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ends_ns: int | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns = 0
        self._problem = ""
        self._entered = False

    @property
    def subprotocol(self) -> str:
        return self._opening.subprotocol

    async def __aenter__(self) -> Self:
        began_ns = self._clock()
        self._entered = True
        try:
            refused = await asyncio.wait_for(self._connected(), self._timeout_s)
            self._problem = self._problem or refused
            while self._head is not None and not self._problem:
                await self._something(self._timeout_s)
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
            await asyncio.get_running_loop().create_connection(
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
        began_ns = self._sent_ns[0] if self._sent_ns else self._clock()
        asked_s = timeout
        ends_ns = None if timeout is None or counts is None else self._clock() + s_to_ns(timeout)
        while True:
            while counts is not None and self._received and not counts(self._received[0][0].data):
                self._received.popleft()
            if self._received:
                break
            if ends_ns is not None:
                timeout = max(0.0, (ends_ns - self._clock()) / NS_PER_S)
            try:
                self._check_open()
                await self._something(timeout)
            except TimeoutError:
                self._problem = f"no {'message' if counts is None else 'answer'} within {asked_s:g} s"
                raise self._failed("message", began_ns, ErrorClass.TIMEOUT) from None
        message, came_ns = self._received.popleft()
        if self._sent_ns:
            self._note("message", None, came_ns - self._sent_ns.popleft(), "")
        return message.data.decode() if message.kind == TEXT else message.data

    async def request(self, message: str | bytes, timeout: float | None = None) -> str | bytes:
        """Send a message, and give the next that is received."""
        self._put(message)
        return await self.receive(timeout)

    async def idle(self, timeout: float) -> None:
        """Let messages come for so many seconds, and drop them; the journey fails where it is closed meanwhile."""
        self._check_open()
        with suppress(TimeoutError):
            await self._something(timeout)
        self._received.clear()

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye, and wait for the server's for a moment."""
        if self._transport is None or self.closed is not None:
            return
        self._transport.write(self._writer.frame(CLOSE, closing(code, reason)))
        try:
            while self.closed is None:
                await self._something(CLOSE_TIMEOUT_S)
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
        transport.write(self._opening.request)

    def data_received(self, data: bytes) -> None:
        came_ns = self._clock()
        if self._head is not None:
            data = self._read_head(data)
            if self._head is not None or self._problem:
                self._wake()
                return
        try:
            message = self._reader.one(data)
            if message is not None:
                self._received.append((message, came_ns))
            else:
                for message in self._reader.feed(data):
                    self._take(message, came_ns)
        except BrokenFramesError as error:
            self._problem = str(error)
            if self._transport is not None:
                self._transport.write(self._writer.frame(CLOSE, closing(error.code)))
            self._end()
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
            self._received.append((message, came_ns))
        elif message.kind == PING and transport is not None:
            transport.write(self._writer.frame(PONG, message.data))
        elif message.kind == CLOSE:
            if self.closed is None and transport is not None:
                transport.write(self._writer.frame(CLOSE, message.data and closing(message.code)))
            self.closed, self.closed_because = message.code, message.data.decode()
            self._end()

    # Inside.

    def _put(self, message: str | bytes) -> None:
        self._check_open()
        if not isinstance(message, str | bytes | bytearray | memoryview):
            kind_of = type(message).__name__
            raise TypeError(f"a message is a text or bytes, not {kind_of}: json.dumps makes a text of most things")
        kind, data = (TEXT, message.encode()) if isinstance(message, str) else (BINARY, bytes(message))
        assert self._transport is not None
        self._sent_ns.append(self._clock())
        self._transport.write(self._writer.frame(kind, data))

    def _something(self, timeout_s: float | None) -> "asyncio.Future[None]":
        """To be awaited until something has come. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        if timeout_s is not None:
            self._ends_ns = ends_ns = self._clock() + s_to_ns(timeout_s)
            if self._alarm is None or self._alarm_ns > ends_ns:
                self._set_alarm(loop, ends_ns)
        else:
            self._ends_ns = None
        return waiter

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, at_ns: int) -> None:
        """One for all that is waited for: each answer would else cost a timer that is set and cancelled."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_ns = at_ns
        self._alarm = loop.call_later(max(0.0, (at_ns - self._clock()) / NS_PER_S), self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        waiter, ends_ns = self._waiter, self._ends_ns
        if waiter is None or waiter.done() or ends_ns is None:
            return
        if self._clock() < ends_ns:
            self._set_alarm(loop, ends_ns)
        else:
            waiter.set_exception(TimeoutError())

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _end(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._transport is not None:
            self._transport.close()

    def _check_open(self) -> None:
        if not self._entered:
            raise RuntimeError("a WebSocket is open inside `async with user.websocket(...) as socket:`")
        if self._problem or self.closed is not None or self._transport is None:
            began_ns = self._sent_ns[0] if self._sent_ns else self._clock()
            raise self._failed("message", began_ns)

    def _failed(self, part: str, began_ns: int, kind: ErrorClass = ErrorClass.CALL_FAILED) -> JourneyEndedError:
        """What ends the journey; written down."""
        because = f": {self.closed_because}" if self.closed_because else ""
        problem = self._problem or f"the server closed it with {self.closed}{because}"
        detail = f"WebSocket {self._origin}: {problem}"
        self._note(part, kind, self._clock() - began_ns, detail)
        return JourneyEndedError(kind, detail)
