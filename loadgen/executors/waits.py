"""How a sequential user waits: in its own thread, or on the event loop. One call wakes any number of them."""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

from loadgen.base.alarm import Alarm, end_sleeps_on_time
from loadgen.base.clock import NS_PER_MS, NS_PER_S
from loadgen.base.timers import Timers
from loadgen.executors.thread_loop import ThreadLoop

T = TypeVar("T")

PRECISE_MS = 2
"""A poll waits for whole milliseconds and up to one longer. The rest is slept, which ends on time: 70 us late at p99,
at 1,000/s."""


class Waits(Protocol):
    """How a user waits: in its thread, or on the loop.

    `changes` counts the calls of `changed`; `waiting` are the users that wait for the next one.
    """

    changes: int
    waiting: int

    async def until(self, at_ns: int) -> None:
        """Return at or after the instant, never before; early when the run is stopped."""

    async def gate(self) -> None:
        """Return when the users may start, or the run is stopped."""

    async def change(self, seen: int) -> None:
        """Return when there have been more changes than these, or the run is stopped."""

    def changed(self) -> None:
        """Another user's outcome is known."""

    async def future(self, future: "asyncio.Future[Any]", *, finishes: bool = False) -> None:
        """Return when it is done, or cancelled, or unless it `finishes`, the run is stopped."""

    async def together(self, parts: "list[Coroutine[Any, Any, T]]") -> list[T]:
        """Run them at the same time; what each returns."""

    def aside(self, part: "Coroutine[Any, Any, T]", done: Callable[[T], object]) -> None:
        """Begin to run it; `done` is called with what it returns while the user awaits a future."""


class ThreadWaits:
    """Waits in the kernel on pipes whose other ends are closed: one call wakes any number of threads."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._gate, self._gate_end = os.pipe()
        self._stop, self._stop_end = os.pipe()
        self._condition = threading.Condition()
        self._over = False
        self.changes = self.waiting = 0

    async def until(self, at_ns: int) -> None:
        """Sleep; the last milliseconds without an eye on the stop signal."""
        while (left := at_ns - self._clock()) > 0:
            wait_ms = left // NS_PER_MS - PRECISE_MS
            if wait_ms <= 0:
                time.sleep(left / NS_PER_S)
            elif self._stopped(wait_ms):
                return

    async def future(self, future: "asyncio.Future[Any]", *, finishes: bool = False) -> None:
        """Let the future's loop, which is this thread's, turn."""
        running = ThreadLoop.of_thread()
        if running is not None:
            running.wait(future, None if finishes else self._stop)

    async def together(self, parts: "list[Coroutine[Any, Any, T]]") -> list[T]:
        """A thread for each but the first."""
        results: list[Any] = [None] * len(parts)

        def run(place: int) -> None:
            results[place] = completed(parts[place])

        threads = [threading.Thread(target=run, args=(place,)) for place in range(1, len(parts))]
        for thread in threads:
            thread.start()
        run(0)
        for thread in threads:
            thread.join()
        return results

    def aside(self, part: "Coroutine[Any, Any, T]", done: Callable[[T], object]) -> None:
        """In a thread of its own."""
        in_a_thread(part, done)

    def before_start(self) -> None:
        """To be called by the thread that starts those which will wait."""
        end_sleeps_on_time()

    async def gate(self) -> None:
        """Block until the gate's pipe ends."""
        os.read(self._gate, 1)

    async def change(self, seen: int) -> None:
        """Block until there have been more changes, or the run is stopped."""
        with self._condition:
            while self.changes == seen and not self._over:
                self.waiting += 1
                self._condition.wait()

    def changed(self) -> None:
        """Let those who wait for it look again."""
        with self._condition:
            self._let_go()

    def _let_go(self) -> None:
        self.changes += 1
        self.waiting = 0
        self._condition.notify_all()

    def _stopped(self, wait_ms: int) -> bool:
        poll = select.poll()
        poll.register(self._stop, select.POLLIN)
        return bool(poll.poll(wait_ms))

    def open_gate(self) -> None:
        """Let all users go."""
        if self._gate_end >= 0:
            os.close(self._gate_end)
            self._gate_end = -1

    def wake(self) -> None:
        """Wake every sleeper: the run is stopped."""
        self.open_gate()
        if self._stop_end >= 0:
            os.close(self._stop_end)
            self._stop_end = -1
        with self._condition:
            self._over = True
            self._let_go()

    def close(self) -> None:
        """Free the pipes; nobody waits any more."""
        self.wake()
        os.close(self._gate)
        os.close(self._stop)


class LoopWaits:
    """Waits on the running event loop, all by one alarm."""

    def __init__(self, clock: Callable[[], int], alarm: Alarm) -> None:
        self._clock = clock
        self._timers = Timers(alarm, clock)
        self._loop = asyncio.get_running_loop()
        self._sleepers: set[asyncio.Future[None]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened = asyncio.Event()
        self._stopped = False
        self._change: asyncio.Future[None] = self._loop.create_future()
        self.changes = self.waiting = 0

    async def until(self, at_ns: int) -> None:
        """Sleep until the alarm rings for this instant."""
        while self._clock() < at_ns and not self._stopped:
            sleeper: asyncio.Future[None] = self._loop.create_future()
            self._sleepers.add(sleeper)
            self._timers.at(at_ns, partial(_wake, sleeper))
            await sleeper
            self._sleepers.discard(sleeper)

    async def gate(self) -> None:
        """Wait for the gate."""
        await self._opened.wait()

    async def change(self, seen: int) -> None:
        """Wait until there have been more changes, or the run is stopped."""
        while self.changes == seen and not self._stopped:
            self.waiting += 1
            await asyncio.shield(self._change)

    def changed(self) -> None:
        """Let those who wait for it look again."""
        self.changes += 1
        self.waiting = 0
        change, self._change = self._change, self._loop.create_future()
        _wake(change)

    async def future(self, future: "asyncio.Future[Any]", *, finishes: bool = False) -> None:
        """Await it on the loop."""
        if finishes:
            await asyncio.wait((future,))
            return
        stopped = self._loop.create_future()
        self._sleepers.add(stopped)
        await asyncio.wait((future, stopped), return_when=asyncio.FIRST_COMPLETED)
        self._sleepers.discard(stopped)

    async def together(self, parts: "list[Coroutine[Any, Any, T]]") -> list[T]:
        """Each as a task."""
        return await asyncio.gather(*parts)

    def aside(self, part: "Coroutine[Any, Any, T]", done: Callable[[T], object]) -> None:
        """As a task."""
        task = self._loop.create_task(part)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda task: done(task.result()))

    def open_gate(self) -> None:
        """Let all users go."""
        self._opened.set()

    def wake(self) -> None:
        """Wake every sleeper: the run is stopped."""
        self._opened.set()
        self._stopped = True
        for sleeper in self._sleepers:
            _wake(sleeper)
        self.changed()

    def close(self) -> None:
        """Free the alarm; nobody waits any more."""
        self._timers.close()


def in_a_thread(part: "Coroutine[Any, Any, T]", done: Callable[[T], object]) -> None:
    """Run what never suspends; `done` is called with what it returns, on this thread's loop."""
    loop = ThreadLoop.of_thread()
    assert loop is not None
    threading.Thread(target=lambda: loop.call_soon_threadsafe(done, completed(part)), daemon=True).start()


def completed(steps: "Coroutine[Any, Any, T]") -> T:
    """The result of a coroutine that never suspends."""
    try:
        steps.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("a blocking client suspended")


def _wake(sleeper: "asyncio.Future[None]") -> None:
    if not sleeper.done():
        sleeper.set_result(None)
