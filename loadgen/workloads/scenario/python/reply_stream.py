"""A reply that a scenario reads part by part, while it comes."""

import asyncio
from collections import deque
from collections.abc import Callable, Generator
from threading import get_ident
from types import TracebackType, coroutine
from typing import Any, Self

from loadgen.base.error_class import ErrorClass
from loadgen.base.exchange import Outcome
from loadgen.workloads.base import Sending, Wait
from loadgen.workloads.scenario.replies.answers import answer_of
from loadgen.workloads.scenario.replies.reply import Reply
from loadgen.workloads.scenario.sending.user_request import UserRequest

MOST_UNREAD_BYTES = 1 << 20
"""Of parts that have come and wait for the scenario to ask for them."""

Make = Callable[[], UserRequest]
Settle = Callable[[Reply, UserRequest], Generator[Any, Any, Reply]]


class ReplyStream:
    """`async with user.stream("GET", "/stream") as stream`: inside from its first part on, or from its end, if that
    came first; `async for part in stream` gives each part's text. `reply` is there once it is over.

    To leave the block before its end closes the connection, and is a success.
    """

    def __init__(self, make: Make, settle: Settle, opened: Callable[[int], None]) -> None:
        """`make` makes the request, `settle` says what follows from its reply; `opened` is told of 1, and -1."""
        self.reply: Reply | None = None
        self._make, self._settle, self._opened = make, settle, opened
        self._parts: deque[str] = deque()
        self._unread = 0
        self._lagged = False
        self._waiter: asyncio.Future[None] | None = None
        self._request: UserRequest
        self._sending: Sending
        self._loop: asyncio.AbstractEventLoop
        self._thread = 0

    async def __aenter__(self) -> Self:
        if self._thread:
            raise RuntimeError("a stream is opened once: call user.stream(...) again")
        self._loop, self._thread = asyncio.get_running_loop(), get_ident()
        self._request = request = self._make()
        reader: Any = request.sink
        reader.keeps, reader.each = False, self._came
        self._sending = Sending(request, self._told, self._loop.create_future())
        self._opened(1)
        try:
            await self._wait(self._sending)
            while not self._parts and self.reply is None:
                await self._wait()
        except BaseException as error:
            await self._leave(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave(error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        if not self._thread:
            raise RuntimeError("a stream is read inside `async with user.stream(...) as stream:`")
        while not self._parts:
            if self._lagged:
                raise RuntimeError("more than 1 MiB of its parts came before the scenario asked for them")
            if self.reply is not None:
                raise StopAsyncIteration
            await self._wait()
        part = self._parts.popleft()
        self._unread -= len(part)
        return part

    async def _leave(self, error: BaseException | None) -> None:
        if isinstance(error, GeneratorExit):  # nobody waits any more
            return
        try:
            if self.reply is None:
                given_up = isinstance(error, asyncio.CancelledError)
                if not given_up:
                    reader: Any = self._request.sink
                    reader.leave()
                self._sending.end(ErrorClass.TIMEOUT if given_up else None)
            while self.reply is None:
                await self._wait()
        finally:
            self._opened(-1)
        if self.reply.special:
            self.reply = await _steps(self._settle(self.reply, self._request))

    async def _wait(self, sends: Sending | None = None) -> None:
        """Until something has come."""
        self._waiter = waiter = self._loop.create_future()
        try:
            await _step(Wait(waiter, finishes=True, sends=sends))
        finally:
            self._waiter = None

    # What the driver and the reader tell; the reader in whatever thread.

    def _told(self, outcome: Any) -> None:
        self.reply = answer_of(self._request, outcome) if isinstance(outcome, Outcome) else outcome
        self._sending.over.set_result(None)
        self._wake()

    def _came(self, part: str) -> None:
        if self._lagged:
            return
        self._unread += len(part)
        if self._unread > MOST_UNREAD_BYTES:
            self._lagged = True
        else:
            self._parts.append(part)
        if get_ident() == self._thread:
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@coroutine
def _step(step: Wait) -> Any:
    return (yield step)


@coroutine
def _steps(steps: Generator[Any, Any, Reply]) -> Generator[Any, Any, Reply]:
    return (yield from steps)
