"""How a scenario awaits what comes to a WebSocket: by a signal where its driver understands them, else by a future."""

import asyncio
from collections.abc import Generator
from types import coroutine
from typing import Any, cast

from loadgen.base.clock import NS_PER_S, Clock
from loadgen.workloads.base import Signal, Wait
from loadgen.workloads.scenario.python.current_task import CurrentTask, current_task


class Waiting:
    """What is awaited again and again, each time with an end of its own. `_loop` is set before the first."""

    __slots__ = ("_alarm", "_alarm_ns", "_clock", "_ends_ns", "_loop", "_rang", "_signal", "_wait", "_waiter")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop
        self._waiter: asyncio.Future[None] | Signal | None = None
        self._signal = Signal()
        self._wait = Wait(cast("asyncio.Future[Any]", self._signal))
        self._rang = False
        self._ends_ns: int | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_ns = 0

    @coroutine
    def _something(self, ends_ns: int | None) -> Generator[Any, Any, None]:
        """To be awaited until something has come. Raises TimeoutError."""
        loop, self._ends_ns = self._loop, ends_ns
        if ends_ns is not None and (self._alarm is None or self._alarm_ns > ends_ns):
            self._set_alarm(ends_ns)
        task = current_task(loop)
        if task.__class__ is not CurrentTask or not task.signals:
            self._waiter = waiter = loop.create_future()
            yield from waiter
            return
        self._waiter = self._signal
        yield self._wait
        if self._rang:
            self._rang = False
            raise TimeoutError

    def _set_alarm(self, at_ns: int) -> None:
        """One for all that is waited for: each answer would else cost a timer that is set and cancelled."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_ns = at_ns
        self._alarm = self._loop.call_later(max(0.0, (at_ns - self._clock()) / NS_PER_S), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        waiter, ends_ns = self._waiter, self._ends_ns
        if waiter is None or ends_ns is None:
            return
        if self._clock() < ends_ns:
            self._set_alarm(ends_ns)
        elif waiter is self._signal:
            self._rang = True
            self._wake()
        elif not waiter.done():  # type: ignore[union-attr]
            waiter.set_exception(TimeoutError())  # type: ignore[union-attr]

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is self._signal:
            self._signal.tell(self._clock())
        elif waiter is not None and not waiter.done():  # type: ignore[union-attr]
            waiter.set_result(None)  # type: ignore[union-attr]

    def _wait_no_more(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
