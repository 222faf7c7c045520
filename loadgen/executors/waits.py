"""How a sequential user waits: in its own thread, or on the event loop. One call wakes any number of them."""

import asyncio
import os
import select
import time
from collections.abc import Callable
from typing import Protocol

from loadgen.base.clock import NS_PER_MS, NS_PER_S

PRECISE_NS = 2 * NS_PER_MS


class Waits(Protocol):
    """How a user waits: in its thread, or on the loop."""

    async def until(self, at_ns: int) -> None:
        """Return at or after the instant, never before; early when the run is stopped."""
        ...

    async def gate(self) -> None:
        """Return when the users may start, or the run is stopped."""
        ...


class ThreadWaits:
    """Waits in the kernel on pipes whose other ends are closed: one call wakes any number of threads."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._gate, self._gate_end = os.pipe()
        self._stop, self._stop_end = os.pipe()

    async def until(self, at_ns: int) -> None:
        """Sleep; the last 2 ms without an eye on the stop signal."""
        while (left := at_ns - self._clock()) > 0:
            if left <= PRECISE_NS:
                time.sleep(left / NS_PER_S)
            elif self._stopped((left - PRECISE_NS) // NS_PER_MS):
                return

    async def gate(self) -> None:
        """Block until the gate's pipe ends."""
        os.read(self._gate, 1)

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

    def close(self) -> None:
        """Free the pipes; nobody waits any more."""
        self.wake()
        os.close(self._gate)
        os.close(self._stop)


class LoopWaits:
    """Waits on the event loop."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._opened = asyncio.Event()
        self._stopped = asyncio.Event()

    async def until(self, at_ns: int) -> None:
        """Sleep and check the clock again: the loop's timers may be early."""
        while (left := at_ns - self._clock()) > 0 and not self._stopped.is_set():
            try:
                async with asyncio.timeout(left / NS_PER_S):
                    await self._stopped.wait()
            except TimeoutError:
                continue

    async def gate(self) -> None:
        """Wait for the gate."""
        await self._opened.wait()

    def open_gate(self) -> None:
        """Let all users go."""
        self._opened.set()

    def wake(self) -> None:
        """Wake every sleeper: the run is stopped."""
        self._opened.set()
        self._stopped.set()

    def close(self) -> None:
        """Nothing is held."""
