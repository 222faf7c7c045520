"""One WebSocket of a user: what a scenario sends and receives, each round trip timed."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from loadgen.base.clock import Clock, s_to_ns
from loadgen.base.endpoint import Origin
from loadgen.base.error_class import ErrorClass
from loadgen.workloads.scenario.failures import JourneyEndedError
from loadgen.workloads.scenario.websocket.connection import Connection
from loadgen.workloads.scenario.websocket.frames import ABNORMAL, BINARY, CLOSE, NORMAL, closing
from loadgen.workloads.scenario.websocket.handshake import Opening

CLOSE_TIMEOUT_S = 1.0
"""A server that does not answer a CLOSE need not be waited for."""

Note = Callable[[str, ErrorClass | None, int, str], None]
"""Writes down a part of it: its name, its failure or None, how long it took in ns, what failed."""

Times = Callable[[str], Callable[[int], object]]
"""What writes down how long the good ones of a part took: as a Note does, for less."""


class WebSocket(Connection):
    """`async with user.websocket("/chat") as socket`: open inside, closed at the end.

    The n-th message that is received answers the n-th that was sent: the time between is the round trip of `message`,
    which is written down; one that answers none is not timed. `subprotocol` is what the server chose, `closed` the
    code by which it was closed, or None.
    """

    __slots__ = ("_entered", "_note", "_sent_ns", "_timeout_s", "_times", "_took", "_within_ns", "_within_s")

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
        super().__init__(origin, context, opening, clock)
        self._note = note
        self._timeout_s = timeout_s
        self._sent_ns: deque[int] = deque()
        self._times = times or (lambda part: lambda took_ns: note(part, None, took_ns, ""))
        self._took: Callable[[int], object] | None = None
        self._entered = False
        self._within_s, self._within_ns = 0.0, 0  # the last timeout, which is that of most requests

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
        if timeout is None:
            ends_ns = None
        else:
            if timeout != self._within_s:
                self._within_s, self._within_ns = timeout, s_to_ns(timeout)
            ends_ns = sent_ns + self._within_ns
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

    def _next(self) -> str | bytes:
        """The first message that was received; a round trip, where it answers one."""
        message, came_ns = self._received.popleft()
        if self._sent_ns:
            if self._took is None:
                self._took = self._times("message")
            self._took(came_ns - self._sent_ns.popleft())
        return message

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
